import { parseArgs } from 'node:util'
import { DEFAULT_SYBIL, runSybil, type SybilResult } from '../scenarios/sybil.ts'
import { LIES, type Lie } from '../scenarios/sybil-node.ts'
import { median, round } from '../scenarios/swarm-figures.ts'
import { table } from './table.ts'

const HELP = `sim sybil: one person with many identities in a ring of --peers honest nodes
  --peers 200            honest nodes
  --attackers 0          identities of the attacker, or several numbers with commas between
  --placement random     random: wherever they fall; target: made until they fall right after one key
  --lie withhold         withhold: takes records and has none; silent: takes questions and never answers;
                         claim: withholds for every key that is asked over it; decoy: names only accomplices
  --records 100          shares of honest nodes, besides the one that is aimed at
  --searches 1000        for those
  --target-searches 100  for the one that is aimed at
  --seed 1               first seed
  --seeds 3              how many runs
  --json                 one object per run, then a summary of medians for each number of attackers`

const OPTIONS = {
  peers: { type: 'string', default: String(DEFAULT_SYBIL.peers) },
  attackers: { type: 'string', default: String(DEFAULT_SYBIL.attackers) },
  placement: { type: 'string', default: DEFAULT_SYBIL.placement },
  lie: { type: 'string', default: DEFAULT_SYBIL.lie },
  records: { type: 'string', default: String(DEFAULT_SYBIL.records) },
  searches: { type: 'string', default: String(DEFAULT_SYBIL.searches) },
  'target-searches': { type: 'string', default: String(DEFAULT_SYBIL.targetSearches) },
  seed: { type: 'string', default: '1' },
  seeds: { type: 'string', default: '3' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

const FIGURES = [
  'foundShare',
  'targetFoundShare',
  'keysMade',
  'messagesPerSearch',
  'messagesPerPut',
] as const satisfies readonly (keyof SybilResult)[]

const HEADINGS = ['peers', 'liars', 'placed', 'lie', 'seed', 'found', 'target', 'keys', 'msg/find', 'msg/put']

/** `sim sybil`: yields lines of output. */
export function* sybilCommand(args: readonly string[]): Generator<string> {
  const flags = parseArgs({ args: [...args], options: OPTIONS }).values
  if (flags.help) {
    yield HELP
    return
  }
  const [peers, first, seeds] = [Number(flags.peers), Number(flags.seed), Number(flags.seeds)]
  if (!flags.json) yield table(HEADINGS)
  for (const attackers of flags.attackers.split(',').map(Number)) {
    const results: SybilResult[] = []
    for (let seed = first; seed < first + seeds; seed++) {
      const result = runSybil({
        ...{ seed, peers, attackers, lie: lieOf(flags.lie) },
        placement: flags.placement === 'target' ? 'target' : 'random',
        records: Number(flags.records),
        searches: Number(flags.searches),
        targetSearches: Number(flags['target-searches']),
      })
      results.push(result)
      yield flags.json ? JSON.stringify(result) : rowOf(result)
    }
    const medians = FIGURES.map((name) => [name, round(median(results.map((each) => each[name])))] as const)
    const summary = { summary: true, peers, attackers, ...Object.fromEntries(medians) }
    yield flags.json
      ? JSON.stringify(summary)
      : `medians: ${medians.map(([name, value]) => `${name} ${String(value)}`).join(', ')}`
  }
}

const lieOf = (name: string): Lie => LIES.find((lie) => lie === name) ?? DEFAULT_SYBIL.lie

const rowOf = (result: SybilResult): string =>
  table([
    String(result.peers),
    String(result.attackers),
    result.placement,
    result.lie,
    String(result.seed),
    `${(100 * result.foundShare).toFixed(1)} %`,
    `${(100 * result.targetFoundShare).toFixed(0)} %`,
    String(result.keysMade),
    result.messagesPerSearch.toFixed(1),
    result.messagesPerPut.toFixed(1),
  ])
