import { constants } from 'node:fs'
import { lstat, open, readdir, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import { hasCode } from './atomic-file.ts'
import { ownFile } from './delivery.ts'
import { NO_FOLLOW } from './open-files.ts'
import type { OwnFile } from './own-files.ts'

/** A file and its place in what was picked: folder names first, file name last. */
export interface PickedPath {
  readonly file: OwnFile
  readonly path: readonly string[]
}

/** Why something inside a picked folder is left out. */
export type SkipReason = 'linkOutside' | 'linkToFolder' | 'brokenLink' | 'special' | 'unreadable'
/** Something inside a picked folder that is left out. */
export interface Skipped {
  readonly path: string
  readonly because: SkipReason
}
export type PickResult =
  | {
      readonly ok: true
      readonly files: readonly PickedPath[]
      readonly skipped: readonly Skipped[]
    }
  | {
      readonly ok: false
      readonly path: string
      readonly because: 'missing' | 'unreadable' | 'special' | 'tooMany'
    }

/**
 * The regular files at and under the given paths. What a person names may be a symbolic link; inside of a folder only
 * links to files of the same folder count, so that nothing is shared that was not picked. What is named twice, or lies
 * in a folder that is named as well, counts once; another name for the same file is another file.
 */
export async function pickPaths(paths: readonly string[]): Promise<PickResult> {
  const roots = new Map<string, Root>()
  for (const path of paths) {
    const root = await rootOf(path)
    if (typeof root === 'string') return { ok: false, path, because: root }
    if (!roots.has(root.place)) roots.set(root.place, root)
  }
  const all = [...roots.values()]
  const isInAnother = ({ place }: Root) => all.some(({ target }) => isWithin(target, place))
  const pick = new Pick()
  // Folders before what lies in them, in whatever order they are named.
  const others = all.filter((each) => !isInAnother(each))
  for (const root of [...others, ...all.filter(isInAnother)]) {
    const because = await pick.addRoot(root, !others.includes(root))
    if (because !== null) return { ok: false, path: root.path, because }
  }
  // A folder leaves out a link that was named by itself.
  return { ok: true, files: pick.files, skipped: pick.skipped.filter(({ path }) => !roots.has(path)) }
}

/** What a person named. */
interface Root {
  /** As it was named. */
  readonly path: string
  /** Where that is, without symbolic links but for itself. */
  readonly place: string
  /** Where it leads. */
  readonly target: string
}

async function rootOf(path: string): Promise<Root | 'missing' | 'unreadable'> {
  try {
    const absolute = resolve(path)
    const place = join(await realpath(dirname(absolute)), basename(absolute))
    return { path, place, target: await realpath(path) }
  } catch (error) {
    return whyNot(error)
  }
}

const whyNot = (error: unknown): 'missing' | 'unreadable' =>
  hasCode(error, 'ENOENT', 'ENOTDIR') ? 'missing' : 'unreadable'

/** Not the file's fault but that of this process, which has too much open. */
const isShortage = (error: unknown): boolean => hasCode(error, 'EMFILE', 'ENFILE', 'ENOMEM')

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

/** As {@link isInside} on this system, but for the folder itself. */
const isWithin = (folder: string, path: string): boolean =>
  path !== folder && isInside(folder, path, { relative, isAbsolute, sep })

/** A folder that was named, while what lies in it is added. `isInAnother`: it lies in what was added before. */
interface AddedRoot {
  readonly target: string
  readonly isInAnother: boolean
}

class Pick {
  readonly files: PickedPath[] = []
  readonly skipped: Skipped[] = []

  /** Whatever was come upon in a folder. */
  readonly #seen = new Set<string>()
  /** Files and links that were taken. */
  readonly #taken = new Set<string>()

  /** @param isInAnother whether it lies in what was added before. */
  async addRoot(
    { path, place, target }: Root,
    isInAnother: boolean,
  ): Promise<'missing' | 'unreadable' | 'special' | 'tooMany' | null> {
    if (this.#taken.has(place)) return null
    try {
      const name = basename(resolve(path)) || 'files'
      const stats = await lstat(target)
      if (stats.isDirectory()) await this.#addFolder({ target, isInAnother }, target, [name])
      else {
        const because = await this.#addFile(target, target, [name])
        if (because !== null) return because
      }
    } catch (error) {
      return whyNot(error)
    }
    return this.files.length > LIMITS.files ? 'tooMany' : null
  }

  async #addFolder(root: AddedRoot, folder: string, path: readonly string[]): Promise<void> {
    const entries = await readdir(folder, { withFileTypes: true })
    entries.sort((a, b) => (a.name < b.name ? -1 : 1))
    for (const entry of entries) {
      if (this.files.length > LIMITS.files) return
      const at = join(folder, entry.name)
      if (root.isInAnother && !entry.isDirectory() && this.#seen.has(at)) continue
      this.#seen.add(at)
      const inner = [...path, entry.name]
      if (entry.isDirectory()) await this.#addInner(at, () => this.#addFolder(root, at, inner))
      else if (entry.isSymbolicLink()) await this.#addLink(root.target, at, inner)
      else {
        const because = await this.#addFile(at, at, inner)
        // Names that are no UTF-8 can't be opened again by what was read of them.
        if (because !== null) this.#skip(at, entry.isFile() ? 'unreadable' : because)
      }
    }
  }

  /** A folder that can't be read costs only itself. */
  async #addInner(path: string, add: () => Promise<void>): Promise<void> {
    try {
      await add()
    } catch (error) {
      if (isShortage(error)) throw error
      this.#skip(path, 'unreadable')
    }
  }

  async #addLink(root: string, at: string, path: readonly string[]): Promise<void> {
    const target = await realpath(at).catch(() => null)
    if (target === null) return this.#skip(at, 'brokenLink')
    if (target !== root && !isWithin(root, target)) return this.#skip(at, 'linkOutside')
    const because = await this.#addFile(at, target, path)
    if (because !== null) this.#skip(at, because === 'special' ? 'linkToFolder' : because)
  }

  /**
   * @param at where it was come upon. @param target where the file is.
   * @returns why it is not taken; `null` when it is.
   */
  async #addFile(
    at: string,
    target: string,
    path: readonly string[],
  ): Promise<'special' | 'unreadable' | null> {
    try {
      const file = await ownFile(target)
      if (file === null) return 'special'
      // Only the attempt tells: rules of access differ by system, and one such file must not cost the others.
      await (await open(target, constants.O_RDONLY | NO_FOLLOW)).close()
      this.files.push({ file, path })
      this.#taken.add(at)
      return null
    } catch (error) {
      if (isShortage(error)) throw error
      return 'unreadable'
    }
  }

  #skip(path: string, because: SkipReason): void {
    this.skipped.push({ path, because })
  }
}
