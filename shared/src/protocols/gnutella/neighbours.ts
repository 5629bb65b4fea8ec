import type { Nonce, PeerId } from '../../kernel/ids.ts'
import { CONNECT_TIMEOUT_MS, GUESTS, PONGS_PER_PING, RELEASE_AFTER_MS } from './constants.ts'
import type { ServentContext } from './context.ts'
import type { HostCache } from './host-cache.ts'
import type { Degree } from './servent-api.ts'

/** A peer that we exchange pings and queries with. */
export interface Neighbour {
  readonly name: 'neighbour'
  /** Its neighbours, as it last said. */
  degree: number
  shares: number
  rttMs: number | null
  ping: { readonly guid: Nonce; readonly at: number } | null
}

/** What a link is to this system. `linked`: another system's. `parting`: soon released. */
type Peering =
  | { readonly name: 'linked' }
  | { readonly name: 'connecting'; readonly until: number }
  | { readonly name: 'parting'; readonly releaseAt: number }
  | Neighbour

export interface NeighbourEvents {
  joined(peer: PeerId, now: number): void
  left(peer: PeerId, now: number): void
}

/** Links and the handshake that makes some of them neighbours; never more than the greatest degree. */
export class Neighbours {
  readonly #links = new Map<PeerId, Peering>()
  readonly #dialling = new Set<PeerId>()

  constructor(
    readonly context: ServentContext,
    readonly hosts: HostCache,
    readonly degree: Degree,
    readonly events: NeighbourEvents,
  ) {}

  get(peer: PeerId): Neighbour | undefined {
    const peering = this.#links.get(peer)
    return peering?.name === 'neighbour' ? peering : undefined
  }

