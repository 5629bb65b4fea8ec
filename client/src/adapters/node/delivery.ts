import { link, lstat, mkdir, readdir, rename, rm, rmdir, stat, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { sanitizePaths } from '@ringdrop/shared/content/file-names.ts'
import type { ShareInfo } from '@ringdrop/shared/content/metainfo.ts'
import { hasCode } from './atomic-file.ts'
import { placesOf, type DiskStorage } from './disk-storage.ts'
import { stampOf, type OwnFile } from './own-files.ts'

/**
 * Moves a whole download from among the unfinished ones to where the person wants it: one file, or one folder, in one
 * step. Never over something that is there already; then it gets a number, as in `name (2).txt`.
 * @returns the absolute paths of its files, in the order of the share.
 */
export async function deliver(storage: DiskStorage, info: ShareInfo, out: string): Promise<string[]> {
  const places = placesOf(info)
  const from = storage.folderOf(info.infoHash)
  for (const [index, place] of places.entries())
    if (info.files[index]?.sizeBytes === 0) await makeEmpty(join(from, ...place))
  const top = places[0]?.[0] ?? ''
  const name = await moveAside(join(from, top), out, top)
  await storage.remove(info.infoHash)
  return places.map(([, ...rest]) => join(out, name, ...rest))
}

/** Where the files would be if they had been delivered before, with their sizes right; `null` when they are not there. */
export async function findDelivered(info: ShareInfo, out: string): Promise<OwnFile[] | null> {
  const files: OwnFile[] = []
  for (const [index, place] of placesOf(info).entries()) {
    const file = await ownFile(join(out, ...place))
    if (file === null || file.size !== info.files[index]?.sizeBytes) return null
    files.push(file)
  }
  return files
}

/** Whether the folder that a download was delivered to is missing, or has nothing in it: as when its disk is not mounted. */
export async function isHomeAway(info: ShareInfo, files: readonly string[]): Promise<boolean> {
  const depth = info.isSingleFile ? 1 : (info.files[0]?.path.length ?? 0) + 1
  let home = files[0] ?? ''
  for (let up = 0; up < depth; up++) home = dirname(home)
  try {
    return (await readdir(home)).length === 0
  } catch (error) {
    return hasCode(error, 'ENOENT', 'ENOTDIR')
  }
}

/** A regular file as it is now, symbolic links not followed; `null` for anything else. */
export async function ownFile(path: string): Promise<OwnFile | null> {
  try {
    const stats = await lstat(path, { bigint: true })
    return stats.isFile() ? { path, size: Number(stats.size), stamp: stampOf(stats) } : null
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null
    throw error
  }
}

async function makeEmpty(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await (await open(path, 'a')).close()
}

/** @returns the name that it got. */
async function moveAside(from: string, out: string, wanted: string): Promise<string> {
  for (;;) {
    const taken = (await readdir(out)).map((name) => [name])
    // Names that differ only in case are one name for some file systems.
    const [name = wanted] = sanitizePaths([...taken, [wanted]]).at(-1) ?? []
    const to = join(out, name)
    try {
      if ((await stat(from)).isDirectory()) await moveFolder(from, to)
      else await moveFile(from, to)
      return name
    } catch (error) {
      // Somebody took the name meanwhile.
      if (!hasCode(error, 'EEXIST', 'ENOTEMPTY')) throw error
    }
  }
}

/** A second name, then the first is dropped: unlike a renaming, that never replaces anything. */
async function moveFile(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
    await rm(from)
  } catch (error) {
    // File systems without second names, such as those of memory cards.
    if (!hasCode(error, 'EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK')) throw error
    await rename(from, to)
  }
}

/** The place is made first, so that it is ours: a renaming replaces only an empty folder. */
async function moveFolder(from: string, to: string): Promise<void> {
  await mkdir(to)
  try {
    await rename(from, to)
  } catch (error) {
    await rmdir(to).catch(() => undefined)
    throw error
  }
}
