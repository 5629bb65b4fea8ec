import { HashTree } from '@ringdrop/shared/content/merkle.ts'
import { sanitizePaths } from '@ringdrop/shared/content/file-names.ts'
import { choosePieceBytes, createInfo, type ShareInfo } from '@ringdrop/shared/content/metainfo.ts'
import type { FileRoot } from '@ringdrop/shared/kernel/ids.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import type { Hasher } from '../adapters/hashing/hasher.ts'
import type { HashingView, PickedFile } from './api.ts'

/** A share made of the person's files: `files` in the order of `info.files`. */
export interface MadeShare {
  readonly info: ShareInfo
  readonly trees: ReadonlyMap<FileRoot, HashTree>
  readonly files: readonly PickedFile[]
}

export type MakeResult =
  | { readonly ok: true; readonly value: MadeShare }
  | { readonly ok: false; readonly code: Exclude<HashingView['error'], null> }

/** What a set of picked files will be called, and where each lies in it. */
export interface Layout {
  readonly name: string
  readonly paths: readonly (readonly string[])[]
}

/**
 * One file keeps its name; one folder gives its name to the share; loose files are named after the first.
 * Two files in the same place are told apart by a number.
 */
export function layoutOf(files: readonly PickedFile[]): Layout {
  const paths = files.map((picked) => picked.path.map((part) => part.normalize('NFC')))
  const [first] = paths
  const top = first?.[0] ?? 'files'
  if (paths.length === 1 && first?.length === 1) return { name: top, paths }
  const isOneFolder = paths.every((path) => path.length > 1 && path[0] === top)
  const inner = isOneFolder ? paths.map((path) => path.slice(1)) : paths
  const unique = new Set(inner.map((path) => path.join('/')))
  const name = isOneFolder ? top : `${first?.at(-1) ?? top} + ${String(paths.length - 1)} more`
  return { name, paths: unique.size === inner.length ? inner : sanitizePaths(inner) }
}

/** Hashes files and makes the share's metadata. */
export async function makeShare(
  picked: readonly PickedFile[],
  hasher: Hasher,
  onProgress: (bytes: number) => void,
): Promise<MakeResult> {
  if (picked.length === 0) return { ok: false, code: 'empty' }
  if (picked.length > LIMITS.files) return { ok: false, code: 'tooManyFiles' }
  const { name, paths } = layoutOf(picked)
  const leaves = await hasher.hash({ files: picked.map(({ file }) => file), onProgress })
  if (leaves === null) return { ok: false, code: 'unreadable' }
  const trees = new Map<FileRoot, HashTree>()
  const byPath = new Map<string, PickedFile>()
  const files = picked.map((each, index) => {
    const path = paths[index] ?? []
    const hashes = leaves[index]
    const tree = hashes === undefined || hashes.length === 0 ? null : HashTree.fromLeaves(hashes)
    if (tree !== null) trees.set(tree.root, tree)
    byPath.set(path.join('/'), each)
    return { path, sizeBytes: each.file.size, root: tree?.root ?? null }
  })
  const info = createInfo({ name, files, pieceBytes: choosePieceBytes(picked.map(({ file }) => file.size)) })
  if (!info.ok) return { ok: false, code: 'tooBig' }
  const ordered = info.value.files.map((file) => byPath.get(file.path.join('/')))
  if (ordered.includes(undefined)) return { ok: false, code: 'unreadable' }
  return { ok: true, value: { info: info.value, trees, files: ordered as PickedFile[] } }
}
