import { parseArgs } from 'node:util'
import {
  DEFAULT_GNUTELLA,
  runGnutella,
  summariseGnutella,
  type GnutellaOptions,
  type GnutellaResult,
} from '../scenarios/gnutella.ts'
import { INSPECT_SECONDS } from '../inspection.ts'
import { table } from './table.ts'

const HELP = `sim gnutella: searches in a network of equal servents
  --peers 1000        servents; up to 64 join one by one, more begin as a random graph
  --seed 1            first seed
  --seeds 3           how many runs, with seeds one after the other
  --ttl 5             links that a query may cross in classic mode
  --degree 6          neighbours of a servent
  --mode pruned       classic: plain flood; pruned: over a tree
  --queries 20        measured searches
  --churn 0           mean session of a peer in seconds; 0: everybody stays
  --kill 0            share of the peers that die at once while the first search is under way
  --inspect 1         seconds between two looks of the checker; 0: at the end only
  --json              one object per run, then a summary`

const OPTIONS = {
  peers: { type: 'string', default: '1000' },
  seed: { type: 'string', default: '1' },
  seeds: { type: 'string', default: '3' },
  ttl: { type: 'string', default: '5' },
  degree: { type: 'string', default: '6' },
  mode: { type: 'string', default: 'pruned' },
  queries: { type: 'string', default: '20' },
  churn: { type: 'string', default: '0' },
  kill: { type: 'string', default: '0' },
  inspect: { type: 'string', default: String(INSPECT_SECONDS) },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

const HEADINGS = [
  'seed',
  'peers',
  'mode',
  'reach %',
  'copies',
  'per peer',
  'digests',
  'dup %',
  'recall %',
  'hops',
]

/** `sim gnutella`: yields lines of output. */
export function* gnutellaCommand(args: readonly string[]): Generator<string> {
  const flags = parseArgs({ args: [...args], options: OPTIONS }).values
  if (flags.help) {
    yield HELP
    return
  }
  const results: GnutellaResult[] = []
  if (!flags.json) yield table(HEADINGS)
  for (let i = 0; i < Number(flags.seeds); i++) {
    const options: GnutellaOptions = {
      ...DEFAULT_GNUTELLA,
      seed: Number(flags.seed) + i,
      peers: Number(flags.peers),
      mode: flags.mode === 'classic' ? 'classic' : 'pruned',
      ttl: Number(flags.ttl),
      degree: Number(flags.degree),
      queries: Number(flags.queries),
      churnSeconds: Number(flags.churn),
      kill: Number(flags.kill),
      inspectMs: Number(flags.inspect) * 1_000,
    }
    const result = runGnutella(options)
    results.push(result)
    yield flags.json ? JSON.stringify(result) : rowOf(result)
  }
  const summary = summariseGnutella(results)
  yield flags.json ? JSON.stringify(summary) : `medians: ${JSON.stringify(summary)}`
}

function rowOf(result: GnutellaResult): string {
  return table([
    String(result.seed),
    String(result.peers),
    result.mode,
    (result.reach * 100).toFixed(2),
    result.messages.toFixed(0),
    result.messagesPerReached.toFixed(3),
    result.digestsPerReached.toFixed(3),
    (result.duplicateShare * 100).toFixed(2),
    (result.recall * 100).toFixed(2),
    result.hops.toFixed(1),
  ])
}
