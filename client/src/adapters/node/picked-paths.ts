import { lstat, readdir, realpath } from 'node:fs/promises'
import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import { hasCode } from './atomic-file.ts'
import { ownFile } from './delivery.ts'
import type { OwnFile } from './own-files.ts'

/** A file and its place in what was picked: folder names first, file name last. */
export interface PickedPath {
  readonly file: OwnFile
  readonly path: readonly string[]
}

/** Why something inside a picked folder is left out. */
export type SkipReason = 'linkOutside' | 'linkToFolder' | 'brokenLink' | 'special' | 'unreadable'
export type PickResult =
  | {
      readonly ok: true
      readonly files: readonly PickedPath[]
      readonly skipped: readonly { readonly path: string; readonly because: SkipReason }[]
    }
  | {
      readonly ok: false
      readonly path: string
      readonly because: 'missing' | 'unreadable' | 'special' | 'tooMany'
    }

/**
 * The regular files at and under the given paths. What a person names may be a symbolic link; inside of a folder only
 * links to files of the same folder count, so that nothing is shared that was not picked.
 */
export async function pickPaths(paths: readonly string[]): Promise<PickResult> {
  const pick = new Pick()
  for (const path of paths) {
    const because = await pick.addRoot(path)
    if (because !== null) return { ok: false, path, because }
  }
  const { files, skipped } = pick
  return { ok: true, files, skipped }
}

/** How the system writes paths. */
export interface PathRules {
  relative(from: string, to: string): string
  isAbsolute(path: string): boolean
  readonly sep: string
}

/** Whether a path lies in a folder, or is the folder; both are absolute and free of symbolic links. */
export function isInside(folder: string, path: string, rules: PathRules): boolean {
  const way = rules.relative(folder, path)
  // Windows knows no relative way to another drive: then it is the path itself.
  return way !== '..' && !way.startsWith(`..${rules.sep}`) && !rules.isAbsolute(way)
}

class Pick {
  readonly files: PickedPath[] = []
  readonly skipped: { path: string; because: SkipReason }[] = []

  async addRoot(path: string): Promise<'missing' | 'unreadable' | 'special' | 'tooMany' | null> {
    try {
      const root = await realpath(path)
      const name = basename(resolve(path)) || 'files'
      const stats = await lstat(root)
      if (stats.isDirectory()) await this.#addFolder(root, root, [name])
      else if (!(await this.#addFile(root, [name]))) return 'special'
    } catch (error) {
      return hasCode(error, 'ENOENT', 'ENOTDIR') ? 'missing' : 'unreadable'
    }
    return this.files.length > LIMITS.files ? 'tooMany' : null
  }

  async #addFolder(root: string, folder: string, path: readonly string[]): Promise<void> {
    const entries = await readdir(folder, { withFileTypes: true })
    entries.sort((a, b) => (a.name < b.name ? -1 : 1))
    for (const entry of entries) {
      if (this.files.length > LIMITS.files) return
      const at = join(folder, entry.name)
      const inner = [...path, entry.name]
      if (entry.isDirectory()) await this.#addInner(at, () => this.#addFolder(root, at, inner))
      else if (entry.isSymbolicLink()) await this.#addLink(root, at, inner)
      // Names that are no UTF-8 can't be opened again by what was read of them.
      else if (!(await this.#addFile(at, inner))) this.#skip(at, entry.isFile() ? 'unreadable' : 'special')
    }
  }

  /** A folder that can't be read costs only itself. */
  async #addInner(path: string, add: () => Promise<void>): Promise<void> {
    try {
      await add()
    } catch (error) {
      if (!hasCode(error, 'EACCES', 'EPERM', 'ENOENT')) throw error
      this.#skip(path, 'unreadable')
    }
  }

  async #addLink(root: string, at: string, path: readonly string[]): Promise<void> {
    const target = await realpath(at).catch(() => null)
    if (target === null) return this.#skip(at, 'brokenLink')
    if (!isInside(root, target, { relative, isAbsolute, sep })) return this.#skip(at, 'linkOutside')
    if (!(await this.#addFile(target, path))) this.#skip(at, 'linkToFolder')
  }

  async #addFile(at: string, path: readonly string[]): Promise<boolean> {
    const file = await ownFile(at)
    if (file !== null) this.files.push({ file, path })
    return file !== null
  }

  #skip(path: string, because: SkipReason): void {
    this.skipped.push({ path, because })
  }
}
