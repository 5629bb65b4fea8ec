import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Whether an error of the file system has one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => code === error.code)
}

/** A full disk, or a person's share of it that is used up. */
export const isFull = (error: unknown): boolean => hasCode(error, 'ENOSPC', 'EDQUOT')

/** Nobody removes a folder so often in a row. Our choice. */
const FOLDER_ATTEMPTS = 8

/**
 * Makes a folder, for its owner alone, and writes in it. It is made again when another process removes it in between: a
 * command that ends does so with folders that are empty, as this one is until something was written.
 */
export async function inFolder<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    try {
      return await work()
    } catch (error) {
      if (attempt === FOLDER_ATTEMPTS || !hasCode(error, 'ENOENT')) throw error
    }
  }
}

/**
 * Writes a file whole or not at all, whatever happens meanwhile: under another name first, then renamed.
 * @param mode permissions from the first moment on.
 */
export async function writeAtomic(path: string, text: string, mode = 0o600): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  const file = await open(draft, 'wx', mode)
  try {
    await file.writeFile(text)
    await file.sync()
    await file.close()
    await rename(draft, path)
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(draft, { force: true })
    throw error
  }
}
