import { join } from 'node:path'
import { FileValues } from '../adapters/node/file-values.ts'
import { DiskStorage } from '../adapters/node/disk-storage.ts'
import { StateStore } from '../adapters/state-store.ts'
import type { CommonOptions } from './arguments.ts'
import { CliFailure } from './failure.ts'
import type { Output } from './output.ts'
import { Peer } from './peer.ts'
import { takeProfile } from './profile.ts'
import { untilConnected } from './server-gate.ts'

/** What a command has at hand while it runs. */
export interface Session {
  readonly peer: Peer
  readonly output: Output
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal
}

export interface SessionOptions {
  readonly common: CommonOptions
  readonly output: Output
  readonly signal: AbortSignal
  /** Folder of unfinished downloads, and of what is remembered of them. */
  readonly folder: string
  readonly isWilling: boolean
  /** Whether it goes on without a server, which may come later. */
  readonly isPatient?: boolean
}

/** Folder of unfinished downloads within a folder of downloads. No peer can name a file so: safe names begin with no dot. */
export const partsFolder = (out: string): string => join(out, '.ringdrop')

/**
 * Runs `work` with a peer that is connected to the server, and cleans up whatever happens.
 * @param prepare goes on while the connection is made.
 */
export async function withPeer<Prepared, Result>(
  { common, output, signal, folder, isWilling, isPatient = false }: SessionOptions,
  prepare: (session: Session) => Promise<Prepared>,
  work: (session: Session, prepared: Prepared) => Promise<Result>,
): Promise<Result> {
  const { server } = common
  const { identity, state, release } = await takeProfile(common.stateFolder)
  const peer = new Peer({
    server,
    identity,
    state,
    shares: new StateStore(new FileValues(join(folder, 'state'))),
    storage: new DiskStorage(folder),
    isWilling,
  })
  try {
    output.event('started', { peer: identity.peerId, server }, null)
    await peer.start()
    const session = { peer, output, signal }
    const connected = untilConnected(peer, server, signal).catch((error: unknown) => {
      if (!isPatient || !(error instanceof CliFailure)) throw error
      output.note(`${error.what} ${error.why} Trying on.`)
    })
    const [prepared] = await Promise.all([prepare(session), connected])
    return await work(session, prepared)
  } finally {
    await peer.stop()
    release()
  }
}
