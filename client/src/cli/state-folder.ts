import { CliFailure, whyOf } from './failure.ts'

/** Whether the system said so, and not a bug of ours. */
const isOfSystem = (error: unknown): error is Error => error instanceof Error && 'syscall' in error

/** Does something in the state folder. What the system refuses there is told with the name of the folder, and what to do. */
export async function inStateFolder<Result>(
  stateFolder: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!isOfSystem(error)) throw error
    throw new CliFailure(
      'files',
      `The state folder ${stateFolder} can't be used.`,
      whyOf(error),
      'Check its permissions and the room on its disk, or name another with --state DIR.',
    )
  }
}
