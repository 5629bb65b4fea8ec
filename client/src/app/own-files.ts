import type { ShareInfo } from '@ringdrop/shared/content/metainfo.ts'
import type { StoredShare } from '../adapters/stored-state.ts'
import type { PickedFile } from './api.ts'

/** Permission calls of file handles, which TypeScript's DOM library does not name yet. */
type HandleWithPermission = FileSystemFileHandle & {
  queryPermission(options: { mode: 'read' }): Promise<PermissionState>
  requestPermission(options: { mode: 'read' }): Promise<PermissionState>
}

/**
 * The files that the browser remembers for a share; `null` when it does not let us read them, or they are gone.
 * @param mayAsk the person is asked for permission: only in the tab that was clicked, and soon after the click.
 */
export async function rememberedFiles(
  { handles }: Pick<StoredShare, 'handles'>,
  mayAsk: boolean,
): Promise<File[] | null> {
  if (handles === null) return null
  try {
    const files: File[] = []
    for (const handle of handles as HandleWithPermission[]) {
      const options = { mode: 'read' } as const
      const state = mayAsk ? await handle.requestPermission(options) : await handle.queryPermission(options)
      if (state !== 'granted') return null
      files.push(await handle.getFile())
    }
    return files
  } catch {
    // Moved, deleted, or on a drive that is not there.
    return null
  }
}

/**
 * Which of the picked files are those of the share, in its order: by place and name where they fit, else by size alone,
 * since names in the share may be others than on the disk. Whether the bytes are the same is checked afterwards.
 * @returns `null` when one is missing.
 */
export function filesFor(info: ShareInfo, picked: readonly PickedFile[]): File[] | null {
  const left = new Set(picked)
  const found = new Map<number, File>()
  const isNamed = [
    (each: PickedFile, path: readonly string[]) =>
      tailOf(each.path, path.length) === tailOf(path, path.length),
    (each: PickedFile, path: readonly string[]) => each.file.name.normalize() === path.at(-1)?.normalize(),
    () => true,
  ]
  for (const fits of isNamed)
    info.files.forEach(({ path, sizeBytes }, index) => {
      if (found.has(index)) return
      for (const each of left) {
        if (each.file.size !== sizeBytes || !fits(each, path)) continue
        left.delete(each)
        found.set(index, each.file)
        return
      }
    })
  return found.size < info.files.length ? null : info.files.flatMap((_, index) => found.get(index) ?? [])
}

const tailOf = (path: readonly string[], length: number): string => path.slice(-length).join('/').normalize()
