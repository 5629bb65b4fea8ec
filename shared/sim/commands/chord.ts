import { parseArgs } from 'node:util'
import { runChord, type ChordResult, type ChordScenario } from '../scenarios/chord.ts'
import { INSPECT_SECONDS } from '../inspection.ts'
import { table } from './table.ts'

const HELP = `sim chord: a ring of --peers nodes
  --peers 1000           nodes
  --seed 1               first seed
  --seeds 3              how many runs, with seeds one after the other
  --link-cap 24          links of a node, ring neighbours included
  --routing full         circle, fingers or full
  --lookups 5000         lookups of random keys by random members
  --aim anywhere         gaps: only keys where the most neighbours in a row died
  --kill 0               share of the nodes that die at once; lookups run before any repair
  --churn                nodes come and go, with the median session of --session-minutes
  --session-minutes 1.4  implies --churn when given
  --minutes 2            how long churn is measured
  --partition-minutes 0  the ring is cut in two for so long
  --records 0            shares that are published first
  --inspect 1            seconds between two looks of the checkers; 0: at the end only
  --trails               prints the whole way of each lookup that failed
  --start settled        settled: a perfect ring from the start; grown: by real joins
  --json                 one object per run, then a summary of medians`

const OPTIONS = {
  peers: { type: 'string', default: '1000' },
  seed: { type: 'string', default: '1' },
  seeds: { type: 'string', default: '3' },
  'link-cap': { type: 'string', default: '24' },
  routing: { type: 'string', default: 'full' },
  lookups: { type: 'string', default: '5000' },
  aim: { type: 'string', default: 'anywhere' },
  kill: { type: 'string', default: '0' },
  churn: { type: 'boolean', default: false },
  'session-minutes': { type: 'string' },
  minutes: { type: 'string', default: '2' },
  'partition-minutes': { type: 'string', default: '0' },
  records: { type: 'string', default: '0' },
  inspect: { type: 'string', default: String(INSPECT_SECONDS) },
  trails: { type: 'boolean', default: false },
  start: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

type Flags = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']

/** Up to this size a ring is grown by real joins unless `--start` says otherwise. */
const GROWN_UP_TO = 32
const DEFAULT_SESSION_MINUTES = 1.4

/** `sim chord`: yields lines of output. */
export function* chordCommand(args: readonly string[]): Generator<string> {
  const flags = parseArgs({ args: [...args], options: OPTIONS }).values
  if (flags.help) {
    yield HELP
    return
  }
  if (!flags.json) yield table(HEADINGS)
  const results: ChordResult[] = []
  for (let i = 0; i < Number(flags.seeds); i++) {
    const result = runChord({ ...scenarioOf(flags), seed: Number(flags.seed) + i })
    results.push(result)
    yield flags.json ? JSON.stringify(plain(result)) : rowOf(result)
    if (!flags.json) yield* result.failedTrails ?? []
  }
  const summary = summarise(results)
  yield flags.json ? JSON.stringify(summary) : `medians: ${JSON.stringify(summary)}`
}

function scenarioOf(flags: Flags): ChordScenario {
  const peers = Number(flags.peers)
  const session = flags['session-minutes'] ?? (flags.churn ? String(DEFAULT_SESSION_MINUTES) : '0')
  const { routing, start } = flags
  return {
    peers,
    seed: Number(flags.seed),
    linkCap: Number(flags['link-cap']),
    routing: routing === 'circle' || routing === 'fingers' ? routing : 'full',
    start: start === 'grown' || (start === undefined && peers <= GROWN_UP_TO) ? 'grown' : 'settled',
    lookups: Number(flags.lookups),
    kill: Number(flags.kill),
    sessionMinutes: Number(session),
    minutes: Number(flags.minutes),
    partitionMinutes: Number(flags['partition-minutes']),
    records: Number(flags.records),
    trails: flags.trails,
    inspectMs: Number(flags.inspect) * 1_000,
    aim: flags.aim === 'gaps' ? 'gaps' : 'anywhere',
  }
}

const FIGURES = [
  'peers',
  'linkCap',
  'hopsMean',
  'hopsP99',
  'hopsOverLog2N',
  'lookups',
  'failedLookups',
  'failedShare',
  'successorsSeconds',
  'repairSeconds',
  'recordsBackSeconds',
  'recordsLost',
  'maintenanceBytesPerSecond',
] as const satisfies readonly (keyof ChordResult)[]

/** Medians over the seeds; `null` where there is no such figure, and -1 where the limit of time was passed. */
function summarise(results: readonly ChordResult[]): Record<string, number | boolean | null> {
  const summary: Record<string, number | boolean | null> = { summary: true }
  for (const figure of FIGURES) {
    const values = results.map((result) => result[figure]).filter((value) => value !== null)
    summary[figure] = finite(median(values))
  }
  return summary
}

const plain = (result: ChordResult) => ({
  ...result,
  successorsSeconds: finite(result.successorsSeconds),
  repairSeconds: finite(result.repairSeconds),
  recordsBackSeconds: finite(result.recordsBackSeconds),
})

const finite = (value: number | null): number | null => (value === Infinity ? -1 : value)

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null
}

const HEADINGS = [
  'peers',
  'cap',
  'seed',
  'hops',
  'p99',
  '/log2N',
  'lookups',
  'failed',
  'succ s',
  'repair s',
  'records s',
  'lost',
  'B/s',
]

function rowOf(result: ChordResult): string {
  const seconds = (value: number | null) => (value === null ? '-' : value.toFixed(1))
  return table([
    String(result.peers),
    String(result.linkCap),
    String(result.seed),
    result.hopsMean.toFixed(2),
    String(result.hopsP99),
    result.hopsOverLog2N.toFixed(3),
    String(result.lookups),
    String(result.failedLookups),
    seconds(result.successorsSeconds),
    seconds(result.repairSeconds),
    seconds(result.recordsBackSeconds),
    String(result.recordsLost),
    result.maintenanceBytesPerSecond.toFixed(0),
  ])
}
