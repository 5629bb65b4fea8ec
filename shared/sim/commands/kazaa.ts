import { parseArgs } from 'node:util'
import {
  DEFAULT_KAZAA,
  runKazaa,
  summariseKazaa,
  type KazaaOptions,
  type KazaaResult,
} from '../scenarios/kazaa.ts'
import { INSPECT_SECONDS } from '../inspection.ts'
import { table } from './table.ts'

const HELP = `sim kazaa: searches in a network of super nodes and children
  --peers 10000       peers; up to 200 join one by one, more begin with roles given out
  --seed 1            first seed
  --seeds 3           how many runs, with seeds one after the other
  --queries 20        measured searches
  --churn 0           mean session of a peer in seconds; 0: everybody stays
  --kill 0.05         share of the super nodes that die at once after the searches
  --inspect 1         seconds between two looks of the checkers; 0: at the end only
  --json              one object per run, then a summary`

const OPTIONS = {
  peers: { type: 'string', default: '10000' },
  seed: { type: 'string', default: '1' },
  seeds: { type: 'string', default: '3' },
  queries: { type: 'string', default: '20' },
  churn: { type: 'string', default: '0' },
  kill: { type: 'string', default: '0.05' },
  inspect: { type: 'string', default: String(INSPECT_SECONDS) },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

const HEADINGS = [
  'seed',
  'peers',
  'recall %',
  'per peer',
  'leaders',
  'children',
  'orphan s',
  'after %',
  'lost',
]

/** `sim kazaa`: yields lines of output. */
export function* kazaaCommand(args: readonly string[]): Generator<string> {
  const flags = parseArgs({ args: [...args], options: OPTIONS }).values
  if (flags.help) {
    yield HELP
    return
  }
  const results: KazaaResult[] = []
  if (!flags.json) yield table(HEADINGS)
  for (let i = 0; i < Number(flags.seeds); i++) {
    const options: KazaaOptions = {
      ...DEFAULT_KAZAA,
      seed: Number(flags.seed) + i,
      peers: Number(flags.peers),
      queries: Number(flags.queries),
      churnSeconds: Number(flags.churn),
      kill: Number(flags.kill),
      inspectMs: Number(flags.inspect) * 1_000,
    }
    const result = runKazaa(options)
    results.push(result)
    yield flags.json ? JSON.stringify(result) : rowOf(result)
  }
  const summary = summariseKazaa(results)
  yield flags.json ? JSON.stringify(summary) : `medians: ${JSON.stringify(summary)}`
}

function rowOf(result: KazaaResult): string {
  return table([
    String(result.seed),
    String(result.peers),
    (result.recall * 100).toFixed(2),
    result.messagesPerPeer.toFixed(4),
    String(result.superNodes),
    String(result.maxChildren),
    result.orphanSecondsP95.toFixed(2),
    (result.recallAfterKill * 100).toFixed(2),
    String(result.unindexed),
  ])
}
