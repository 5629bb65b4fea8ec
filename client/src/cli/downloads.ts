import { mkdir, statfs } from 'node:fs/promises'
import type { FileRoot, InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { HashTree } from '@ringdrop/shared/content/merkle.ts'
import { parseInfo, type ShareInfo } from '@ringdrop/shared/content/metainfo.ts'
import type { ShareView } from '@ringdrop/shared/node/snapshot.ts'
import { deliver, findDelivered } from '../adapters/node/delivery.ts'
import { DiskHasher } from '../adapters/node/disk-hasher.ts'
import type { OwnFile } from '../adapters/node/own-files.ts'
import { treesFrom } from '../app/stored-trees.ts'
import { CliFailure, whyOf } from './failure.ts'
import type { Peer } from './peer.ts'
import { bytesInWords } from './words.ts'

/** A rest that the file system wants for itself. Our choice. */
const SPARE_BYTES = 1024 * 1024
/** Looked at so often whether anything moves, besides when something changes. */
const STALL_LOOK_MS = 1_000

/** Makes the folder for downloads and checks that it can be written to. */
export async function prepareOut(out: string): Promise<void> {
  try {
    await mkdir(out, { recursive: true })
  } catch (error) {
    throw filesFailure(`Downloads can’t go to ${out}.`, error)
  }
}

/**
 * Begins where an earlier run stopped, or else asks the network what the share is.
 * @param isUnlisted whether it is to be found by its link alone; `null`: as the earlier run had it.
 */
export async function openDownload(
  peer: Peer,
  infoHash: InfoHash,
  isUnlisted: boolean | null,
  signal: AbortSignal,
): Promise<void> {
  const begun = await peer.shares.shares()
  signal.throwIfAborted()
  for (const { share, spans } of begun) {
    if (share.infoHash !== infoHash) continue
    const info = parseInfo(share.infoBytes)
    if (!info.ok || info.value.infoHash !== infoHash) continue
    peer.runtime.openFiles(info.value, null)
    const trees = await treesFrom(info.value, spans)
    // Somebody else may have the share by now, from other files.
    signal.throwIfAborted()
    const resumed = { info: info.value, trees, start: 'check', isSource: false } as const
    peer.runtime.feed({
      type: 'addShare',
      share: { ...resumed, selection: null, isUnlisted: isUnlisted ?? share.isUnlisted },
    })
    return
  }
  peer.runtime.feed({ type: 'openLink', infoHash })
  peer.runtime.feed({ type: 'setUnlisted', infoHash, isUnlisted: isUnlisted ?? false })
}

/** Waits until names and sizes are known. */
export async function untilKnown(
  peer: Peer,
  infoHash: InfoHash,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<ShareInfo> {
  const look = () => peer.runtime.node.shares.get(infoHash)?.exchange.swarm?.info ?? null
  const info = await peer.until(look, signal, timeoutMs)
  if (info !== null) return info
  throw new CliFailure(
    'noPeer',
    'Nobody offers this share now.',
    `No peer answered within ${String(timeoutMs / 1000)} s.`,
    'Ask whoever sent the link to keep it open, then run this again; --timeout waits longer.',
  )
}

/** All files of a share, every byte verified, with what it takes to share them. */
export interface WholeFiles {
  readonly files: readonly OwnFile[]
  readonly trees: ReadonlyMap<FileRoot, HashTree>
}

/** Hears how much of it has been hashed, from 0 to 1. */
type OnChecked = (fraction: number) => void

/** The files of the share if they lie in the folder of downloads already. */
export async function findWhole(
  info: ShareInfo,
  out: string,
  signal: AbortSignal,
  onChecked: OnChecked = () => undefined,
): Promise<WholeFiles | null> {
  const files = await findDelivered(info, out)
  const trees = files === null ? null : await treesOf(info, files, signal, onChecked)
  return files === null || trees === null ? null : { files, trees }
}

/** Hashes files. @returns their trees if they are those of the share, else `null`. Rejects once it is to end. */
export async function treesOf(
  info: ShareInfo,
  files: readonly OwnFile[],
  signal: AbortSignal,
  onChecked: OnChecked = () => undefined,
): Promise<ReadonlyMap<FileRoot, HashTree> | null> {
  let checkedBytes = 0
  const onProgress = (bytes: number) => {
    signal.throwIfAborted()
    checkedBytes += bytes
    onChecked(checkedBytes / info.totalBytes)
  }
  const leaves = await new DiskHasher().hash({ files, onProgress })
  // Hashing that was broken off says nothing about the files.
  signal.throwIfAborted()
  if (leaves === null) return null
  const trees = new Map<FileRoot, HashTree>()
  for (const [index, each] of leaves.entries()) {
    const tree = each.length === 0 ? null : HashTree.fromLeaves(each)
    if ((tree?.root ?? null) !== info.files[index]?.root) return null
    if (tree !== null) trees.set(tree.root, tree)
  }
  return trees
}

/** Asks for all files, and writes down that they are wanted. One that has stopped goes on. */
export async function startDownload(peer: Peer, info: ShareInfo, out: string): Promise<void> {
  const { infoHash, infoBytes } = info
  const entry = peer.runtime.node.shares.get(infoHash)
  if (entry?.exchange.isStarted === true) return resumeDownload(peer, infoHash, out)
  await requireRoom(out, info.totalBytes)
  const isUnlisted = entry?.isUnlisted ?? false
  const start = { isSource: false, isPaused: false, isUnlisted, addedAt: Date.now(), handles: null }
  try {
    await peer.shares.saveShare({ infoHash, infoBytes, selection: null, priorities: null, ...start })
  } catch (error) {
    throw filesFailure(`Downloads can’t go to ${out}.`, error)
  }
  peer.runtime.feed({ type: 'command', infoHash, command: { type: 'download', files: null } })
}

/** Goes on where a full or broken disk stopped the node. */
async function resumeDownload(peer: Peer, infoHash: InfoHash, out: string): Promise<void> {
  const share = peer.share(infoHash)
  if (share === null || (share.state.name !== 'paused' && share.state.name !== 'failed')) return
  await requireRoom(out, share.wantedBytes - share.verifiedBytes)
  peer.runtime.feed({ type: 'command', infoHash, command: { type: 'resume' } })
}

async function requireRoom(out: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(out)
  if (bavail * bsize >= bytes + SPARE_BYTES) return
  throw new CliFailure(
    'files',
    'There is not enough room for this download.',
    `It needs ${bytesInWords(bytes)}; ${out} has ${bytesInWords(bavail * bsize)} left.`,
    'Make room, or name another folder with --out DIR.',
  )
}

/** Waits until every byte is there and verified. @param onProgress called whenever something changed. */
export async function untilWhole(
  peer: Peer,
  infoHash: InfoHash,
  signal: AbortSignal,
  timeoutMs: number,
  onProgress: (share: ShareView) => void,
): Promise<void> {
  let movedAt = performance.now()
  let lastMark = ''
  const look = (): true | null => {
    const share = peer.share(infoHash)
    if (share === null)
      throw new CliFailure('fault', 'The share is gone.', 'The node dropped it.', 'Run this again.')
    failWhenStopped(share)
    const mark = `${share.state.name} ${String(share.verifiedBytes)} ${fractionOf(share)}`
    if (mark !== lastMark) [lastMark, movedAt] = [mark, performance.now()]
    if (performance.now() - movedAt > timeoutMs) throw stalled(share, timeoutMs)
    onProgress(share)
    return share.state.name === 'seeding' ? true : null
  }
  while ((await peer.until(look, signal, STALL_LOOK_MS)) === null) signal.throwIfAborted()
}

/** Gives the files their places and forgets what was only needed to go on. @returns where they are. */
export async function finishDownload(peer: Peer, info: ShareInfo, out: string): Promise<string[]> {
  try {
    const paths = await deliver(peer.storage, info, out)
    await peer.shares.removeShare(info.infoHash)
    return paths
  } catch (error) {
    throw filesFailure(`The finished download can’t be moved to ${out}.`, error)
  }
}

const fractionOf = ({ state }: ShareView): string => ('fraction' in state ? String(state.fraction) : '')

function failWhenStopped({ state }: ShareView): void {
  if (state.name === 'paused' && state.because !== 'person') {
    const why = state.because === 'quota' ? 'The disk is full.' : 'The disk reports an error.'
    const next = 'Make room or check the disk, then run this again: it goes on where it is.'
    throw new CliFailure('files', 'The download has stopped.', why, next)
  }
  if (state.name === 'failed') {
    const why = 'What was stored can’t be read back.'
    throw new CliFailure('files', 'The download has failed.', why, 'Check the disk, then run this again.')
  }
}

function stalled({ peers, verifiedBytes, wantedBytes }: ShareView, timeoutMs: number): CliFailure {
  const got = `${bytesInWords(verifiedBytes)} of ${bytesInWords(wantedBytes)}`
  const who = peers.length === 0 ? 'No peer that has it is connected' : 'The connected peers send nothing'
  const why = `${who}, and nothing has come for ${String(timeoutMs / 1000)} s; ${got} are here.`
  return new CliFailure(
    'noPeer',
    'Nobody sends this share now.',
    why,
    'Run this again later: it goes on where it is.',
  )
}

export function filesFailure(what: string, error: unknown): CliFailure {
  if (error instanceof CliFailure) return error
  return new CliFailure(
    'files',
    what,
    whyOf(error),
    'Check the folder and its permissions, or name another with --out DIR.',
  )
}
