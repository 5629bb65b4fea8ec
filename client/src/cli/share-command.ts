import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import type { Command } from './arguments.ts'
import type { Output } from './output.ts'
import { partsFolder, withPeer, type Session } from './session.ts'
import { announceShare, offerShare, prepareShare } from './sharing.ts'
import { bytesInWords, countInWords } from './words.ts'

/** Shares until it is interrupted, which is its proper end. */
export async function runShare(
  { options, paths, isUnlisted }: Extract<Command, { name: 'share' }>,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  await withPeer(
    { common: options, output, signal, folder: partsFolder(options.stateFolder), isWilling: true },
    () => prepareShare(paths, output, signal),
    async (session, made) => {
      offerShare(session.peer, made, isUnlisted)
      announceShare(options.server, made.info, output)
      output.note('Press Ctrl-C to stop sharing.')
      await watchShares(session, [made.info.infoHash])
    },
  )
}

/** How often people hear how things stand. */
export const STATUS_MS = 1_000

/** Says who downloads, until the command is interrupted. */
export async function watchShares(session: Session, shares: readonly InfoHash[]): Promise<void> {
  const { peer, output } = session
  await untilInterrupted(session, () => {
    const views = peer.snapshot().shares.filter(({ infoHash }) => shares.includes(infoHash))
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
