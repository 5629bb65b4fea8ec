import { BoundedMap } from '../../kernel/bounded.ts'
import type { PeerId } from '../../kernel/ids.ts'
import { DIAL_ATTEMPTS, HOST_CACHE_PEERS, HOSTS_OF_ONE, RETRY_MS, URGENT_RETRY_MS } from './constants.ts'

interface Host {
  /** By whose word alone we know it; `null`: we had a link with it, or were told of it by no neighbour. */
  readonly namedBy: PeerId | null
  /** Neighbours, present or past, that named it, newest first: they may know a way to it. */
  readonly via: readonly PeerId[]
  readonly failures: number
  /** When it last failed or refused; `-Infinity`: it did not. */
  readonly failedAt: number
}

/** Neighbours remembered as ways to one host. */
const WAYS = 3

/** Peers that may be online, for bootstrap and to replace lost neighbours. Full, it forgets the longest unseen. */
export class HostCache {
  readonly #hosts = new BoundedMap<PeerId, Host>(HOST_CACHE_PEERS)
  /** Its peers are others than when it was last saved. */
  isDirty = false

  constructor(readonly self: PeerId) {}

  get size(): number {
    return this.#hosts.size
  }

  /** Newest first. */
  peers(): PeerId[] {
    return [...this.#hosts.keys()].reverse()
  }

  /** Somebody named this peer. */
  learn(peer: PeerId, via: PeerId | null): void {
    if (peer === this.self) return
    const known = this.#hosts.get(peer)
    if (known === undefined) {
      // It need not be there at all.
      if (via !== null) this.#hosts.makeRoomAmong(({ namedBy }) => namedBy === via, HOSTS_OF_ONE)
      const ways = via === null ? [] : [via]
      this.#hosts.set(peer, { namedBy: via, via: ways, failures: 0, failedAt: -Infinity })
      this.isDirty = true
    } else if (via !== null && via !== known.via[0]) {
      const ways = [via, ...known.via.filter((each) => each !== via)].slice(0, WAYS)
      this.#replace(peer, { ...known, via: ways })
    }
  }

  /** It is online: we have a link with it. */
  seen(peer: PeerId): void {
    const known = this.#hosts.get(peer)
    if (known === undefined) this.isDirty = true
    this.#hosts.set(peer, { namedBy: null, via: known?.via ?? [], failures: 0, failedAt: -Infinity })
  }

  /** It has no room for us just now. */
  refused(peer: PeerId, now: number): void {
    const known = this.#hosts.get(peer)
    if (known !== undefined) this.#replace(peer, { ...known, failures: 1, failedAt: now })
  }

  /** It could not be dialled; after some times it is forgotten. */
  failed(peer: PeerId, now: number): void {
    const known = this.#hosts.get(peer)
    if (known === undefined) return
    if (known.failures + 1 >= DIAL_ATTEMPTS) {
      this.#hosts.delete(peer)
      this.isDirty = true
    } else this.#replace(peer, { ...known, failures: known.failures + 1, failedAt: now })
  }

  /** Whether enough time has passed since it failed. */
  isRipe(peer: PeerId, isUrgent: boolean, now: number): boolean {
    const host = this.#hosts.get(peer)
    if (host === undefined) return true
    return now >= host.failedAt + (isUrgent ? URGENT_RETRY_MS : RETRY_MS) * Math.max(1, host.failures)
  }

  waysTo(peer: PeerId): readonly PeerId[] {
    return this.#hosts.get(peer)?.via ?? []
  }

  /** Changes an entry without making it newer. */
  #replace(peer: PeerId, host: Host): void {
    this.#hosts.replace(peer, host)
  }
}