  *entries(): Iterable<[PeerId, Neighbour]> {
    for (const [peer, peering] of this.#links) if (peering.name === 'neighbour') yield [peer, peering]
  }

  get count(): number {
    let count = 0
    for (const { name } of this.#links.values()) if (name === 'neighbour') count++
    return count
  }

  /** Neighbours that are to come. */
  get pending(): number {
    let count = this.#dialling.size
    for (const { name } of this.#links.values()) if (name === 'connecting') count++
    return count
  }

  get dialling(): number {
    return this.#dialling.size
  }

  /** Aimed at: the usual number, or all when there are so few that all can be neighbours. */
  get wanted(): number {
    return this.hosts.size <= this.degree.max ? this.degree.max : this.degree.target
  }

  needs(peer: PeerId): boolean {
    const name = this.#links.get(peer)?.name
    return name === 'neighbour' || name === 'connecting' || this.#dialling.has(peer)
  }

  /** Also a few for whom there is no room, so that they hear of others. */
  accepts(): boolean {
    let parting = 0
    for (const { name } of this.#links.values()) if (name === 'parting') parting++
    return this.count < this.degree.max || parting < GUESTS
  }

  linkUp(peer: PeerId, now: number): void {
    const wasDialled = this.#dialling.delete(peer)
    if (this.#links.has(peer)) return
    this.#links.set(peer, { name: 'linked' })
    this.hosts.seen(peer)
    if (wasDialled || this.count + this.pending < this.wanted) this.connect(peer, now)
  }

  linkDown(peer: PeerId, now: number): void {
    const wasNeighbour = this.get(peer) !== undefined
    this.#links.delete(peer)
    this.hosts.refused(peer, now)
    if (wasNeighbour) this.events.left(peer, now)
  }

  dialFailed(peer: PeerId, now: number): void {
    if (this.#dialling.delete(peer)) this.hosts.failed(peer, now)
  }

  /** Links that are not neighbours and may become some. */
  *idle(isUrgent: boolean, now: number): Iterable<PeerId> {
    for (const [peer, { name }] of this.#links)
      if ((name === 'linked' || name === 'parting') && this.hosts.isRipe(peer, isUrgent, now)) yield peer
  }

  connect(peer: PeerId, now: number): void {
    this.#links.set(peer, { name: 'connecting', until: now + CONNECT_TIMEOUT_MS })
    this.context.send(peer, { type: 'connect', degree: this.count })
  }

  dial(peer: PeerId): void {
    if (this.#links.has(peer) || this.#dialling.has(peer)) return
    this.#dialling.add(peer)
    const via = this.hosts.waysTo(peer).filter((way) => this.#links.has(way))
    this.context.emit({ type: 'dial', peer, via })
  }

  isKnown(peer: PeerId): boolean {
    return this.#links.has(peer) || this.#dialling.has(peer)
  }

  onConnect(peer: PeerId, degree: number, now: number): void {
    const known = this.get(peer)
    if (known === undefined && this.count >= this.degree.max && !this.#makeRoom(peer, degree, now)) {
      this.context.send(peer, { type: 'refused', peers: this.#others(peer) })
      if (this.#links.get(peer)?.name !== 'linked') this.#part(peer, now)
      return
    }
    // Before anything else that we tell a new neighbour.
    const count = this.count + (known === undefined ? 1 : 0)
    this.context.send(peer, { type: 'ok', degree: count, peers: this.#others(peer) })
    if (known === undefined) this.#join(peer, degree, now)
    else known.degree = degree
  }

  onOk(peer: PeerId, degree: number, now: number): void {
    const known = this.get(peer)
    if (known !== undefined) known.degree = degree
    else if (this.count < this.degree.max) this.#join(peer, degree, now)
    else this.leave(peer, 'trimmed', [], now)
  }

  /** What it names is worth hearing: we asked it, or it is a neighbour. */
  isTalking(peer: PeerId): boolean {
    const name = this.#links.get(peer)?.name
    return name === 'neighbour' || name === 'connecting'
  }

  onRefused(peer: PeerId, now: number): void {
    if (this.#links.get(peer)?.name !== 'connecting') return
    this.hosts.refused(peer, now)
    this.#part(peer, now)
  }

  onBye(peer: PeerId, now: number): void {
    if (!this.#links.has(peer)) return
    this.hosts.refused(peer, now)
    const wasNeighbour = this.get(peer) !== undefined
    this.#part(peer, now)
    if (wasNeighbour) this.events.left(peer, now)
  }

  /** Ends a neighbourhood, or tells a peer that there is none. */
  leave(peer: PeerId, reason: 'leaving' | 'trimmed', others: readonly PeerId[], now: number): void {
    const wasNeighbour = this.get(peer) !== undefined
    this.context.send(peer, { type: 'bye', reason, peers: others })
    this.hosts.refused(peer, now)
    this.#part(peer, now)
    if (wasNeighbour) this.events.left(peer, now)
  }

  /** Drops one neighbour that both sides can spare. */
  trim(isLazy: (peer: PeerId) => boolean, now: number): void {
    if (this.count <= this.wanted) return
    const spare = [...this.entries()].filter(([, { degree }]) => degree > this.degree.target)
    const [first] = spare.filter(([peer]) => isLazy(peer))
    const [peer] = first ?? spare[0] ?? []
    if (peer !== undefined) this.leave(peer, 'trimmed', this.#others(peer), now)
  }

  wakeAt(): number {
    let earliest = Infinity
    for (const peering of this.#links.values()) {
      if (peering.name === 'connecting') earliest = Math.min(earliest, peering.until)
      if (peering.name === 'parting') earliest = Math.min(earliest, peering.releaseAt)
    }
    return earliest
  }

  wake(now: number): void {
    for (const [peer, peering] of [...this.#links]) {
      if (peering.name === 'connecting' && peering.until <= now) {
        this.hosts.refused(peer, now)
        this.#part(peer, now)
      }
      if (peering.name === 'parting' && peering.releaseAt <= now) {
        this.#links.set(peer, { name: 'linked' })
        this.context.emit({ type: 'release', peer })
      }
    }
  }

  /** A newcomer that needs us takes the place of a neighbour with more than enough, which is told of it. */
  #makeRoom(newcomer: PeerId, degree: number, now: number): boolean {
    if (degree >= this.degree.min) return false
    let victim: PeerId | null = null
    let most: number = this.degree.min
    for (const [peer, neighbour] of this.entries()) {
      if (neighbour.degree <= most) continue
      most = neighbour.degree
      victim = peer
    }
    if (victim === null) return false
    this.leave(victim, 'trimmed', [newcomer], now)
    return true
  }

  #join(peer: PeerId, degree: number, now: number): void {
    this.#links.set(peer, { name: 'neighbour', degree, shares: 0, rttMs: null, ping: null })
    this.events.joined(peer, now)
  }

  #part(peer: PeerId, now: number): void {
    this.#links.set(peer, { name: 'parting', releaseAt: now + RELEASE_AFTER_MS })
  }

  #others(except: PeerId): PeerId[] {
    const others: PeerId[] = []
    for (const [peer] of this.entries()) if (peer !== except) others.push(peer)
    return others.slice(0, PONGS_PER_PING)
  }
}
