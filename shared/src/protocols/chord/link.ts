import type { PeerId } from '../../kernel/ids.ts'
import { TokenBucket } from '../../kernel/token-bucket.ts'
import { CHORD } from './constants.ts'
import type { ChordMessage, Phase, Report } from './messages.ts'
import { clockwiseFrom, coarse } from './position.ts'
import { RoundTrip } from './rtt.ts'

/** The most peers and positions that a link may name; more are ignored. */
const MAX_NEAR = 32
const MAX_BEYOND = 128

type Kind = 'costly' | 'upkeep' | 'answer'

/** What a message asks of us: each kind but answers, which are nothing unless we asked, is taken at a limited rate. */
const KINDS: Readonly<Record<ChordMessage['type'], Kind>> = {
  ...{ find: 'costly', store: 'costly', want: 'costly', seek: 'costly' },
  ...{ stabilize: 'upkeep', neighbours: 'upkeep', notify: 'upkeep', links: 'upkeep', whois: 'upkeep' },
  ...{ contact: 'upkeep', offer: 'upkeep', leave: 'upkeep', letGo: 'upkeep' },
  ...{ hopAck: 'answer', back: 'answer', found: 'answer', sighted: 'answer' },
}

/** What we told a link about our neighbours, to send only what changed. */
export interface Told {
  readonly phase: Phase
  readonly near: readonly PeerId[]
  readonly successorCount: number
  readonly predecessorCount: number
}

/** A linked peer and what it told us about itself. */
export class Link {
  readonly at: number
  readonly roundTrip = new RoundTrip()
  phase: Phase = 'alone'
  /** Its lists, nearest first. */
  successors: readonly PeerId[] = []
  predecessors: readonly PeerId[] = []
  /** First 48 bits of the peers it is linked with, ascending. */
  beyond: readonly number[] = []
  told: Told | null = null
  /** Positions that we named to it, ascending. */
  toldLinks: readonly number[] = []
  /** When a stabilize was sent that is not answered yet. */
  askedAt: number | null = null
  /** Questions and records that we take from it, and what keeps up the ring. */
  readonly #costly: TokenBucket
  readonly #upkeep: TokenBucket
  /** Records that it may still ask for. */
  readonly records: TokenBucket
  readonly #near = new Set<PeerId>()

  constructor(
    readonly peer: PeerId,
    readonly since: number,
  ) {
    this.at = coarse(peer)
    this.#costly = new TokenBucket(CHORD.linkRate, CHORD.linkBurst, since)
    this.#upkeep = new TokenBucket(CHORD.upkeepRate, CHORD.upkeepBurst, since)
    this.records = new TokenBucket(CHORD.recordRate, CHORD.recordBurst, since)
  }

  /** Whether one more message of this type is taken from it now. */
  takes(type: ChordMessage['type'], now: number): boolean {
    const kind = KINDS[type]
    if (kind === 'answer') return true
    return (kind === 'costly' ? this.#costly : this.#upkeep).take(1, now)
  }

  /** Takes over a change of its lists. */
  hear(report: Report): void {
    const removed = new Set(report.removed)
    if (removed.size > 0)
      for (const peer of [...this.#near]) if (removed.has(coarse(peer))) this.#near.delete(peer)
    for (const peer of report.added)
      if (this.#near.size < MAX_NEAR && peer !== this.peer) this.#near.add(peer)
    const ordered = [...this.#near].sort(clockwiseFrom(this.peer))
    this.phase = report.phase
    this.successors = ordered.slice(0, report.successorCount)
    this.predecessors = ordered.reverse().slice(0, report.predecessorCount)
  }

  /** Takes over a change of its links. */
  hearLinks(added: readonly number[], removed: readonly number[]): void {
    const beyond = new Set(this.beyond)
    for (const at of removed) beyond.delete(at)
    for (const at of added) if (beyond.size < MAX_BEYOND) beyond.add(at)
    this.beyond = [...beyond].sort((a, b) => a - b)
  }
}
