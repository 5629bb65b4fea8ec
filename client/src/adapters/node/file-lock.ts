import { linkSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { hasCode, inFolder } from './atomic-file.ts'

/** A lock that names nobody is being written, or was left so by a full disk. Writing takes far less. Our choice. */
const UNNAMED_MS = 5_000

/** Held until it is released or the process dies. */
export interface FileLock {
  release(): void
}

/**
 * A file that names the process which holds it: its number, and what tells this life of the number from others. The
 * lock of a dead process is taken over. @returns `null`: held by another, or by this process.
 */
export async function takeLock(path: string): Promise<FileLock | null> {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      await inFolder(dirname(path), () => write(path))
      return { release: () => rmSync(path, { force: true }) }
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error
      if (isLockHeld(path)) return null
      discard(path)
    }
  }
  return null
}

/** Nothing stays behind when the disk is full: an empty file would keep everybody out. */
async function write(path: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(`${String(process.pid)} ${ownLife()}`)
    await file.close()
  } catch (error) {
    await file.close().catch(() => undefined)
    rmSync(path, { force: true })
    throw error
  }
}

/** Set aside first, and looked at again: another process may have taken the lock since it was found to be free. */
function discard(path: string): void {
  const aside = `${path}.${String(process.pid)}`
  try {
    renameSync(path, aside)
    if (isLockHeld(aside)) linkSync(aside, path)
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'EEXIST')) throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

/** Whether a process that lives holds the lock. */
export function isLockHeld(path: string): boolean {
  try {
    // Of older versions: a number alone.
    const [, pid, life] = /^(\d+)(?: (.+))?$/.exec(readFileSync(path, 'utf8')) ?? []
    if (pid === undefined) return Date.now() - statSync(path).mtimeMs < UNNAMED_MS
    return isAlive(Number(pid), life ?? null)
  } catch (error) {
    // Whoever may not read it can't tell.
    return !hasCode(error, 'ENOENT')
  }
}

/** @param life as written in the lock; `null` when it does not say. */
function isAlive(pid: number, life: string | null): boolean {
  // A process before us had our number, as the first one of a container always has.
  if (pid === process.pid) return life === ownLife()
  const now = life === null ? null : lifeOf(pid)
  if (now !== null) return now === life
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !hasCode(error, 'ESRCH')
  }
}

/** Where the system does not say, others can't compare it, but this process knows its own. */
const ownLife = (): string => lifeOf(process.pid) ?? String(performance.timeOrigin)

/** When a process began, and since which start of the machine that is counted; `null` where the system does not say. */
function lifeOf(pid: number): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
    // The 22nd field; the second, the name, stands in brackets and may hold blanks and brackets itself (proc(5)).
    const began = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    return began === undefined ? null : `${boot} ${began}`
  } catch {
    return null
  }
}
