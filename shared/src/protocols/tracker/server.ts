import { assertNever, type Core } from '../../kernel/core.ts'
import type { PeerId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import type { Rng } from '../../kernel/rng.ts'
import type {
  AnnounceRequest,
  AnnounceResponse,
  Refusal,
  ScrapeRequest,
  ScrapeResponse,
} from '../../wire/signaling.ts'
import { TRACKER } from './constants.ts'
import { SWARM_TABLE_LIMITS, SwarmTable, type SwarmTableLimits } from './swarm-table.ts'

/** Requests have passed their schema, and `from` is the peer that the socket is bound to. */
export type TrackerServerInput =
  | {
      readonly type: 'announce'
      readonly from: PeerId
      /** What fair shares of the table are counted by: where the peer's socket comes from; `null` counts nothing. */
      readonly address: string | null
      readonly request: AnnounceRequest
      readonly replyTo: number
    }
  | {
      readonly type: 'scrape'
      readonly from: PeerId
      readonly request: ScrapeRequest
      readonly replyTo: number
    }
  /** The peer's socket is gone. */
  | { readonly type: 'peerGone'; readonly peer: PeerId }
  | { readonly type: 'wake' }

export interface TrackerServerEffect {
  readonly type: 'reply'
  /** The number that came with the request. */
  readonly replyTo: number
  readonly response: AnnounceResponse | ScrapeResponse | Refusal
}

/** The tracker's side of announce and scrape. Answers every request at once, by exactly one reply. */
export class TrackerServer implements Core<TrackerServerInput, TrackerServerEffect> {
  readonly #table: SwarmTable
  readonly #rng: Rng
  #sweepAt = Infinity

  constructor(rng: Rng, limits: SwarmTableLimits = SWARM_TABLE_LIMITS) {
    this.#rng = rng.child('intervals')
    this.#table = new SwarmTable(rng.child('samples'), limits)
  }

  /** Sizes for metrics: swarms with peers, and pairs of peer and swarm. */
  get sizes(): { readonly swarms: number; readonly entries: number } {
    return { swarms: this.#table.swarms, entries: this.#table.entries }
  }

  /** The swarms that a peer is in, as it announced them: infohash and bytes still missing. */
  swarmsOf(peer: PeerId): ReturnType<SwarmTable['swarmsOf']> {
    return this.#table.swarmsOf(peer)
  }

  handle(input: TrackerServerInput, now: number): TrackerServerEffect[] {
    const effects = this.#dispatch(input, now)
    this.#armSweep(now)
    return effects
  }

  wakeAt(): number {
    return this.#sweepAt
  }

  #dispatch(input: TrackerServerInput, now: number): TrackerServerEffect[] {
    switch (input.type) {
      case 'announce':
        return [reply(input.replyTo, this.#announce(input, now))]
      case 'scrape':
        return [reply(input.replyTo, { ok: true, ...this.#table.stats(input.request.infoHash, now) })]
      case 'peerGone':
        this.#table.removePeer(input.peer, now)
        return []
      case 'wake':
        if (now >= this.#sweepAt) this.#sweep(now)
        return []
      default:
        return assertNever(input)
    }
  }

  #announce(
    { from, address, request }: TrackerServerInput & { type: 'announce' },
    now: number,
  ): AnnounceResponse | Refusal {
    const { infoHash, event, left } = request
    if (event === 'stopped') {
      this.#table.remove(infoHash, from, now)
      return this.#response(request, [], now)
    }
    if (this.#table.put(infoHash, from, left, now, address) === 'full') return { ok: false, code: 'full' }
    if (event === 'completed' && left === 0) this.#table.complete(infoHash, from)
    const wanted = Math.min(request.numWant, LIMITS.announcePeers)
    return this.#response(request, this.#table.sample(infoHash, wanted, from), now)
  }

  #response(request: AnnounceRequest, peers: readonly PeerId[], now: number): AnnounceResponse {
    const { seeders, leechers, seedSeenAgoMs } = this.#table.stats(request.infoHash, now)
    return {
      ok: true,
      intervalMs: this.#intervalMs(seeders + leechers),
      seeders,
      leechers,
      peers,
      seedSeenAgoMs,
    }
  }

  #intervalMs(peers: number): number {
    const base = peers <= TRACKER.smallSwarmPeers ? TRACKER.smallSwarmIntervalMs : TRACKER.intervalMs
    return Math.round(base * (1 + TRACKER.intervalJitter * (2 * this.#rng.float() - 1)))
  }

  #sweep(now: number): void {
    this.#table.expire(now)
    this.#sweepAt = Infinity
  }

  #armSweep(now: number): void {
    const idle = this.#table.entries === 0 && this.#table.remembered === 0
    if (idle) this.#sweepAt = Infinity
    else if (this.#sweepAt === Infinity) this.#sweepAt = now + TRACKER.sweepMs
  }
}

function reply(replyTo: number, response: TrackerServerEffect['response']): TrackerServerEffect {
  return { type: 'reply', replyTo, response }
}
