import { parseArgs } from 'node:util'
import { DEFAULT_INTRODUCTION, runIntroduction, type IntroductionResult } from '../scenarios/introduction.ts'
import { median, round } from '../scenarios/swarm-figures.ts'
import { table } from './table.ts'

const HELP = `sim introduction: whole nodes lose their server; strangers are introduced through the mesh
  --peers 60       nodes
  --pairs 60       pairs without a link that are introduced, one after the other
  --newcomers 5    peers that come by an invite afterwards
  --kill 0         share of the nodes that leave at once before that
  --seed 1         first seed
  --seeds 3        how many runs
  --json           one object per run, then a summary of medians`

const OPTIONS = {
  peers: { type: 'string', default: String(DEFAULT_INTRODUCTION.peers) },
  pairs: { type: 'string', default: String(DEFAULT_INTRODUCTION.pairs) },
  newcomers: { type: 'string', default: String(DEFAULT_INTRODUCTION.newcomers) },
  kill: { type: 'string', default: '0' },
  seed: { type: 'string', default: '1' },
  seeds: { type: 'string', default: '3' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

const FIGURES = ['linked', 'millisecondsP50', 'millisecondsP95', 'relaysMean', 'newcomersJoined'] as const

/** `sim introduction`: yields lines of output. */
export function* introductionCommand(args: readonly string[]): Generator<string> {
  const flags = parseArgs({ args: [...args], options: OPTIONS }).values
  if (flags.help) {
    yield HELP
    return
  }
  if (!flags.json) yield table(['seed', 'peers', 'pairs', 'linked', 'p50 ms', 'p95 ms', 'relays', 'joined'])
  const results: IntroductionResult[] = []
  for (let i = 0; i < Number(flags.seeds); i++) {
    const result = runIntroduction({
      seed: Number(flags.seed) + i,
      peers: Number(flags.peers),
      pairs: Number(flags.pairs),
      newcomers: Number(flags.newcomers),
      kill: Number(flags.kill),
    })
    results.push(result)
    yield flags.json ? JSON.stringify(result) : table(Object.values(result).map(String))
  }
  const medians = FIGURES.map((name) => [name, round(median(results.map((result) => result[name])))] as const)
  const summary = { summary: true, peers: Number(flags.peers), ...Object.fromEntries(medians) }
  yield flags.json
    ? JSON.stringify(summary)
    : `medians: ${medians.map(([name, value]) => `${name} ${String(value)}`).join(', ')}`
}
