import { parseInfoHash, type InfoHash, type PeerId } from '../../src/kernel/ids.ts'
import { toHex } from '../../src/kernel/bytes.ts'
import { defined } from '../../src/kernel/invariant.ts'
import { pick, shuffled } from '../../src/kernel/rng.ts'
import type { Routing } from '../../src/protocols/chord/messages.ts'
import { LookupTrails } from '../checkers/lookup-trails.ts'
import { ringFaults, wrongSuccessors } from '../checkers/ring-invariants.ts'
import { missingRecords } from '../checkers/ring-records.ts'
import { RingWatch } from '../checkers/ring-watch.ts'
import { inspectEvery } from '../inspection.ts'
import { grow, settle } from './chord-start.ts'
import { RingWorld, type LookupResult } from './chord-world.ts'

export interface ChordScenario {
  readonly peers: number
  readonly seed: number
  readonly linkCap: number
  readonly routing: Routing
  readonly start: 'settled' | 'grown'
  readonly lookups: number
  /** `gaps`: only keys where most neighbours in a row died, the hardest ones; else any keys. */
  readonly aim?: 'anywhere' | 'gaps'
  /** Share of the peers that die at one moment; 0: nobody. */
  readonly kill: number
  /** Median session under churn, in minutes; 0: no churn. */
  readonly sessionMinutes: number
  /** How long churn goes on. */
  readonly minutes: number
  /** How long the ring is cut in two; 0: never. */
  readonly partitionMinutes: number
  /** Shares published before anything happens. */
  readonly records: number
  /** How often the checkers look around; left out or 0: at the end only. */
  readonly inspectMs?: number
  /** Keeps the way of each failed lookup, for {@link ChordResult.failedTrails}. */
  readonly trails?: boolean
}

/** Figures of one run. Times in seconds of virtual time. */
export interface ChordResult {
  readonly peers: number
  readonly linkCap: number
  readonly seed: number
  readonly routing: Routing
  readonly hopsMean: number
  readonly hopsP99: number
  readonly hopsMax: number
  readonly hopsOverLog2N: number
  readonly lookups: number
  readonly failedLookups: number
  readonly failedShare: number
  /** Lookups that needed another first hop. */
  readonly retriedShare: number
  /** Until every first successor was right again; `null` when none was looked after. */
  readonly successorsSeconds: number | null
  /** Until every neighbour was right again, on both sides, and all rules held; `null` when nothing was broken. */
  readonly repairSeconds: number | null
  /** Until all records of living providers were back; `null` when none was looked after. */
  readonly recordsBackSeconds: number | null
  readonly recordsLost: number
  readonly maintenanceBytesPerSecond: number
  readonly linksMean: number
  /** Share of the looks at the ring that found a rule broken for the moment; see {@link RingWatch}. */
  readonly brokenShare: number
  /** How each failed lookup went, when the scenario asks for it. */
  readonly failedTrails?: readonly string[]
}

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const SETTLE_MS = 8_000
const IDLE_MS = 30_000
const WARM_MS = 60_000
/** Lookups a second and node that a simulated ring bears without links refusing them. */
const LOOKUPS_PER_NODE = 10
/** Of all gaps that deaths left, so many are aimed at. */
const HARD_GAPS = 4
/** Lookups a second that all of them together are asked for: more, and their links refuse them. */
const LOOKUPS_IN_GAPS = 200
const RECORDS_LIMIT_S = 60
const REPAIR_LIMIT_S = 60
/** Healing waits for its turn: each node looks for one past peer every 20 s. */
const HEAL_LIMIT_S = 600

