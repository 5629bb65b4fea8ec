import { sanitizePaths } from '@ringdrop/shared/content/file-names.ts'

/** What the tree needs to know of a file; the raw path of a `FileView` will do. */
export interface TreeFile {
  readonly path: readonly string[]
  readonly sizeBytes: number
}

interface NodeParts {
  /** Unique within the tree. */
  readonly key: string
  /** Sanitised. */
  readonly name: string
  readonly depth: number
  sizeBytes: number
}

export interface FileNode extends NodeParts {
  readonly kind: 'file'
  /** In the share's list of files. */
  readonly index: number
}

export interface FolderNode extends NodeParts {
  readonly kind: 'folder'
  readonly children: TreeNode[]
  /** Of all files below. */
  readonly indices: number[]
}

export type TreeNode = FileNode | FolderNode

/** Whether a box is checked; `mixed` when some of the files in a folder are. */
export type Check = 'all' | 'none' | 'mixed'

/** Trees with more rows than this begin with their folders closed. */
export const OPEN_UP_TO = 200

/** The files of a share as a tree of folders. Built once; selection and open folders are kept outside. */
export class FileTree {
  readonly roots: TreeNode[] = []
  readonly #folders: FolderNode[] = []
  readonly #fileCount: number

  constructor(files: readonly TreeFile[]) {
    this.#fileCount = files.length
    const byKey = new Map<string, FolderNode>()
    const paths = sanitizePaths(files.map((file) => file.path))
    paths.forEach((path, index) => {
      const sizeBytes = files[index]?.sizeBytes ?? 0
      let children = this.roots
      let key = ''
      path.slice(0, -1).forEach((name, depth) => {
        key += `${name}/`
        let folder = byKey.get(key)
        if (folder === undefined) {
          folder = { kind: 'folder', key, name, depth, sizeBytes: 0, children: [], indices: [] }
          byKey.set(key, folder)
          this.#folders.push(folder)
          children.push(folder)
        }
        folder.sizeBytes += sizeBytes
        folder.indices.push(index)
        children = folder.children
      })
      const name = path.at(-1) ?? ''
      children.push({ kind: 'file', key: key + name, name, depth: path.length - 1, sizeBytes, index })
    })
    for (const list of [this.roots, ...this.#folders.map((folder) => folder.children)]) sortForPeople(list)
  }

  /** Folders that are open at first: all of them, or none when there are too many rows. */
  initiallyOpen(): Set<string> {
    const isSmall = this.#fileCount + this.#folders.length <= OPEN_UP_TO
    return new Set(isSmall ? this.#folders.map((folder) => folder.key) : [])
  }

  /** The rows to show, top to bottom. */
  rows(open: ReadonlySet<string>): TreeNode[] {
    const rows: TreeNode[] = []
    const visit = (nodes: readonly TreeNode[]): void => {
      for (const node of nodes) {
        rows.push(node)
        if (node.kind === 'folder' && open.has(node.key)) visit(node.children)
      }
    }
    visit(this.roots)
    return rows
  }
}

export function checkOf(node: TreeNode, selected: ReadonlySet<number>): Check {
  if (node.kind === 'file') return selected.has(node.index) ? 'all' : 'none'
  const first = node.indices[0]
  const isFirstIn = first !== undefined && selected.has(first)
  // Mostly decided by the second file that differs, so a closed folder of thousands costs little.
  const isSame = node.indices.every((index) => selected.has(index) === isFirstIn)
  return isSame ? (isFirstIn ? 'all' : 'none') : 'mixed'
}

/** The selection after a click on a box: everything below goes on, or off when everything was on. */
export function toggled(node: TreeNode, selected: ReadonlySet<number>): Set<number> {
  const next = new Set(selected)
  const isOff = checkOf(node, selected) === 'all'
  for (const index of node.kind === 'file' ? [node.index] : node.indices) {
    if (isOff) next.delete(index)
    else next.add(index)
  }
  return next
}

/** Rows of a list that a window onto it shows, and a few more on both sides. */
export function visibleRange(
  rowCount: number,
  rowHeight: number,
  scrollTop: number,
  windowHeight: number,
): { readonly from: number; readonly to: number } {
  const margin = 10
  const from = Math.max(0, Math.floor(scrollTop / rowHeight) - margin)
  return {
    from: Math.min(from, rowCount),
    to: Math.min(rowCount, Math.ceil((scrollTop + windowHeight) / rowHeight) + margin),
  }
}

/** 2 before 10, as people count; ours, since the list of a share is in the order of bytes. */
const BY_NAME = new Intl.Collator(undefined, { numeric: true })

/** Folders first, each by name. */
function sortForPeople(nodes: TreeNode[]): void {
  nodes.sort((a, b) => {
    if (a.kind !== b.kind) return a.kind === 'folder' ? -1 : 1
    return BY_NAME.compare(a.name, b.name)
  })
}
