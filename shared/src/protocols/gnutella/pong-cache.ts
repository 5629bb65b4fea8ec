import type { PeerId } from '../../kernel/ids.ts'
import { MAX_TTL, PONG_CACHE_MS, PONGS_PER_PING } from './constants.ts'
import type { PongEntry } from './messages.ts'

/**
 * What neighbours last said about peers behind them (Rohrs and Falco). A ping is answered from here at once;
 * it is forwarded to nobody, only an old cache is refreshed.
 */
export class PongCache {
  readonly #pongs = new Map<PeerId, readonly PongEntry[]>()
  #refreshedAt = -Infinity

  /** @returns true once per lifetime of the cache: neighbours should then be pinged. */
  takeRefresh(now: number): boolean {
    if (now < this.#refreshedAt + PONG_CACHE_MS) return false
    this.#refreshedAt = now
    return true
  }

  /** The neighbour's pongs; the first, about itself, is known better by others. */
  store(neighbour: PeerId, pongs: readonly PongEntry[]): void {
    this.#pongs.set(
      neighbour,
      pongs.filter(({ hops }) => hops > 0 && hops < MAX_TTL),
    )
  }

  forget(neighbour: PeerId): void {
    this.#pongs.delete(neighbour)
  }

  /**
   * Answer to a ping: ourselves, our neighbours, and peers behind them, one of each neighbour in turn, so that
   * pongs are spread over neighbours and hops.
   */
  select(own: PongEntry, neighbours: readonly PongEntry[], forPeer: PeerId): PongEntry[] {
    const chosen = new Map<PeerId, PongEntry>([[own.peer, own]])
    const add = (entry: PongEntry) => {
      if (entry.peer !== forPeer && !chosen.has(entry.peer) && chosen.size < PONGS_PER_PING)
        chosen.set(entry.peer, entry)
    }
    // Half of the room is for neighbours, the other half for those further away; what is left goes to either.
    for (const entry of neighbours.slice(0, PONGS_PER_PING / 2)) add(entry)
    const lists = neighbours.map(({ peer }) => this.#pongs.get(peer) ?? [])
    for (let i = 0; i < PONGS_PER_PING; i++) {
      for (const list of lists) {
        const entry = list[i]
        if (entry !== undefined) add({ ...entry, hops: entry.hops + 1 })
      }
    }
    for (const entry of neighbours) add(entry)
    return [...chosen.values()]
  }
}