/** Runs one scenario: build, publish, then idle, churn, deaths or a partition, with lookups. */
export function runChord(scenario: ChordScenario): ChordResult {
  const { peers, seed, linkCap, routing } = scenario
  const ring = new RingWorld({ seed, linkCap, routing })
  if (scenario.start === 'settled') settle(ring, peers)
  else grow(ring, peers, 300)
  ring.world.run(scenario.start === 'settled' ? SETTLE_MS : 4 * SETTLE_MS)
  const published = publish(ring, scenario.records)
  const watch = new RingWatch(ring)
  inspectEvery(ring.world.clock, scenario.inspectMs ?? 0, () => void watch.inspect())
  const trails = scenario.trails === true ? new LookupTrails(ring) : null
  const churned = scenario.sessionMinutes > 0 ? churn(ring, scenario) : null
  const bytesPerSecond = churned ?? idle(ring)
  const disaster =
    scenario.kill > 0
      ? deaths(ring, scenario, published, watch)
      : scenario.partitionMinutes > 0
        ? cut(ring, scenario)
        : null
  const results = disaster?.results ?? ring.lookups(scenario.lookups, spreadFor(ring, scenario.lookups))
  watch.inspect()
  return {
    ...figures(scenario, results),
    successorsSeconds: disaster?.successorsSeconds ?? null,
    repairSeconds: disaster?.repairSeconds ?? null,
    recordsBackSeconds: disaster?.recordsBackSeconds ?? null,
    recordsLost: missingRecords(ring, published).length,
    maintenanceBytesPerSecond: round(bytesPerSecond, 1),
    linksMean: round(mean(ring.world.alive().map(({ links }) => links.size)), 2),
    brokenShare: round(watch.brokenShare, 4),
    ...(trails === null ? {} : { failedTrails: trails.failed }),
  }
}

/** One share each of random providers. */
function publish(ring: RingWorld, count: number): Map<InfoHash, PeerId> {
  const published = new Map<InfoHash, PeerId>()
  for (let i = 0; i < count; i++) {
    const provider = ring.someMember()
    if (provider === null) continue
    const infoHash = defined(parseInfoHash(toHex(ring.rng.bytes(32))), 'infohash')
    published.set(infoHash, provider)
    ring.world.feed(provider, { type: 'publish', infoHash, listings: [] })
  }
  if (count > 0) ring.world.run(2 * SETTLE_MS)
  return published
}

/** Bytes a second and node with nothing to do. */
function idle(ring: RingWorld): number {
  const before = ring.world.totals.bytes
  ring.world.run(IDLE_MS)
  return (ring.world.totals.bytes - before) / (IDLE_MS / SECOND_MS) / ring.sorted().length
}

/** Every node lives for an exponential time and is replaced by a new one at once, without a goodbye. */
function churn(ring: RingWorld, { sessionMinutes, minutes, peers }: ChordScenario): number {
  const meanMs = (sessionMinutes * MINUTE_MS) / Math.LN2
  const live = (peer: PeerId): void => {
    ring.world.clock.after(-Math.log(1 - ring.rng.float()) * meanMs, () => {
      ring.kill(peer)
      live(ring.join().peer)
    })
  }
  for (const peer of ring.sorted()) live(peer)
  ring.world.run(WARM_MS)
  const before = ring.world.totals.bytes
  ring.world.run(minutes * MINUTE_MS)
  return (ring.world.totals.bytes - before) / (minutes * (MINUTE_MS / SECOND_MS)) / peers
}

interface Disaster {
  readonly results: LookupResult[]
  readonly successorsSeconds: number | null
  readonly repairSeconds: number | null
  readonly recordsBackSeconds: number | null
}

/** Many die at once. Lookups run before anything is repaired; then repair begins and is timed. */
function deaths(
  ring: RingWorld,
  scenario: ChordScenario,
  published: ReadonlyMap<InfoHash, PeerId>,
  watch: RingWatch,
): Disaster {
  const before = ring.sorted()
  const victims = shuffled(ring.rng, before).slice(0, Math.floor(scenario.peers * scenario.kill))
  setMaintenance(ring, 'paused')
  watch.pause()
  for (const peer of victims) ring.kill(peer)
  ring.world.run(SECOND_MS)
  const { lookups } = scenario
  const results =
    scenario.aim === 'gaps'
      ? ring.lookups(lookups, (lookups / LOOKUPS_IN_GAPS) * SECOND_MS, keysInGaps(ring, before))
      : ring.lookups(lookups, spreadFor(ring, lookups))
  setMaintenance(ring, 'running')
  watch.resume()
  const since = ring.world.now
  const seconds = () => (ring.world.now - since) / SECOND_MS
  const after = (condition: () => boolean, limitSeconds: number) =>
    until(ring, condition, limitSeconds - seconds()) ? seconds() : Infinity
  const successorsSeconds = after(() => wrongSuccessors(ring).length === 0, REPAIR_LIMIT_S)
  const repairSeconds = after(() => ringFaults(ring, true).length === 0, REPAIR_LIMIT_S)
  const recordsBackSeconds =
    published.size === 0 ? null : after(() => missingRecords(ring, published).length === 0, RECORDS_LIMIT_S)
  return { results, successorsSeconds, repairSeconds, recordsBackSeconds }
}

