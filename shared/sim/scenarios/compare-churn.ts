import { createRng } from '../../src/kernel/rng.ts'
import { Library, type LibraryQuery } from './compare-library.ts'
import type { Answered } from './compare-network.ts'
import { floodNetwork, ringNetwork, superNodeNetwork, type StartOptions } from './compare-worlds.ts'
import { round } from './swarm-figures.ts'

export interface ChurnedOptions {
  readonly seed: number
  readonly peers: number
  readonly filesPerPeer: number
  readonly queries: number
  /** Median of the exponential sessions. */
  readonly medianSessionMinutes: number
}

/** Systems that live on links between peers. */
export type ChurnedSystem = 'gnutella' | 'kazaa' | 'ring'

interface Churned {
  readonly world: { run(ms: number): void }
  churn(meanSessionMs: number): void
  ask(query: LibraryQuery): Answered
}

const START: Readonly<Record<ChurnedSystem, (options: StartOptions) => Churned>> = {
  gnutella: (options) => floodNetwork(options, 'pruned'),
  kazaa: superNodeNetwork,
  ring: ringNetwork,
}
const MINUTE_MS = 60_000
/** Comings and goings before the first search: at the shortest session half of the peers are replaced in it. */
const WARM_MS = MINUTE_MS

/**
 * Share of the matching files that searches find while peers come and go without a goodbye. A file counts when a source of it
 * was online from the question to the end of the search, however new; it is found when a live source is named.
 */
export function recallUnderChurn(system: ChurnedSystem, options: ChurnedOptions): number {
  const { seed, peers } = options
  const library = new Library(options)
  const queries = library.queries(options.queries, createRng(seed).child('queries'))
  const network = START[system]({ seed, peers, library })
  network.churn((options.medianSessionMinutes * MINUTE_MS) / Math.LN2)
  network.world.run(WARM_MS)
  const shares = queries.map((query) => network.ask(query).recall).filter((recall) => recall !== null)
  return shares.length === 0 ? 0 : round(shares.reduce((sum, share) => sum + share, 0) / shares.length, 5)
}
