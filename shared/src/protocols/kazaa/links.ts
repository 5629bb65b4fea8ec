import type { PeerId } from '../../kernel/ids.ts'
import type { KazaaMessage, Role, Standing } from './messages.ts'

/** What a linked peer said of itself; `null`: nothing yet. */
export interface LinkedPeer {
  role: Role | null
  standing: Standing | null
  children: number
  neighbours: number
  /** Since when this system has had no use for the link; `null`: it has. */
  idleSince: number | null
}

/** Every link that can carry this system. Links are shared with other systems. */
export class Links {
  readonly #links = new Map<PeerId, LinkedPeer>()

  get size(): number {
    return this.#links.size
  }

  has(peer: PeerId): boolean {
    return this.#links.has(peer)
  }

  get(peer: PeerId): LinkedPeer | undefined {
    return this.#links.get(peer)
  }

  peers(): PeerId[] {
    return [...this.#links.keys()]
  }

  entries(): IterableIterator<[PeerId, LinkedPeer]> {
    return this.#links.entries()
  }

  add(peer: PeerId): void {
    this.#links.set(peer, { role: null, standing: null, children: 0, neighbours: 0, idleSince: null })
  }

  remove(peer: PeerId): void {
    this.#links.delete(peer)
  }

  /** Linked peers that say that they are super nodes. */
  superNodes(): PeerId[] {
    return [...this.#links].filter(([, { role }]) => role === 'superNode').map(([peer]) => peer)
  }

  onInfo(peer: PeerId, info: Extract<KazaaMessage, { type: 'nodeInfo' }>): void {
    const link = this.#links.get(peer)
    if (link === undefined) return
    link.role = info.role
    link.standing = info.standing
    link.children = info.children
    link.neighbours = info.neighbours
  }
}
