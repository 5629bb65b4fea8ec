import { chordCommand } from './commands/chord.ts'
import { compareCommand } from './commands/compare.ts'
import { gnutellaCommand } from './commands/gnutella.ts'
import { introductionCommand } from './commands/introduction.ts'
import { kazaaCommand } from './commands/kazaa.ts'
import { plotsCommand } from './commands/plots.ts'
import { swarmCommand } from './commands/swarm.ts'
import { sybilCommand } from './commands/sybil.ts'

/** Simulations by name. Each prints figures, one JSON object per run and a summary with `--json`. */
const COMMANDS: ReadonlyMap<string, (args: readonly string[]) => Iterable<string>> = new Map([
  ['chord', chordCommand],
  ['compare', compareCommand],
  ['gnutella', gnutellaCommand],
  ['introduction', introductionCommand],
  ['kazaa', kazaaCommand],
  ['plots', plotsCommand],
  ['swarm', swarmCommand],
  ['sybil', sybilCommand],
])

/** Who reads the first lines only, as `head` does, has had enough. */
function stopWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  process.exit()
}

async function main(): Promise<void> {
  const [name, ...args] = process.argv.slice(2)
  const command = COMMANDS.get(name ?? '')
  if (command === undefined) {
    process.stderr.write(`usage: sim <${[...COMMANDS.keys()].join('|')}> [options]\n`)
    process.exitCode = 2
    return
  }
  process.stdout.on('error', stopWithReader)
  for (const line of command(args)) {
    process.stdout.write(`${line}\n`)
    // Else the next run would begin before anybody hears of the closed pipe.
    await new Promise((resolve) => setImmediate(resolve))
  }
}

await main()
