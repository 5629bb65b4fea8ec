import { BoundedMap } from '../../kernel/bounded.ts'
import type { PeerId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import type { ByeReason } from './payloads.ts'
import type { Sessions } from './sessions.ts'

/** Whether a call for these systems is welcome; none of them: for a share. */
export type Accepts = (peer: PeerId, systems: readonly string[]) => boolean

/** Peers banned at a time; our choice. */
const BANNED = 4096

/** Who may call. */
export class Door {
  readonly #banned = new BoundedMap<PeerId, true>(BANNED)
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

  /** Why somebody may not call now; `null` if it may. Whom we called ourselves is welcome whatever it calls for. */
  objectionTo(peer: PeerId, systems: readonly string[]): ByeReason | null {
    if (this.isBanned(peer)) return 'banned'
    const isWelcome = this.sessions.of(peer) !== undefined || this.accepts(peer, systems)
    const isFull = !this.isOpen || this.sessions.pendingCount >= LIMITS.pendingNegotiations * 2
    return isFull || !isWelcome ? 'busy' : null
  }
}
