import { readFileSync, renameSync, rmSync } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { hasCode } from './atomic-file.ts'

/** Held until it is released or the process dies. */
export interface FileLock {
  release(): void
}

/** A file that names the process which holds it. The lock of a dead process is taken over. @returns `null`: held by another. */
export async function takeLock(path: string): Promise<FileLock | null> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = await open(path, 'wx', 0o600)
      await file.writeFile(String(process.pid))
      await file.close()
      return { release: () => rmSync(path, { force: true }) }
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error
      if (isHeld(path)) return null
      discard(path)
    }
  }
  return null
}

/** Set aside first: whoever does that has the old file, and never one that another process made meanwhile. */
function discard(path: string): void {
  const aside = `${path}.${String(process.pid)}`
  try {
    renameSync(path, aside)
    rmSync(aside, { force: true })
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
  }
}

function isHeld(path: string): boolean {
  const pid = holder(path)
  // Still being written, by a process that was faster.
  if (pid === null) return true
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !hasCode(error, 'ESRCH')
  }
}

function holder(path: string): number | null {
  try {
    const text = readFileSync(path, 'utf8')
    return /^\d+$/.test(text) ? Number(text) : null
  } catch {
    return null
  }
}
