import type { ShareInfo } from '@ringdrop/shared/content/metainfo.ts'
import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import type { ShareView } from '@ringdrop/shared/node/snapshot.ts'
import { ownFile } from '../adapters/node/delivery.ts'
import type { OwnFile } from '../adapters/node/own-files.ts'
import type { Command } from './arguments.ts'
import { withDownload } from './download-lock.ts'
import {
  filesFailure,
  findWhole,
  finishDownload,
  openDownload,
  prepareOut,
  startDownload,
  untilKnown,
  untilWhole,
  type WholeFiles,
} from './downloads.ts'
import type { Output } from './output.ts'
import type { Peer } from './peer.ts'
import { safeName, shownPath } from './safe-names.ts'
import { partsFolder, withPeer, type Session } from './session.ts'
import { watchShares } from './share-command.ts'
import { offerShare, placedFiles } from './sharing.ts'
import { bytesInWords, countInWords, timeInWords } from './words.ts'

type GetCommand = Extract<Command, { name: 'get' }>

/** Downloads one share, or goes on with it. */
export async function runGet(command: GetCommand, output: Output, signal: AbortSignal): Promise<void> {
  const { options, infoHash, out } = command
  await prepareOut(out)
  await withDownload(out, infoHash, () =>
    withPeer(
      { common: options, output, signal, folder: partsFolder(out), isWilling: false },
      ({ peer }) => openDownload(peer, infoHash, null, signal),
      (session) => get(session, command),
    ),
  )
}

async function get(session: Session, { infoHash, out, isSeeding, timeoutMs }: GetCommand): Promise<void> {
  const { peer, output, signal } = session
  const info = await untilKnown(peer, infoHash, signal, timeoutMs)
  announceDownload(info, output)
  const { paths, trees } = await fetchWhole(session, info, out, timeoutMs, tellProgress(infoHash, output))
  const words = `Saved ${paths.length === 1 ? '' : `${countInWords(paths.length, 'file')}, for example `}${shownPath(paths[0] ?? '')}`
  output.event('saved', { infoHash, bytes: info.totalBytes, files: paths }, words)
  if (!isSeeding) return
  serveFiles(peer, info, await filesOf(paths), trees)
  await watchShares(session, [info])
}

/** Names and sizes of what is about to be downloaded. */
export function announceDownload(info: ShareInfo, output: Output): void {
  const { infoHash, name, totalBytes, files } = info
  const size = `${countInWords(files.length, 'file')}, ${bytesInWords(totalBytes)}`
  output.event(
    'found',
    { infoHash, name, bytes: totalBytes, files: files.length },
    `Downloading ${safeName(name)} (${size})`,
  )
}

/** A share that is whole. */
export interface Fetched {
  /** Where its files are. */
  readonly paths: readonly string[]
  /** Of files that were there already; `null` when they were downloaded, and the node has the share whole. */
  readonly trees: WholeFiles['trees'] | null
}

/** Who hears of how far a download is. */
export interface FetchProgress {
  /** What is in the folder of downloads already is being checked. @param fraction 0 to 1. */
  readonly onChecked: (fraction: number) => void
  /** Something of the download changed. */
  readonly onShare: (share: ShareView) => void
}

/** Downloads a share, unless it lies in the folder of downloads already. */
export async function fetchWhole(
  { peer, signal }: Session,
  info: ShareInfo,
  out: string,
  timeoutMs: number,
  progress: FetchProgress,
): Promise<Fetched> {
  const whole = await findWhole(info, out, signal, progress.onChecked)
  if (whole !== null) {
    await forgetParts(peer, info)
    return { paths: whole.files.map(({ path }) => path), trees: whole.trees }
  }
  await startDownload(peer, info, out)
  await untilWhole(peer, info.infoHash, signal, timeoutMs, progress.onShare)
  return { paths: await finishDownload(peer, info, out), trees: null }
}

/** The files of a share that is whole, as they are now. */
export async function filesOf(paths: readonly string[]): Promise<OwnFile[]> {
  const files: OwnFile[] = []
  for (const path of paths) {
    const file = await ownFile(path)
    if (file === null) throw filesFailure(`${path} is gone.`, 'It was there a moment ago.')
    files.push(file)
  }
  return files
}

/** Shares files that are whole, from where they are. @param trees as in {@link Fetched}. */
export function serveFiles(
  peer: Peer,
  info: ShareInfo,
  files: readonly OwnFile[],
  trees: Fetched['trees'],
): void {
  if (trees === null) return peer.serveDownload(info, files)
  // So far the node knows it by its link alone, or as a download that was begun once.
  const isUnlisted = peer.runtime.node.shares.get(info.infoHash)?.isUnlisted ?? false
  peer.runtime.feed({ type: 'removeShare', infoHash: info.infoHash })
  offerShare(peer, { info, trees, files: placedFiles(info, files) }, isUnlisted)
}

/** Nothing is to be gone on with. */
export async function forgetParts(peer: Peer, { infoHash }: ShareInfo): Promise<void> {
  await peer.shares.removeShare(infoHash)
  await peer.storage.remove(infoHash)
}

/** Says how far a download is. */
export function tellProgress(infoHash: InfoHash, output: Output): FetchProgress {
  const onChecked = (fraction: number) =>
    output.progress('checking', { infoHash, fraction }, { fraction, label: 'Checking', details: '' })
  return { onChecked, onShare: (share) => showProgress(share, output, onChecked) }
}

function showProgress(share: ShareView, output: Output, onChecked: FetchProgress['onChecked']): void {
  const { state, verifiedBytes, wantedBytes, downSpeed, peers, etaMs, infoHash } = share
  if (state.name === 'checking') return onChecked(state.fraction)
  const isWhole = verifiedBytes === wantedBytes
  const eta = etaMs === null ? '' : `, ${timeInWords(etaMs)} left`
  const pace = `${bytesInWords(downSpeed)}/s from ${countInWords(peers.length, 'peer')}${eta}`
  output.progress(
    'progress',
    { infoHash, verifiedBytes, wantedBytes, bytesPerSecond: Math.round(downSpeed), peers: peers.length },
    {
      fraction: isWhole ? 1 : verifiedBytes / wantedBytes,
      label: 'Downloading',
      // Whoever has the share parts at once with those who have it too.
      details: isWhole ? '' : pace,
    },
  )
}
