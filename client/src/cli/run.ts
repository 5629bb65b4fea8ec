import { readArguments, wantsJson, type Command, type Surroundings } from './arguments.ts'
import { EXIT_CODES, failureOf, interrupted } from './failure.ts'
import { runGet } from './get-command.ts'
import { HELP_TEXT, VERSION_TEXT } from './help.ts'
import { runNode } from './node-command.ts'
import { Output, type Stream } from './output.ts'
import { runSearch } from './search-command.ts'
import { runShare } from './share-command.ts'

export interface RunOptions extends Surroundings {
  readonly args: readonly string[]
  readonly out: Stream
  readonly err: Stream
  /** Aborted when the person wants it to end. */
  readonly signal: AbortSignal
}

/** Runs one command. Never throws. @returns its exit code. */
export async function run(options: RunOptions): Promise<number> {
  const { args, out, err, signal } = options
  const output = new Output(out, err, wantsJson(args), () => performance.now())
  try {
    await dispatch(readArguments(args, options), output, signal)
    return EXIT_CODES.done
  } catch (error) {
    const failure = signal.aborted ? interrupted() : failureOf(error)
    output.failure(failure)
    return failure.exitCode
  } finally {
    output.close()
  }
}

async function dispatch(command: Command, output: Output, signal: AbortSignal): Promise<void> {
  switch (command.name) {
    case 'help':
      return void output.out.write(`${HELP_TEXT}\n`)
    case 'version':
      return void output.out.write(`${VERSION_TEXT}\n`)
    case 'share':
      return runShare(command, output, signal)
    case 'get':
      return runGet(command, output, signal)
    case 'search':
      return runSearch(command, output, signal)
    case 'node':
      return runNode(command, output, signal)
  }
}
