import { rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { takeLock, type FileLock } from '../adapters/node/file-lock.ts'
import { filesFailure } from './downloads.ts'
import { CliFailure } from './failure.ts'
import { partsFolder } from './session.ts'

/**
 * Does something with the unfinished download of a share that no other command may touch meanwhile. Rejects with a
 * {@link CliFailure} while another one has it. Nothing stays behind when nothing is left to go on with.
 */
export async function withDownload<Result>(
  out: string,
  infoHash: InfoHash,
  work: () => Promise<Result>,
): Promise<Result> {
  const folder = partsFolder(out)
  let lock: FileLock | null = null
  try {
    lock = await lockDownload(join(folder, `${infoHash}.lock`), out)
    return await work()
  } finally {
    lock?.release()
    for (const empty of [join(folder, 'state'), folder]) await rmdir(empty).catch(() => undefined)
  }
}

async function lockDownload(path: string, out: string): Promise<FileLock> {
  const lock = await takeLock(path).catch((error: unknown) => {
    throw filesFailure(`Downloads can’t go to ${out}.`, error)
  })
  if (lock !== null) return lock
  throw new CliFailure(
    'files',
    'This share is being downloaded to the same folder by another command.',
    `The lock ${path} is held.`,
    'Wait for it, or name another folder with --out DIR.',
  )
}
