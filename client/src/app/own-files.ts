import type { ShareInfo } from '@ringdrop/shared/content/metainfo.ts'
import type { StoredShare } from '../adapters/stored-state.ts'
import { filesIn, isFolder } from '../lib/folder-files.ts'
import type { PickedFile } from './api.ts'

/** Permission calls of handles, which TypeScript's DOM library does not name yet. */
type HandleWithPermission = FileSystemHandle & {
  queryPermission(options: { mode: 'read' }): Promise<PermissionState>
  requestPermission(options: { mode: 'read' }): Promise<PermissionState>
}
type Handles = Pick<StoredShare, 'handles'>

/**
 * Whether the browser lets us read the files that it remembers.
 * @param mayAsk the person is asked for permission: only in the tab that was clicked, and soon after the click.
 */
export async function mayRead({ handles }: Handles, mayAsk: boolean): Promise<boolean> {
  // All files of a dropped folder have one handle: it is asked for once.
  for (const handle of new Set(handles as HandleWithPermission[] | null)) {
    const options = { mode: 'read' } as const
    const state = mayAsk ? await handle.requestPermission(options) : await handle.queryPermission(options)
    if (state !== 'granted') return false
  }
  return handles !== null
}

/**
 * The files that the browser remembers for a share, in its order; `null` when it does not let us read them, or they are gone.
 * @param mayAsk as for {@link mayRead}.
 */
export async function rememberedFiles(
  { handles }: Handles,
  { files }: Pick<ShareInfo, 'files'>,
  mayAsk: boolean,
): Promise<File[] | null> {
  try {
    if (handles === null || !(await mayRead({ handles }, mayAsk))) return null
    const folders = [...new Set(handles)].filter(isFolder)
    const inFolders = (await Promise.all(folders.map((folder) => filesIn(folder)))).flat()
    const wanted = files.filter((_, index) => handles[index]?.kind === 'directory')
    const found = filesFor({ files: wanted }, inFolders)
    if (found === null) return null
    const next = found.values()
    const own = handles.map((handle) =>
      isFolder(handle) ? next.next().value?.file : (handle as FileSystemFileHandle).getFile(),
    )
    return (await Promise.all(own)).filter((file) => file !== undefined)
  } catch {
    // Moved, deleted, or on a drive that is not there.
    return null
  }
}

/**
 * Which of the picked files are those of the share, in its order: by as much of their place as fits, then by name, else by
 * size alone, since names in the share may be others than on the disk. Whether the bytes are the same is checked afterwards.
 * @returns `null` when one is missing.
 */
export function filesFor(
  { files }: Pick<ShareInfo, 'files'>,
  picked: readonly PickedFile[],
): PickedFile[] | null {
  const found = new Map<number, PickedFile>()
  let left = [...picked].reverse()
  const deepest = Math.max(0, ...files.map(({ path }) => path.length))
  for (let depth = deepest; depth >= 0 && found.size < files.length; depth--) {
    // By keys, not by pairs: thousands of files of one size would take seconds.
    const candidates = new Map<string, PickedFile[]>()
    for (const each of left) {
      const key = keyOf(each.path, each.file.size, depth)
      const same = candidates.get(key)
      if (same === undefined) candidates.set(key, [each])
      else same.push(each)
    }
    files.forEach(({ path, sizeBytes }, index) => {
      if (found.has(index)) return
      const each = candidates.get(keyOf(path, sizeBytes, depth))?.pop()
      if (each !== undefined) found.set(index, each)
    })
    const taken = new Set(found.values())
    left = left.filter((each) => !taken.has(each))
  }
  return found.size < files.length ? null : files.flatMap((_, index) => found.get(index) ?? [])
}

/** @param depth names of the place that count, from its end. */
const keyOf = (path: readonly string[], sizeBytes: number, depth: number): string =>
  [sizeBytes, ...path.slice(Math.max(0, path.length - depth))].join('/').normalize()

/** What the browser remembers the files by; `null` when that is not so of all. */
export function handlesOf(files: readonly PickedFile[]): FileSystemHandle[] | null {
  const handles = files.flatMap(({ handle }) => handle ?? [])
  return handles.length === files.length ? handles : null
}
