import { createRng } from '../../src/kernel/rng.ts'
import { ComparedDirectory } from './compare-directory.ts'
import { Library, type LibraryQuery } from './compare-library.ts'
import type { Answered } from './compare-network.ts'
import { floodNetwork, ringNetwork, superNodeNetwork, type StartOptions } from './compare-worlds.ts'
import { median, round } from './swarm-figures.ts'

export interface CompareOptions {
  readonly seed: number
  readonly peers: number
  readonly queries: number
  readonly filesPerPeer: number
}

export const DEFAULT_COMPARE: CompareOptions = { seed: 1, peers: 1_000, queries: 50, filesPerPeer: 2 }

/** `gnutella` is the pruned mode that the app begins with, `gnutellaClassic` the flood of the textbook. */
export const SYSTEMS = ['directory', 'gnutellaClassic', 'gnutella', 'kazaa', 'ring'] as const
export type System = (typeof SYSTEMS)[number]

/** Means over the searches of one run, but for the median of the times. */
export interface SystemFigures {
  /** Share of the matching files that were found; those that only the searcher has don't count. */
  readonly recall: number
  /** Messages of one search, sent by all peers together: questions, answers, and what acknowledges or prunes. */
  readonly messages: number
  /** Bytes of these messages. */
  readonly bytes: number
  /** Digests that were sent meanwhile: each serves all searches of one second. */
  readonly digests: number
  /** Links between the searcher and its farthest answer. */
  readonly hops: number
  /** Virtual time until the first answer, median. */
  readonly milliseconds: number
  /** Searches of which nothing came back. */
  readonly unanswered: number
}

export interface CompareResult extends Readonly<Record<System, SystemFigures>> {
  readonly seed: number
  readonly peers: number
  readonly files: number
}

interface Searched {
  ask(query: LibraryQuery): Answered
}

const START: Readonly<Record<System, (options: StartOptions) => Searched>> = {
  directory: (options) => new ComparedDirectory(options),
  gnutellaClassic: (options) => floodNetwork(options, 'classic'),
  gnutella: (options) => floodNetwork(options, 'pruned'),
  kazaa: superNodeNetwork,
  ring: ringNetwork,
}

/** The same library and the same searches in each system, one after the other. */
export function runCompare(options: CompareOptions): CompareResult {
  const { seed, peers } = options
  const library = new Library(options)
  const queries = library.queries(options.queries, createRng(seed).child('queries'))
  const measure = (system: System): SystemFigures => {
    const network = START[system]({ seed, peers, library })
    return figuresOf(queries.map((query) => network.ask(query)))
  }
  return {
    seed,
    peers,
    files: library.files.length,
    directory: measure('directory'),
    gnutellaClassic: measure('gnutellaClassic'),
    gnutella: measure('gnutella'),
    kazaa: measure('kazaa'),
    ring: measure('ring'),
  }
}

/** Medians over the runs. */
export function summariseCompare(results: readonly CompareResult[]): Record<System, SystemFigures> {
  const of = (system: System): SystemFigures => {
    const value = (figure: keyof SystemFigures) =>
      round(median(results.map((result) => result[system][figure])))
    return {
      recall: value('recall'),
      messages: value('messages'),
      bytes: value('bytes'),
      digests: value('digests'),
      hops: value('hops'),
      milliseconds: value('milliseconds'),
      unanswered: value('unanswered'),
    }
  }
  return {
    directory: of('directory'),
    gnutellaClassic: of('gnutellaClassic'),
    gnutella: of('gnutella'),
    kazaa: of('kazaa'),
    ring: of('ring'),
  }
}

function figuresOf(answers: readonly Answered[]): SystemFigures {
  const meanOf = (value: (answered: Answered) => number | null, digits: number) =>
    round(mean(answers.map(value).filter((each) => each !== null)), digits)
  const times = answers.map(({ milliseconds }) => milliseconds).filter((each) => each !== null)
  return {
    recall: meanOf(({ recall }) => recall, 5),
    messages: meanOf(({ messages }) => messages, 1),
    bytes: meanOf(({ bytes }) => bytes, 0),
    digests: meanOf(({ digests }) => digests, 1),
    hops: meanOf(({ hops }) => hops, 2),
    milliseconds: times.length === 0 ? 0 : round(median(times), 0),
    unanswered: answers.length - times.length,
  }
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
