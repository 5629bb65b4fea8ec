import type { ShareInfo } from '@ringdrop/shared/content/metainfo.ts'
import { formatLink } from '@ringdrop/shared/content/magnet.ts'
import { DiskHasher } from '../adapters/node/disk-hasher.ts'
import type { OwnFile } from '../adapters/node/own-files.ts'
import {
  pickPaths,
  type PickedPath,
  type PickResult,
  type Skipped,
  type SkipReason,
} from '../adapters/node/picked-paths.ts'
import { makeShare, type MadeShare } from '../app/share-maker.ts'
import { CliFailure } from './failure.ts'
import type { Output } from './output.ts'
import type { Peer } from './peer.ts'
import { safeName, shownPath } from './safe-names.ts'
import { bytesInWords, countInWords } from './words.ts'

export type OwnShare = MadeShare<PickedPath>

const SKIP_WORDS: Readonly<Record<SkipReason, string>> = {
  linkOutside: 'a symbolic link that leads out of the folder',
  linkToFolder: 'a symbolic link to a folder',
  brokenLink: 'a symbolic link to nothing',
  special: 'neither a file nor a folder',
  unreadable: 'not readable',
}
const PICK_WORDS: Readonly<Record<Extract<PickResult, { ok: false }>['because'], string>> = {
  missing: 'There is nothing of that name.',
  unreadable: 'It can’t be read.',
  special: 'It is neither a file nor a folder.',
  tooMany: 'It has more than 10,000 files.',
}
const MAKE_WORDS = {
  empty: 'There are no files in it.',
  noneReadable: 'None of its files can be read.',
  tooManyFiles: 'It has more than 10,000 files.',
  tooBig: 'Its names are too many or too long, or it is larger than 1 TiB.',
  unreadable: 'A file can’t be read, or was changed meanwhile.',
} as const

/** Files that can't be hashed now, and perhaps later: something writes to them. */
export class FilesInMotion extends CliFailure {}

/** Files that are not there now, and perhaps later: their disk is still to come, or they are still to be put there. */
export class FilesAway extends CliFailure {}

/** A share, and what is missing in it. */
export interface PreparedShare extends OwnShare {
  /** What lies in its folders and can't be read. */
  readonly unreadable: readonly string[]
}

/** People are told of so many things that are left out; programs of all. Our choice. */
const SHOWN_SKIPS = 20

/** Says what is left out, and why. */
function tellSkipped(skipped: readonly Skipped[], output: Output): void {
  if (output.isJson) return skipped.forEach((each) => output.event('skipped', each, null))
  for (const { path, because } of skipped.slice(0, SHOWN_SKIPS))
    output.note(`Left out: ${shownPath(path)}, ${SKIP_WORDS[because]}.`)
  if (skipped.length > SHOWN_SKIPS) output.note(`Left out: ${String(skipped.length - SHOWN_SKIPS)} more.`)
}

/** How a command ends whose share was not whole; `null`: it was. */
export function lackOf({ unreadable: [first, ...others] }: PreparedShare): CliFailure | null {
  if (first === undefined) return null
  return new CliFailure(
    'files',
    `The share lacks ${countInWords(others.length + 1, 'file or folder', 'files or folders')} of what was named.`,
    `${shownPath(first)} can’t be read${others.length === 0 ? '' : ', and others'}.`,
    'Mend the permissions, then share it again; the link will be another one.',
  )
}

/** Hashes files and folders, in as much time as it takes. Nothing is shared yet. */
export async function prepareShare(
  paths: readonly string[],
  output: Output,
  signal: AbortSignal,
): Promise<PreparedShare> {
  const picked = await pickPaths(paths)
  if (!picked.ok) {
    const { path, because } = picked
    const Failure = because === 'missing' || because === 'unreadable' ? FilesAway : CliFailure
    const next = 'Check the path and its permissions.'
    throw new Failure('files', `"${shownPath(path)}" can’t be shared.`, PICK_WORDS[because], next)
  }
  tellSkipped(picked.skipped, output)
  const unreadable = picked.skipped.filter(({ because }) => because === 'unreadable').map(({ path }) => path)
  const { files } = picked
  const totalBytes = files.reduce((sum, { file }) => sum + file.size, 0)
  let hashedBytes = 0
  const hasher = new DiskHasher()
  const made = await makeShare(files, hasher, (bytes) => {
    signal.throwIfAborted()
    hashedBytes += bytes
    output.progress(
      'hashing',
      { hashedBytes, totalBytes },
      { fraction: hashedBytes / totalBytes, label: 'Hashing', details: bytesInWords(totalBytes) },
    )
  })
  signal.throwIfAborted()
  if (made.ok) return { ...made.value, unreadable }
  throw unmade(made.code === 'empty' && unreadable.length > 0 ? 'noneReadable' : made.code, hasher.lost)
}

function unmade(code: keyof typeof MAKE_WORDS, lost: OwnFile | null): CliFailure {
  const isAbsent = code === 'empty' || code === 'noneReadable'
  const Failure = code === 'unreadable' ? FilesInMotion : isAbsent ? FilesAway : CliFailure
  // Among thousands nobody finds it.
  const why =
    code === 'unreadable' && lost !== null
      ? `${shownPath(lost.path)} can’t be read, or was changed meanwhile.`
      : MAKE_WORDS[code]
  return new Failure(
    'files',
    'The share can’t be made.',
    why,
    'Check the files, or share them in several parts.',
  )
}

/** Offers a share to everybody. */
export function offerShare(peer: Peer, { info, trees, files }: OwnShare, isUnlisted: boolean): void {
  peer.runtime.openFiles(
    info,
    files.map(({ file }) => file),
  )
  const share = { info, trees, start: 'source', isSource: true, selection: null, isUnlisted } as const
  peer.runtime.feed({ type: 'addShare', share })
}

/** Own files in the order of a share, with their places in it. */
export const placedFiles = (info: ShareInfo, files: readonly OwnFile[]): PickedPath[] =>
  files.map((file, index) => ({ file, path: info.files[index]?.path ?? [] }))

/** Says what is shared, and the link to it. */
export function announceShare(server: string, info: ShareInfo, output: Output): void {
  const { infoHash, name, totalBytes, files } = info
  const link = formatLink(server, { infoHash, name, totalBytes })
  const fields = { infoHash, name, link, files: files.length, bytes: totalBytes }
  const size = `${countInWords(files.length, 'file')}, ${bytesInWords(totalBytes)}`
  output.event('shared', fields, `Sharing ${safeName(name)} (${size})\n${link}`)
}

/** Why a download is not shared now whose files were there once. */
export const awayFrom = ({ name }: ShareInfo, files: readonly string[]): CliFailure =>
  new CliFailure(
    'files',
    `${safeName(name)} is not shared now.`,
    `There is nothing where its files were, at ${shownPath(files[0] ?? '')}.`,
    '',
  )
