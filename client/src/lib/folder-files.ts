import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import type { PickedFile } from '../app/api.ts'

/** Who wants to know what is found while folders are read. */
export interface FolderWatch {
  onFile?(): void
  /** A file or a folder that the browser would not read; it is left out. */
  onUnreadable?(): void
}

export const isFolder = (handle: FileSystemHandle): handle is FileSystemDirectoryHandle =>
  handle.kind === 'directory'

/**
 * All that lies in a folder; at most one file more than a share may have, which is enough to be refused.
 * @param path names that come before those of the files.
 */
export async function filesIn(
  folder: FileSystemDirectoryHandle,
  path: readonly string[] = [],
  watch: FolderWatch = {},
): Promise<PickedFile[]> {
  const found: PickedFile[] = []
  if (path.length > LIMITS.pathDepth) {
    watch.onUnreadable?.()
    return found
  }
  try {
    for await (const entry of folder.values()) {
      const below = [...path, entry.name]
      if (found.length > LIMITS.files) return found
      if (isFolder(entry)) {
        found.push(...(await filesIn(entry, below, watch)))
        continue
      }
      const file = await (entry as FileSystemFileHandle).getFile().catch(() => null)
      if (file === null) {
        watch.onUnreadable?.()
      } else {
        found.push({ file, path: below })
        watch.onFile?.()
      }
    }
  } catch {
    watch.onUnreadable?.()
  }
  return found
}
