import { readArguments, wantsJson, type Command, type Surroundings } from './arguments.ts'
import { endedBy, EXIT_CODES, failureOf, OutputRefused, type CliFailure } from './failure.ts'
import { runForget, runList } from './forget-command.ts'
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
  /** Aborted when the person wants it to end, or by {@link OutputRefused}. */
  readonly signal: AbortSignal
  /** Waits until `out` and `err` have taken everything or refused it. */
  flush(): Promise<void>
}

/** Runs one command. Never throws. @returns its exit code. */
export async function run(options: RunOptions): Promise<number> {
  const { args, out, err, signal } = options
  const output = new Output(out, err, wantsJson(args), () => performance.now())
  try {
    const lack = await dispatch(readArguments(args, options), output, signal)
    if (lack !== null) output.failure(lack)
    await options.flush()
    // Whatever was done, somebody misses what was to be said of it.
    if (signal.reason instanceof OutputRefused) throw signal.reason
    return lack?.exitCode ?? EXIT_CODES.done
  } catch (error) {
    const failure = signal.aborted ? endedBy(signal.reason) : failureOf(error)
    output.failure(failure)
    // Where pipes take their time, the process would end with the reason unsaid.
    await options.flush()
    return failure.exitCode
  } finally {
    output.close()
  }
}

/** @returns what was lacking, though the command came to its end. */
async function dispatch(command: Command, output: Output, signal: AbortSignal): Promise<CliFailure | null> {
  switch (command.name) {
    case 'help':
      output.out.write(`${HELP_TEXT}\n`)
      return null
    case 'version':
      output.out.write(`${VERSION_TEXT}\n`)
      return null
    case 'share':
      return runShare(command, output, signal)
    case 'get':
      await runGet(command, output, signal)
      return null
    case 'search':
      await runSearch(command, output, signal)
      return null
    case 'node':
      await runNode(command, output, signal)
      return null
    case 'list':
      await runList(command, output)
      return null
    case 'forget':
      await runForget(command, output, signal)
      return null
  }
}
