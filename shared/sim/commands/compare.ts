import { parseArgs } from 'node:util'
import {
  DEFAULT_COMPARE,
  runCompare,
  summariseCompare,
  SYSTEMS,
  type CompareResult,
  type System,
  type SystemFigures,
} from '../scenarios/compare.ts'
import { table } from './table.ts'

const HELP = `sim compare: the same files and the same searches in every discovery system
  --peers 1000     peers of each network
  --files 2        files of each peer
  --queries 50     searches for one or two words, one after the other
  --seed 1         first seed
  --seeds 1        how many runs, with seeds one after the other
  --json           one object per run, then a summary of medians`

const OPTIONS = {
  peers: { type: 'string', default: String(DEFAULT_COMPARE.peers) },
  files: { type: 'string', default: String(DEFAULT_COMPARE.filesPerPeer) },
  queries: { type: 'string', default: String(DEFAULT_COMPARE.queries) },
  seed: { type: 'string', default: '1' },
  seeds: { type: 'string', default: '1' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

const NAMES: Readonly<Record<System, string>> = {
  directory: 'Directory',
  gnutellaClassic: 'Gnutella, classic',
  gnutella: 'Gnutella, pruned',
  kazaa: 'KaZaA',
  ring: 'Ring',
}
const HEADINGS = ['recall', 'messages', 'bytes', 'hops', 'ms']
const NAME_WIDTH = 18

/** `sim compare`: yields lines of output. */
export function* compareCommand(args: readonly string[]): Generator<string> {
  const flags = parseArgs({ args: [...args], options: OPTIONS }).values
  if (flags.help) {
    yield HELP
    return
  }
  const results: CompareResult[] = []
  for (let i = 0; i < Number(flags.seeds); i++) {
    const result = runCompare({
      seed: Number(flags.seed) + i,
      peers: Number(flags.peers),
      queries: Number(flags.queries),
      filesPerPeer: Number(flags.files),
    })
    results.push(result)
    if (flags.json) yield JSON.stringify(result)
  }
  const medians = summariseCompare(results)
  if (flags.json) {
    yield JSON.stringify({ summary: true, peers: Number(flags.peers), ...medians })
    return
  }
  yield `${flags.peers} peers, ${flags.queries} searches; per search:`
  yield ' '.repeat(NAME_WIDTH) + table(HEADINGS)
  for (const system of SYSTEMS) yield NAMES[system].padEnd(NAME_WIDTH) + rowOf(medians[system])
  yield `digests of the pruned mode, shared by all searches of a second: ${medians.gnutella.digests.toFixed(0)}`
}

function rowOf({ recall, messages, bytes, hops, milliseconds }: SystemFigures): string {
  return table([
    `${(recall * 100).toFixed(1)} %`,
    messages.toFixed(messages < 100 ? 1 : 0),
    bytes.toFixed(0),
    hops.toFixed(1),
    milliseconds.toFixed(0),
  ])
}
