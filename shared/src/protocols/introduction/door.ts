import { BoundedMap } from '../../kernel/bounded.ts'
import type { PeerId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import type { Carrier } from './effects.ts'
import type { ByeReason } from './payloads.ts'
import type { Sessions } from './sessions.ts'

/** Whether a call for these systems is welcome; none of them: for a share. */
export type Accepts = (peer: PeerId, systems: readonly string[]) => boolean

/** Peers banned at a time; our choice. */
const BANNED = 4096
/** Callers whose calls brought no link yet; our choice. */
const CALLERS = 4096
/** Negotiations under way, those of our own calls included, beyond which nobody may call; our choice. */
const NEGOTIATIONS = LIMITS.pendingNegotiations * 2

/** Who may call. */
export class Door {
  readonly #banned = new BoundedMap<PeerId, true>(BANNED)
  /** Who called, and has no link since then. */
  readonly #callers = new BoundedMap<PeerId, true>(CALLERS)
  /** There is room for another link. */
  isOpen = true

  constructor(
    readonly sessions: Sessions,
    readonly accepts: Accepts = () => true,
  ) {}

  ban(peer: PeerId): void {
    this.#banned.set(peer, true)
  }

  isBanned(peer: PeerId): boolean {
    return this.#banned.has(peer)
  }

  /** The peer's call, or ours, has brought a link. */
  linked(peer: PeerId): void {
    this.#callers.delete(peer)
  }

  /** Why somebody may not call now; `null` if it may. Whom we called ourselves is welcome whatever it calls for. */
  admit(peer: PeerId, carrier: Carrier, systems: readonly string[]): ByeReason | null {
    if (this.isBanned(peer)) return 'banned'
    const isWelcome = this.sessions.of(peer) !== undefined || this.accepts(peer, systems)
    if (!this.isOpen || !isWelcome || !this.#hasSlot(peer, carrier)) return 'busy'
    this.#callers.set(peer, true)
    return null
  }

  /**
   * Slots are for everybody: whose calls lead to nothing, again and again, may have those of a half, and the calls that one
   * neighbour brings, who could make up callers without end, no more than it leaves free. The server has limits of its own.
   */
  #hasSlot(peer: PeerId, carrier: Carrier): boolean {
    const free = NEGOTIATIONS - this.sessions.pendingCount
    if (free <= 0) return false
    const isRepeated = this.#callers.has(peer) && this.sessions.rivalOf(peer) === undefined
    if (isRepeated && free <= NEGOTIATIONS / 2) return false
    return carrier === 'server' || this.sessions.calledOver(carrier) < free
  }
}
