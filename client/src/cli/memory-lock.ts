import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isLockHeld, takeLock } from '../adapters/node/file-lock.ts'
import { CliFailure } from './failure.ts'
import { inStateFolder } from './state-folder.ts'

/** Changing what is remembered takes two small files. Our choice. */
const PATIENCE_MS = 10_000
const LOOK_MS = 20

/** The lock that a node holds while it runs. */
export const nodeLock = (stateFolder: string): string => join(stateFolder, 'node.lock')

/** Whether a node runs or starts. Leaves its lock alone: a node that starts just now would find it taken. */
export const isNodeThere = (stateFolder: string): boolean => isLockHeld(nodeLock(stateFolder))

/**
 * Does what must not happen while another command changes what a node remembers; waits for that one. A node that starts
 * has its own lock by then, so that whoever comes later knows of it. Rejects with a {@link CliFailure} when it takes too
 * long.
 */
export async function withMemory<Result>(
  stateFolder: string,
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  const path = join(stateFolder, 'memory.lock')
  const until = performance.now() + PATIENCE_MS
  for (;;) {
    const lock = await inStateFolder(stateFolder, () => takeLock(path))
    if (lock !== null)
      try {
        return await inStateFolder(stateFolder, work)
      } finally {
        lock.release()
      }
    if (performance.now() > until)
      throw new CliFailure(
        'files',
        'What the node remembers is being changed.',
        `Another command has held ${path} for ${String(PATIENCE_MS / 1000)} s.`,
        'Wait until it has ended, then run this again.',
      )
    await delay(LOOK_MS, undefined, { signal })
  }
}