/** Keys owned by those before whom the most neighbours in a row died. @param before everybody, in order, before that. */
function keysInGaps(ring: RingWorld, before: readonly PeerId[]): () => string {
  const alive = new Set(ring.sorted())
  const gaps: PeerId[][] = []
  let peers: PeerId[] = []
  for (const peer of before) {
    peers.push(peer)
    if (!alive.has(peer)) continue
    gaps.push(peers)
    peers = []
  }
  gaps.sort((a, b) => b.length - a.length)
  // A key just before a peer that is dead, or before the owner itself.
  return () => defined(pick(ring.rng, pick(ring.rng, gaps.slice(0, HARD_GAPS)) ?? []), 'key').slice(0, 40)
}

/** The ring is cut in two halves, links between them break, and after a time they can reach each other again. */
function cut(ring: RingWorld, { partitionMinutes, lookups }: ChordScenario): Disaster {
  const side = (peer: PeerId): number => Number.parseInt(peer.slice(-1), 16) % 2
  ring.world.partition = side
  for (const { peer, links } of ring.world.alive())
    for (const other of [...links]) if (side(peer) !== side(other)) ring.world.disconnect(peer, other)
  ring.world.run(partitionMinutes * MINUTE_MS)
  ring.world.partition = null
  const since = ring.world.now
  const isHealed = until(ring, () => ringFaults(ring, true).length === 0, HEAL_LIMIT_S)
  const repairSeconds = isHealed ? (ring.world.now - since) / SECOND_MS : Infinity
  const results = ring.lookups(lookups, spreadFor(ring, lookups))
  return { results, successorsSeconds: null, repairSeconds, recordsBackSeconds: null }
}

function setMaintenance(ring: RingWorld, maintenance: 'running' | 'paused'): void {
  for (const { peer, core } of ring.world.alive()) {
    core.node.setMaintenance(maintenance)
    ring.world.feed(peer, { type: 'wake' })
  }
}

/** Looks each half second. */
function until(ring: RingWorld, condition: () => boolean, limitSeconds: number): boolean {
  const end = ring.world.now + limitSeconds * SECOND_MS
  while (!condition()) {
    if (ring.world.now >= end) return false
    ring.world.run(SECOND_MS / 2)
  }
  return true
}

const spreadFor = (ring: RingWorld, lookups: number): number =>
  Math.max(2 * SECOND_MS, (lookups / ring.sorted().length / LOOKUPS_PER_NODE) * SECOND_MS)

function figures(scenario: ChordScenario, results: readonly LookupResult[]) {
  const hops = results.filter(({ isRight }) => isRight).map((result) => result.hops)
  hops.sort((a, b) => a - b)
  const failed = results.length - hops.length
  const { peers, linkCap, seed, routing } = scenario
  const hopsMean = mean(hops)
  return {
    peers,
    linkCap,
    seed,
    routing,
    hopsMean: round(hopsMean, 3),
    hopsP99: hops[Math.floor(hops.length * 0.99)] ?? 0,
    hopsMax: hops.at(-1) ?? 0,
    hopsOverLog2N: round(hopsMean / Math.log2(Math.max(2, peers)), 4),
    lookups: results.length,
    failedLookups: failed,
    failedShare: round(failed / Math.max(1, results.length), 6),
    retriedShare: round(
      results.filter(({ attempts }) => attempts > 1).length / Math.max(1, results.length),
      6,
    ),
  }
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits
}
