import { HashTree } from '@ringdrop/shared/content/merkle.ts'
import { sanitizePaths } from '@ringdrop/shared/content/file-names.ts'
import {
  choosePieceBytes,
  creatingInfo,
  type ShareFile,
  type ShareInfo,
} from '@ringdrop/shared/content/metainfo.ts'
import type { FileRoot } from '@ringdrop/shared/kernel/ids.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import type { NotShared, PickedFile } from './api.ts'
import { Breath, inSlices } from './breath.ts'

/** What is needed of a file to make a share of it, wherever it lies. */
export interface SourceFile {
  readonly size: number
}

/** A file and its place in what was picked. */
export interface Picked<File extends SourceFile> {
  readonly file: File
  readonly path: readonly string[]
}

/** Hashes the blocks of files, 32 bytes each; `null` for one that can't be read, or for all when none is to be left out. */
export interface BlockHasher<File> {
  hash(job: {
    readonly files: readonly File[]
    readonly onProgress: (bytes: number) => void
    readonly signal?: AbortSignal | undefined
  }): Promise<readonly (Uint8Array<ArrayBuffer> | null)[] | null>
}

/** A share made of the person's files: `files` in the order of `info.files`. */
export interface MadeShare<Each = PickedFile> {
  readonly info: ShareInfo
  readonly trees: ReadonlyMap<FileRoot, HashTree>
  readonly files: readonly Each[]
}

export type MakeResult<Each = PickedFile> =
  /** `leftOut`: what could not be read. */
  | { readonly ok: true; readonly value: MadeShare<Each>; readonly leftOut: readonly Each[] }
  | { readonly ok: false; readonly code: NotShared }

/** What a set of picked files will be called, and where each lies in it. */
export interface Layout {
  readonly name: string
  readonly paths: readonly (readonly string[])[]
}

/**
 * One file keeps its name; one folder gives its name to the share; loose files and several folders are named after the
 * first of them.
 * Two files in the same place are told apart by a number.
 */
export function layoutOf(files: readonly Pick<PickedFile, 'path'>[]): Layout {
  const paths = files.map((picked) => picked.path.map((part) => part.normalize('NFC')))
  const [first] = paths
  const top = first?.[0] ?? 'files'
  if (paths.length === 1 && first?.length === 1) return { name: top, paths }
  const isOneFolder = paths.every((path) => path.length > 1 && path[0] === top)
  const inner = isOneFolder ? paths.map((path) => path.slice(1)) : paths
  const unique = new Set(inner.map((path) => path.join('/')))
  const others = paths.every((path) => path.length === 1)
    ? paths.length - 1
    : new Set(paths.map((path) => path[0])).size - 1
  const name = isOneFolder || others === 0 ? top : andMore(top, others)
  return { name, paths: unique.size === inner.length ? inner : sanitizePaths(inner) }
}

/** In no language, since all who fetch it read it. Cut between two characters where it would be longer than a name may be. */
function andMore(name: string, count: number): string {
  const more = ` + ${String(count)}`
  const { read } = new TextEncoder().encodeInto(name, new Uint8Array(LIMITS.nameBytes - more.length))
  return name.slice(0, read) + more
}

/** The tree of a file in slices: above 20 GB of blocks it takes seconds. `null` for an empty file. */
async function grow(leaves: Uint8Array, breath: Breath): Promise<HashTree | null> {
  if (leaves.length === 0) return null
  return inSlices(HashTree.growing(leaves), breath)
}

/** Hashes files and makes the share's metadata. The page has its turns in between. */
export async function makeShare<File extends SourceFile, Each extends Picked<File>>(
  picked: readonly Each[],
  hasher: BlockHasher<File>,
  onProgress: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<MakeResult<Each>> {
  if (picked.length === 0) return { ok: false, code: 'empty' }
  if (picked.length > LIMITS.files) return { ok: false, code: 'tooManyFiles' }
  const hashed = await hasher.hash({ files: picked.map(({ file }) => file), onProgress, signal })
  const read: { each: Each; leaves: Uint8Array }[] = []
  const leftOut: Each[] = []
  for (const [index, each] of picked.entries()) {
    const leaves = hashed?.[index] ?? null
    if (leaves === null) leftOut.push(each)
    else read.push({ each, leaves })
  }
  if (read.length === 0) return { ok: false, code: 'unreadable' }
  const kept = read.map(({ each }) => each)
  const { name, paths } = layoutOf(kept)
  const trees = new Map<FileRoot, HashTree>()
  const byPath = new Map<string, Each>()
  const files: ShareFile[] = []
  const breath = new Breath()
  for (const [index, { each, leaves }] of read.entries()) {
    const path = paths[index] ?? []
    const tree = await grow(leaves, breath)
    if (tree !== null) trees.set(tree.root, tree)
    byPath.set(path.join('/'), each)
    files.push({ path, sizeBytes: each.file.size, root: tree?.root ?? null })
  }
  const pieceBytes = choosePieceBytes(kept.map(({ file }) => file.size))
  const info = await inSlices(creatingInfo({ name, files, pieceBytes }), breath)
  if (!info.ok) return { ok: false, code: 'tooBig' }
  const ordered = info.value.files.flatMap((file) => byPath.get(file.path.join('/')) ?? [])
  if (ordered.length < kept.length) return { ok: false, code: 'unreadable' }
  return { ok: true, value: { info: info.value, trees, files: ordered }, leftOut }
}
