import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import type * as Files from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { takeLock } from '../../src/adapters/node/file-lock.ts'
import { FileValues } from '../../src/adapters/node/file-values.ts'

const disk = vi.hoisted(() => ({ isFull: false, closed: 0, onOpen: (_path: string): void => undefined }))

/** The disk, which can be full: files are made but can't be written to. And others may do something to it meanwhile. */
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof Files>()
  const open: typeof real.open = async (...parts) => {
    disk.onOpen(String(parts[0]))
    const file = await real.open(...parts)
    if (!disk.isFull) return file
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    const close = () => ((disk.closed += 1), file.close())
    return { writeFile: () => Promise.reject(full), close } as unknown as typeof file
  }
  return { ...real, open }
})

afterEach(() => Object.assign(disk, { isFull: false, closed: 0, onOpen: () => undefined }))

const freshPath = () => join(mkdtempSync(join(tmpdir(), 'ringdrop-lock-')), 'lock')

/** As another process left it. @param ageMs how long ago. */
function left(text: string, ageMs = 0): string {
  const path = freshPath()
  writeFileSync(path, text)
  const at = new Date(Date.now() - ageMs)
  utimesSync(path, at, at)
  return path
}

/** What a lock of this process says after its number. */
async function ownLife(): Promise<string> {
  const path = freshPath()
  const lock = await takeLock(path)
  const text = readFileSync(path, 'utf8')
  lock?.release()
  return text.replace(/^\d+ /, '')
}

const own = String(process.pid)
/** Lives as long as we do. */
const other = String(process.ppid)

describe('a lock', () => {
  it('has one holder, this process counted too', async () => {
    const path = freshPath()
    const lock = await takeLock(path)
    expect(lock).not.toBeNull()
    expect(await takeLock(path)).toBeNull()
    lock?.release()
    const next = await takeLock(path)
    expect(next).not.toBeNull()
    next?.release()
    expect(readdirSync(dirname(path))).toEqual([])
  })

  it.each([
    // No process has the highest number that there can be.
    ['a dead process', '4194304', 0],
    ['a dead process of another start of the machine', '4194304 boot 1', 0],
    ['an earlier process with our number', own, 0],
    ['an earlier process with our number, which said when it began', `${own} boot 1`, 0],
    ['an earlier process with the number of one that runs', `${other} boot 1`, 0],
    ['nobody, since the disk was full', '', 60_000],
    ['nobody that can be made out', '\0\0\0', 60_000],
  ])('is taken over from %s', async (_, text, ageMs) => {
    const path = left(text, ageMs)
    const lock = await takeLock(path)
    expect(lock).not.toBeNull()
    expect(await takeLock(path)).toBeNull()
    lock?.release()
    expect(readdirSync(dirname(path))).toEqual([])
  })

  it.each([
    ['another process, as older versions wrote it', other, 60_000],
    ['a process that is just writing its name', '', 0],
  ])('is left to %s', async (_, text, ageMs) => {
    const path = left(text, ageMs)
    expect(await takeLock(path)).toBeNull()
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  it('is left to another process that has not begun anew', async () => {
    const boot = /^(\S+) \d+$/.exec(await ownLife())?.[1] ?? ''
    const stat = readFileSync(`/proc/${other}/stat`, 'utf8')
    const began = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
    expect(await takeLock(left(`${other} ${boot} ${began}`, 60_000))).toBeNull()
  })

  it('leaves nothing behind on a full disk', async () => {
    const path = freshPath()
    disk.isFull = true
    await expect(takeLock(path)).rejects.toThrow('no space left')
    expect(existsSync(path)).toBe(false)
    expect(disk.closed).toBe(1)
    disk.isFull = false
    expect(await takeLock(path)).not.toBeNull()
  })
})

/** Whoever ends at this moment removes the folder, which is empty still; so often. */
function dropFolder(times: number): void {
  let left = times
  disk.onOpen = (path) => {
    if (left-- > 0) rmdirSync(dirname(path))
  }
}

describe('a folder that another command removes at the same moment, since it is empty,', () => {
  it('is made again for a lock', async () => {
    const path = join(dirname(freshPath()), 'inner', 'lock')
    dropFolder(2)
    const lock = await takeLock(path)
    expect(lock).not.toBeNull()
    expect(await takeLock(path)).toBeNull()
  })

  it('is made again for what is written down', async () => {
    const values = new FileValues(join(dirname(freshPath()), 'state'))
    dropFolder(2)
    await values.set('key', 1)
    expect(await values.get('key')).toBe(1)
  })

  it('is given up when it never stays', async () => {
    const folder = join(dirname(freshPath()), 'state')
    dropFolder(Infinity)
    await expect(takeLock(join(folder, 'lock'))).rejects.toThrow('ENOENT')
    await expect(new FileValues(folder).set('key', 1)).rejects.toThrow('ENOENT')
  })
})
