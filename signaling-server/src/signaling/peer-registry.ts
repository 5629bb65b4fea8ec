import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { Session } from './session.ts'

/** Which session speaks for which peer: one at most, the newest. */
export class PeerRegistry {
  readonly #sessions = new Map<PeerId, Session>()

  get size(): number {
    return this.#sessions.size
  }

  get(peer: PeerId): Session | undefined {
    return this.#sessions.get(peer)
  }

  /** @returns the session that spoke for the peer until now, if there was another. */
  bind(peer: PeerId, session: Session): Session | undefined {
    const previous = this.#sessions.get(peer)
    this.#sessions.set(peer, session)
    return previous === session ? undefined : previous
  }

  /** @returns true when the session spoke for the peer, which is now offline. */
  release(peer: PeerId, session: Session): boolean {
    return this.#sessions.get(peer) === session && this.#sessions.delete(peer)
  }
}
