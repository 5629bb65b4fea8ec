import { parseArgs } from 'node:util'
import { DEFAULT_SWARM, explain, runSwarm, type SwarmOptions } from '../scenarios/swarm.ts'
import { median, round, type SwarmResult } from '../scenarios/swarm-figures.ts'
import { table } from './table.ts'

const HELP = `sim swarm: one source, --peers leechers, all there from the start
  --peers 50          peers that come for the file
  --size-mib 64       size of the file
  --seed 1            first seed
  --seeds 5           how many runs, with seeds one after the other
  --us 1|2|4          uplink of the source as a multiple of a peer's; all three when left out
  --free-riders 0.2   share of the peers that give nothing, in two more runs each; 0: none
  --links 20          links per node
  --latency-ms 40     one way, mean
  --uplink-kib 1024   uplink of a peer, KiB/s
  --downlink-kib      downlink of a peer, KiB/s; unlimited when left out
  --high-water-kib 32 bytes queued on a link above which it is congested (low water: half)
  --churn 0           mean session of a peer in seconds; 0: everybody stays
  --inspect-ms 5000   how often checkers look at everything; 0: only at the end
  --json              one object per run, then a summary`

const OPTIONS = {
  peers: { type: 'string', default: '50' },
  'size-mib': { type: 'string', default: '64' },
  seed: { type: 'string', default: '1' },
  seeds: { type: 'string', default: '5' },
  us: { type: 'string' },
  'free-riders': { type: 'string', default: '0.2' },
  links: { type: 'string', default: '20' },
  'latency-ms': { type: 'string', default: '40' },
  'uplink-kib': { type: 'string', default: '1024' },
  'downlink-kib': { type: 'string' },
  'high-water-kib': { type: 'string', default: '32' },
  churn: { type: 'string', default: '0' },
  'inspect-ms': { type: 'string', default: '5000' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

type Flags = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']

const KIB = 1024
/** A peer that churns is away for this part of its session; our choice. */
const PAUSE_SHARE = 0.25
/** Comings and goings end after so many times the shortest possible run, so that it ends. */
const CHURN_SPAN = 3

/** Contributors with free riders among them, and the same contributors alone. */
interface Pair {
  readonly with: SwarmResult
  readonly without: SwarmResult
}

/** `sim swarm`: yields lines of output. */
export function* swarmCommand(args: readonly string[]): Generator<string> {
  const flags = parseArgs({ args: [...args], options: OPTIONS }).values
  if (flags.help) {
    yield HELP
    return
  }
  const ratios = flags.us === undefined ? [1, 2, 4] : [Number(flags.us)]
  const [plain, pairs]: [SwarmResult[], Pair[]] = [[], []]
  const report = (result: SwarmResult) => (flags.json ? JSON.stringify(result) : rowOf(result))
  if (!flags.json) yield table(HEADINGS)
  for (const sourceRatio of ratios) {
    for (let i = 0; i < Number(flags.seeds); i++) {
      const base = { ...optionsOf(flags), seed: Number(flags.seed) + i, sourceRatio }
      const result = run(base)
      plain.push(result)
      yield report(result)
      const freeRiders = Math.round(base.contributors * Number(flags['free-riders']))
      if (freeRiders === 0) continue
      const contributors = base.contributors - freeRiders
      const pair = {
        with: run({ ...base, contributors, freeRiders }),
        without: run({ ...base, contributors }),
      }
      pairs.push(pair)
      yield report(pair.with)
      yield report(pair.without)
    }
  }
  const summary = summarise(plain, pairs)
  yield flags.json ? JSON.stringify(summary) : describeSummary(summary)
}

function optionsOf(flags: Flags): SwarmOptions {
  const sizeBytes = Number(flags['size-mib']) * KIB * KIB
  const uplink = Number(flags['uplink-kib']) * KIB
  const high = Number(flags['high-water-kib']) * KIB
  const sessionMs = Number(flags.churn) * 1000
  const untilMs = ((CHURN_SPAN * sizeBytes) / uplink) * 1000
  return {
    ...DEFAULT_SWARM,
    contributors: Number(flags.peers),
    fileBytes: [sizeBytes],
    uplink,
    downlink: flags['downlink-kib'] === undefined ? Infinity : Number(flags['downlink-kib']) * KIB,
    linksPerNode: Number(flags.links),
    latencyMs: Number(flags['latency-ms']),
    marks: { high, low: high / 2 + 32 },
    churn: sessionMs === 0 ? null : { sessionMs, pauseMs: sessionMs * PAUSE_SHARE, untilMs },
    inspectEveryMs: Number(flags['inspect-ms']) || Infinity,
  }
}

function run(options: SwarmOptions): SwarmResult {
  try {
    return runSwarm(options).result
  } catch (error) {
    throw explain(error, replayCommand(options))
  }
}

/** The one command that shows a failure again. */
function replayCommand(options: SwarmOptions): string {
  const peers = options.contributors + options.freeRiders
  const fileBytes = options.fileBytes.reduce((sum, size) => sum + size, 0)
  const flags = [
    `--peers ${String(peers)} --free-riders ${String(options.freeRiders / peers)}`,
    `--seed ${String(options.seed)} --seeds 1 --us ${String(options.sourceRatio)}`,
    `--size-mib ${String(fileBytes / KIB / KIB)} --links ${String(options.linksPerNode)}`,
    `--latency-ms ${String(options.latencyMs)} --uplink-kib ${String(options.uplink / KIB)}`,
    `--high-water-kib ${String(options.marks.high / KIB)}`,
    `--churn ${String((options.churn?.sessionMs ?? 0) / 1000)}`,
    `--inspect-ms ${String(options.inspectEveryMs === Infinity ? 0 : options.inspectEveryMs)}`,
    options.downlink === Infinity ? '' : `--downlink-kib ${String(options.downlink / KIB)}`,
  ]
  return `npx tsx shared/sim/cli.ts swarm ${flags.join(' ').trim()}`
}

/** Medians over the seeds. */
function summarise(plain: readonly SwarmResult[], pairs: readonly Pair[]) {
  const makespanOverBound: Record<string, number> = {}
  for (const ratio of new Set(plain.map((result) => result.sourceRatio))) {
    const ofRatio = plain.filter((result) => result.sourceRatio === ratio)
    const name = ratio === 1 ? 'u' : `${String(ratio)}u`
    makespanOverBound[name] = round(median(ofRatio.map((result) => result.makespanOverBound)))
  }
  const ratioOf = (values: number[]) => (values.length === 0 ? null : round(median(values)))
  return {
    summary: true,
    makespanOverBound,
    seedCopies: round(median(plain.map((result) => result.seedCopies))),
    duplicateShare: round(median(plain.map((result) => result.duplicateShare)), 6),
    freeRiderSlowdown: ratioOf(
      pairs.map((pair) => (pair.with.medianFreeRiderSeconds ?? NaN) / pair.with.medianFinishSeconds),
    ),
    contributorSlowdown: ratioOf(
      pairs.map((pair) => pair.with.medianFinishSeconds / pair.without.medianFinishSeconds),
    ),
  }
}

const HEADINGS = [
  'us',
  'seed',
  'peers',
  'free',
  'x bound',
  'copies',
  'dup %',
  'first s',
  'median s',
  'last s',
  'free s',
]

function rowOf(result: SwarmResult): string {
  const freeRider = result.medianFreeRiderSeconds
  return table([
    `${String(result.sourceRatio)}u`,
    String(result.seed),
    String(result.contributors),
    String(result.freeRiders),
    result.makespanOverBound.toFixed(3),
    result.seedCopies.toFixed(2),
    (result.duplicateShare * 100).toFixed(2),
    result.firstFinishSeconds.toFixed(1),
    result.medianFinishSeconds.toFixed(1),
    result.makespanSeconds.toFixed(1),
    freeRider === null ? '-' : freeRider.toFixed(1),
  ])
}

function describeSummary(summary: ReturnType<typeof summarise>): string {
  const spans = Object.entries(summary.makespanOverBound).map(([us, value]) => `${us} ${value.toFixed(3)}`)
  return [
    `medians: makespan / bound ${spans.join(', ')}`,
    `seed copies ${summary.seedCopies.toFixed(2)}, duplicates ${(summary.duplicateShare * 100).toFixed(2)} %`,
    `free riders finish at ${summary.freeRiderSlowdown?.toFixed(3) ?? '-'} x contributors,`,
    `who need ${summary.contributorSlowdown?.toFixed(3) ?? '-'} x the time without them`,
  ].join('\n')
}
