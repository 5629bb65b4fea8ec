/** The `file tree` of BEP 52: a dictionary for each folder, and `{'': {length, 'pieces root'}}` for each file. */
import { fromHex, utf8Decode, utf8Encode } from '../kernel/bytes.ts'
import type { FileRoot } from '../kernel/ids.ts'
import { LIMITS } from '../kernel/limits.ts'
import type { Steps } from '../kernel/steps.ts'
import { fail, ok, type Result } from '../wire/result.ts'
import { type Bencode, type BencodeDict, isDict, keyFromBytes, keyToBytes } from './bencode.ts'
import { fileRootOf } from './merkle.ts'
import { HASH_BYTES } from './sha256.ts'

/** One file of a share. */
export interface ShareFile {
  /** Folder names and the file's name, raw: see `file-names.ts` before any of it is shown or stored. */
  readonly path: readonly string[]
  readonly sizeBytes: number
  /** The identity of the file's bytes; `null` if and only if the file is empty. */
  readonly root: FileRoot | null
}

/** Why a file tree is not acceptable. */
export type FileTreeCode =
  /** Not a tree: a folder that is empty or no dictionary, or no files at all. */
  | 'badTree'
  /** A file without a proper length or root. */
  | 'badFile'
  /** A name that is empty, not UTF-8 or longer than 255 bytes. */
  | 'badName'
  /** One name is two files, or both file and folder. */
  | 'nameClash'
  /** Two files with one root and different sizes: one of them is a lie. */
  | 'rootClash'
  | 'tooDeep'
  | 'tooManyFiles'
  /** The sizes add up to more than a safe integer. */
  | 'tooLarge'

type MutableDict = Map<string, Bencode>

/** Files that are put into the tree, or read from it, in one step: much less than a millisecond. Our choice. */
const STEP_FILES = 32

/** The tree of these files, in steps. The order in which they are given does not matter. */
export function* buildingFileTree(files: readonly ShareFile[]): Steps<Result<BencodeDict, FileTreeCode>> {
  if (files.length === 0) return fail('badTree')
  if (files.length > LIMITS.files) return fail('tooManyFiles')
  const tree: MutableDict = new Map()
  let count = 0
  for (const file of files) {
    if (++count % STEP_FILES === 0) yield
    const code = addFile(tree, file)
    if (code !== null) return fail(code)
  }
  return ok(tree)
}

function addFile(tree: MutableDict, file: ShareFile): FileTreeCode | null {
  if (file.path.length === 0) return 'badName'
  if (file.path.length > LIMITS.pathDepth) return 'tooDeep'
  if (!Number.isSafeInteger(file.sizeBytes) || file.sizeBytes < 0) return 'badFile'
  if ((file.root === null) !== (file.sizeBytes === 0)) return 'badFile'
  let folder = tree
  for (const [depth, name] of file.path.entries()) {
    const bytes = utf8Encode(name)
    if (bytes.length === 0 || bytes.length > LIMITS.nameBytes) return 'badName'
    const key = keyFromBytes(bytes)
    const isLast = depth === file.path.length - 1
    const existing = folder.get(key) as MutableDict | undefined
    if (existing !== undefined && (isLast || existing.has(''))) return 'nameClash'
    const child: MutableDict = existing ?? new Map<string, Bencode>()
    folder.set(key, child)
    folder = child
  }
  const leaf: MutableDict = new Map([['length', BigInt(file.sizeBytes)]])
  if (file.root !== null) leaf.set('pieces root', fromHex(file.root))
  folder.set('', leaf)
  return null
}

interface OpenFolder {
  readonly path: readonly string[]
  readonly entries: Iterator<[string, Bencode]>
}

/**
 * The files of a decoded tree, in steps, in the order of BEP 52: names by raw bytes at each level, depth first. Keys of a
 * file other than `length` and `pieces root` are ignored.
 */
export function* readingFileTree(tree: Bencode | undefined): Steps<Result<ShareFile[], FileTreeCode>> {
  if (!isDict(tree) || tree.size === 0) return fail('badTree')
  const files: ShareFile[] = []
  const open: OpenFolder[] = [{ path: [], entries: tree.entries() }]
  for (let folder = open.at(-1); folder !== undefined; folder = open.at(-1)) {
    const entry = folder.entries.next()
    if (entry.done === true) {
      open.pop()
      continue
    }
    const [key, node] = entry.value
    const name = readName(key)
    if (name === null) return fail('badName')
    if (!isDict(node) || node.size === 0) return fail('badTree')
    const path = [...folder.path, name]
    if (path.length > LIMITS.pathDepth) return fail('tooDeep')
    const leaf = node.get('')
    if (leaf === undefined) {
      open.push({ path, entries: node.entries() })
      continue
    }
    if (node.size > 1) return fail('nameClash')
    const file = readFile(path, leaf)
    if (file === null) return fail('badFile')
    if (files.push(file) > LIMITS.files) return fail('tooManyFiles')
    if (files.length % STEP_FILES === 0) yield
  }
  const code = checkTogether(files)
  return code === null ? ok(files) : fail(code)
}

/** What is not ASCII. Most names are, which is its own UTF-8; to decode them would take long in a large share. */
const NOT_ASCII = /[\x80-\xff]/

/** `null` when the key is empty, too long or not UTF-8. */
function readName(key: string): string | null {
  if (key.length === 0 || key.length > LIMITS.nameBytes) return null
  return NOT_ASCII.test(key) ? utf8Decode(keyToBytes(key)) : key
}

function readFile(path: readonly string[], leaf: Bencode): ShareFile | null {
  if (!isDict(leaf)) return null
  const length = leaf.get('length')
  if (typeof length !== 'bigint' || length < 0n || length > BigInt(Number.MAX_SAFE_INTEGER)) return null
  if (length === 0n) return { path, sizeBytes: 0, root: null }
  const root = leaf.get('pieces root')
  if (!(root instanceof Uint8Array) || root.length !== HASH_BYTES) return null
  return { path, sizeBytes: Number(length), root: fileRootOf(root) }
}

function checkTogether(files: readonly ShareFile[]): FileTreeCode | null {
  const sizes = new Map<FileRoot, number>()
  let total = 0
  for (const { root, sizeBytes } of files) {
    total += sizeBytes
    if (!Number.isSafeInteger(total)) return 'tooLarge'
    if (root === null) continue
    if ((sizes.get(root) ?? sizeBytes) !== sizeBytes) return 'rootClash'
    sizes.set(root, sizeBytes)
  }
  return null
}
