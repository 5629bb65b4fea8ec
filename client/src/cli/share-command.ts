import type { ShareInfo } from '@ringdrop/shared/content/metainfo.ts'
import type { Command } from './arguments.ts'
import { CliFailure } from './failure.ts'
import type { Output } from './output.ts'
import type { Peer } from './peer.ts'
import { safeName } from './safe-names.ts'
import { partsFolder, withPeer, type Session } from './session.ts'
import { announceShare, lackOf, offerShare, prepareShare } from './sharing.ts'
import { bytesInWords, countInWords } from './words.ts'

/** Shares until it is interrupted, which is its proper end. @returns what was lacking all the time, if anything was. */
export async function runShare(
  { options, paths, isUnlisted }: Extract<Command, { name: 'share' }>,
  output: Output,
  signal: AbortSignal,
): Promise<CliFailure | null> {
  return withPeer(
    { common: options, output, signal, folder: partsFolder(options.stateFolder), isWilling: true },
    () => prepareShare(paths, output, signal),
    async (session, made) => {
      offerShare(session.peer, made, isUnlisted)
      announceShare(options.server, made.info, output)
      output.note('Press Ctrl-C to stop sharing.')
      await watchShares(session, [made.info])
      return lackOf(made)
    },
  )
}

/** How often people hear how things stand. */
export const STATUS_MS = 1_000

/**
 * Says who downloads, until the command is interrupted, and which shares are lost: their files were changed. Rejects
 * with a {@link CliFailure} when none is left.
 */
export async function watchShares(session: Session, shares: readonly ShareInfo[]): Promise<void> {
  const { peer, output } = session
  const watched = new Map(shares.map((info) => [info.infoHash, info]))
  await untilInterrupted(session, () => {
    for (const info of [...watched.values()]) {
      const lost = lossOf(peer, info)
      if (lost === null) continue
      watched.delete(info.infoHash)
      if (watched.size === 0) throw lost
      peer.withdraw(info.infoHash)
      output.failure(lost)
    }
    const views = peer.snapshot().shares.filter(({ infoHash }) => watched.has(infoHash))
    const peers = new Set(views.flatMap((view) => view.peers.map(({ peer: id }) => id))).size
    const uploadedBytes = views.reduce((sum, view) => sum + view.uploadedBytes, 0)
    const server = peer.server.state
    const words = `${countInWords(peers, 'peer')}, ${bytesInWords(uploadedBytes)} sent`
    output.status(
      'status',
      { server, peers, uploadedBytes },
      server === 'up' ? words : `${words}, server away`,
    )
  })
}

/** Why a share that was offered is offered no longer, in words for people; `null` while it is. */
function lossOf(peer: Peer, { infoHash, name }: ShareInfo): CliFailure | null {
  const share = peer.runtime.node.shares.get(infoHash)
  if (share !== undefined && share.exchange.state.name !== 'failed') return null
  return lostShare(
    name,
    share === undefined ? 'The node dropped it.' : FILES_CHANGED,
    'Share the files again; when they were changed, the link is another one.',
  )
}

/** @param next what to do about it. */
export function lostShare(name: string, why: string, next: string): CliFailure {
  return new CliFailure('files', `${safeName(name)} is no longer shared.`, why, next)
}

/** Why a share fails that was whole. */
export const FILES_CHANGED = 'A file of it was changed or moved, or can’t be read.'

/** Calls `tell` about once a second; an interruption is the proper end. */
export async function untilInterrupted({ peer, signal }: Session, tell: () => void): Promise<void> {
  try {
    for (;;) {
      tell()
      await peer.until(() => null, signal, STATUS_MS)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
