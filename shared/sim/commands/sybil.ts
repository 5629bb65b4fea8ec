import { parseArgs } from 'node:util'
import { runSybil, type SybilResult } from '../scenarios/sybil.ts'
import { median, round } from '../scenarios/swarm-figures.ts'
import { table } from './table.ts'

const HELP = `sim sybil: many keys of one person on the ring say that there is no record
  --peers 1000     nodes, theirs included
  --shares 100     shares, each of one honest provider
  --anywhere 0     share of the ring that is theirs, at random places
  --behind 0       so many of them sit right behind the place of the first share
  --intercepts     they answer what they should pass on, too
  --seed 1         first seed
  --seeds 3        how many runs
  --json           one object per run, then a summary of medians`

const OPTIONS = {
  peers: { type: 'string', default: '1000' },
  shares: { type: 'string', default: '100' },
  anywhere: { type: 'string', default: '0' },
  behind: { type: 'string', default: '0' },
  intercepts: { type: 'boolean', default: false },
  seed: { type: 'string', default: '1' },
  seeds: { type: 'string', default: '3' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

/** `sim sybil`: yields lines of output. */
export function* sybilCommand(args: readonly string[]): Generator<string> {
  const flags = parseArgs({ args: [...args], options: OPTIONS }).values
  if (flags.help) {
    yield HELP
    return
  }
  if (!flags.json) yield table(['peers', 'seed', 'sybils', 'intercept', 'searches', 'elsewhere', 'target'])
  const results: SybilResult[] = []
  for (let i = 0; i < Number(flags.seeds); i++) {
    const result = runSybil({
      peers: Number(flags.peers),
      seed: Number(flags.seed) + i,
      shares: Number(flags.shares),
      anywhere: Number(flags.anywhere),
      behindTarget: Number(flags.behind),
      intercepts: flags.intercepts,
    })
    results.push(result)
    yield flags.json ? JSON.stringify(result) : table(Object.values(result).map(String))
  }
  const medianOf = (name: 'foundElsewhere' | 'foundTarget') =>
    round(median(results.map((result) => result[name])))
  const summary = {
    summary: true,
    foundElsewhere: medianOf('foundElsewhere'),
    foundTarget: medianOf('foundTarget'),
  }
  yield flags.json
    ? JSON.stringify(summary)
    : `medians: elsewhere ${String(summary.foundElsewhere)}, target ${String(summary.foundTarget)}`
}
