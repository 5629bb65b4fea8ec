import { TRACKER } from '@ringdrop/shared/protocols/tracker/constants.ts'
import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import { countSchema as count, peerIdSchema } from '@ringdrop/shared/wire/schemas.ts'
import type {
  AnnounceEvent,
  AnnounceRequest,
  AnnounceResponse,
  ScrapeRequest,
  ScrapeResponse,
} from '@ringdrop/shared/wire/signaling.ts'
import * as v from 'valibot'
import type { Reply, Tracker } from '../../roles/roles.ts'
import type { TrackerRole } from '../../roles/tracker.ts'
import { SCRIPTS } from './scripts.ts'
import type { SharedState } from './shared-state.ts'

/** A negative age means that no seed was ever seen. */
const age = v.pipe(v.number(), v.integer())
const announced = v.tuple([count, count, age, v.array(peerIdSchema)])
const scraped = v.tuple([count, count, age, count])

/** Milliseconds of silence after which a peer leaves a swarm. */
const SILENCE_MS = TRACKER.expiryIntervals * TRACKER.intervalMs

/**
 * The tracker of several servers. Each keeps its own peers in memory, checks their requests there and answers from
 * there while Redis is away; else the answer is what all of them know together.
 */
export class SharedTracker implements Tracker {
  constructor(
    readonly own: TrackerRole,
    readonly shared: SharedState,
  ) {}

  get sizes(): Tracker['sizes'] {
    return this.own.sizes
  }

  announce(
    from: PeerId,
    address: string | null,
    request: AnnounceRequest,
    reply: Reply<AnnounceResponse>,
  ): void {
    this.own.announce(from, address, request, (answer) => {
      if (!answer.ok) return reply(answer)
      void this.#announce(from, request.infoHash, request.event, request.left, request.numWant).then(
        (known) => reply(known === null ? answer : joined(answer, known)),
      )
    })
  }

  scrape(from: PeerId, request: ScrapeRequest, reply: Reply<ScrapeResponse>): void {
    this.own.scrape(from, request, (answer) => {
      if (!answer.ok) return reply(answer)
      void this.shared.ask(SCRIPTS.scrape, [request.infoHash], scraped).then((known) => {
        if (known === null) return reply(answer)
        const [all, seeders, ago, completed] = known
        reply({ ok: true, seeders, leechers: all - seeders, completed, seedSeenAgoMs: ago < 0 ? null : ago })
      })
    })
  }

  peerGone(peer: PeerId): void {
    this.own.peerGone(peer)
  }

  stop(): void {
    this.own.stop()
  }

  /** Says again what a peer of this server announced. */
  async publish(peer: PeerId): Promise<void> {
    const swarms = this.own.swarmsOf(peer)
    await Promise.all(swarms.map(({ infoHash, left }) => this.#announce(peer, infoHash, 'update', left, 0)))
  }

  #announce(
    peer: PeerId,
    infoHash: string,
    event: AnnounceEvent,
    left: number,
    numWant: number,
  ): Promise<v.InferOutput<typeof announced> | null> {
    const wanted = event === 'stopped' ? 0 : Math.min(numWant, LIMITS.announcePeers)
    const bounds = [SILENCE_MS, TRACKER.memoryMs, TRACKER.maxRemembered]
    const args = [this.shared.server, peer, infoHash, event, left, wanted, ...bounds]
    return this.shared.ask(SCRIPTS.announce, args, announced)
  }
}

/** The answer of this server's memory, with the figures of all servers. */
function joined(
  own: AnnounceResponse,
  [all, seeders, ago, peers]: v.InferOutput<typeof announced>,
): AnnounceResponse {
  // The jitter of the own answer stays; only the size of the swarm may say another interval.
  const factor = baseIntervalMs(all) / baseIntervalMs(own.seeders + own.leechers)
  return {
    ok: true,
    intervalMs: Math.round(own.intervalMs * factor),
    seeders,
    leechers: all - seeders,
    peers,
    seedSeenAgoMs: ago < 0 ? null : ago,
  }
}

const baseIntervalMs = (peers: number): number =>
  peers <= TRACKER.smallSwarmPeers ? TRACKER.smallSwarmIntervalMs : TRACKER.intervalMs
