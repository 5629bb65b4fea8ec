import { fuzzCommand } from './fuzz.ts'
import { hiddenCommand } from './hidden.ts'

/** Runs that go on for as long as one likes: the long forms of tests. */
const COMMANDS = new Map<string, (args: readonly string[]) => boolean | Promise<boolean>>([
  ['fuzz', fuzzCommand],
  ['hidden', hiddenCommand],
])

const [name = '', ...args] = process.argv.slice(2)
const command = COMMANDS.get(name)
if (command === undefined) {
  console.error(`usage: npm run soak -- ${[...COMMANDS.keys()].join('|')} [options]`)
  process.exitCode = 2
} else if (!(await command(args))) {
  process.exitCode = 1
}
