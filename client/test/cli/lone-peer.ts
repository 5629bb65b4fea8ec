import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { ShareInfo } from '@ringdrop/shared/content/metainfo.ts'
import { makeIdentity } from '../../src/adapters/node/key-file.ts'
import { DiskStorage } from '../../src/adapters/node/disk-storage.ts'
import { FileValues } from '../../src/adapters/node/file-values.ts'
import { StateStore } from '../../src/adapters/state-store.ts'
import { NodeMemory } from '../../src/cli/node-memory.ts'
import { Output } from '../../src/cli/output.ts'
import { Peer } from '../../src/cli/peer.ts'
import { partsFolder } from '../../src/cli/session.ts'
import { prepareShare } from '../../src/cli/sharing.ts'

/** A server that nobody runs. */
export const SERVER = 'http://localhost:1'

export interface SaidEvent {
  readonly event: string
  readonly infoHash?: string
  readonly files?: readonly string[]
  readonly what?: string
  readonly next?: string
  readonly kind?: string
}

/** A peer that never joins the network, with `note.txt` in its folder of downloads. */
export async function lonePeer() {
  const root = mkdtempSync(join(tmpdir(), 'ringdrop-node-'))
  const [out, stateFolder] = [join(root, 'out'), join(root, 'state')]
  mkdirSync(out)
  const note = join(out, 'note.txt')
  writeFileSync(note, 'a note')
  const events: SaidEvent[] = []
  const write = (line: string) => void events.push(JSON.parse(line))
  const output = new Output({ write }, { write }, true, () => performance.now())
  const peer = new Peer({
    server: SERVER,
    identity: await makeIdentity(),
    state: new StateStore(new FileValues(join(stateFolder, 'peer'))),
    shares: new StateStore(new FileValues(join(partsFolder(out), 'state'))),
    storage: new DiskStorage(partsFolder(out)),
    isWilling: false,
  })
  onTestFinished(() => peer.stop())
  const { info } = await prepareShare([note], output, new AbortController().signal)
  events.length = 0
  return { out, stateFolder, note, events, output, peer, info, memory: await NodeMemory.load(stateFolder) }
}

export type LonePeer = Awaited<ReturnType<typeof lonePeer>>

/** Writes down a download that was begun: so its names are known without a network. */
export async function rememberDownload(peer: Peer, { infoHash, infoBytes }: ShareInfo): Promise<void> {
  const begun = { isSource: false, isPaused: false, isUnlisted: false, addedAt: 1, handles: null }
  await peer.shares.saveShare({ infoHash, infoBytes, selection: null, priorities: null, ...begun })
}

/** Reads the first block of a share, as it is done for a peer that asks for it. */
export function askFor(peer: Peer, { infoHash }: ShareInfo): void {
  const { blocks, identity } = peer.runtime
  blocks.request(infoHash, { type: 'read', to: identity.peerId, block: 0 }, () => new Uint8Array())
  blocks.flush()
}
