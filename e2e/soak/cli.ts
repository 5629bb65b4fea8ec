import { fuzzCommand } from './fuzz.ts'

/** Runs that go on for as long as one likes: the long forms of tests. */
const COMMANDS = new Map([['fuzz', fuzzCommand]])

const [name = '', ...args] = process.argv.slice(2)
const command = COMMANDS.get(name)
if (command === undefined) {
  console.error(`usage: npm run soak -- ${[...COMMANDS.keys()].join('|')} [options]`)
  process.exitCode = 2
} else if (!command(args)) {
  process.exitCode = 1
}
