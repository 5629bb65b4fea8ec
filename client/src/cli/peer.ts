import type { ShareInfo } from '@ringdrop/shared/content/metainfo.ts'
import type { InfoHash, Nonce } from '@ringdrop/shared/kernel/ids.ts'
import { parseNonce } from '@ringdrop/shared/kernel/ids.ts'
import { defined } from '@ringdrop/shared/kernel/invariant.ts'
import { toHex } from '@ringdrop/shared/kernel/bytes.ts'
import { OVERLAY_CORES } from '@ringdrop/shared/node/overlay-cores.ts'
import { snapshotOf, type NodeSnapshot, type ShareView } from '@ringdrop/shared/node/snapshot.ts'
import { SYSTEMS, type SystemName } from '@ringdrop/shared/node/systems.ts'
import { BlockStore, type BlockStoreEvents } from '../adapters/block-store/block-store.ts'
import { browserClock } from '../adapters/browser-clock.ts'
import type { Identity } from '../adapters/identity.ts'
import { DataChannelTransport } from '../adapters/node/datachannel-transport.ts'
import type { DiskStorage } from '../adapters/node/disk-storage.ts'
import type { OwnFile } from '../adapters/node/own-files.ts'
import { storeInProcess } from '../adapters/node/store-thread.ts'
import { ServerSocket } from '../adapters/server-socket.ts'
import type { StateStore } from '../adapters/state-store.ts'
import type { ServerView } from '../app/api.ts'
import { NodeRuntime, type RuntimePorts } from '../app/node-runtime.ts'
import { persistOverlay, rememberedOverlays, type EncodedRecords } from '../app/overlay-memory.ts'
import { ServedDownloads } from './served-downloads.ts'

export interface PeerOptions {
  /** Origin of the server. */
  readonly server: string
  readonly identity: Identity
  /** What the discovery systems remember. */
  readonly state: StateStore
  /** What is remembered of shares; lies beside the downloads. */
  readonly shares: StateStore
  readonly storage: DiskStorage
  /** Whether it may become a super node: only who stays should. */
  readonly isWilling: boolean
}

/** How often the node hears how this process stands; as in a browser. */
const CONDITIONS_MS = 20_000
/** Whoever waits looks at most this often. */
const NOTIFY_MS = 50
/** Neighbours are told that we go within this time, or find out by themselves. Our choice. */
const FAREWELL_MS = 300
/** What Node counts in 32 bits; a longer timer would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The production node in this process, with its ports. */
export class Peer {
  readonly runtime: NodeRuntime<OwnFile>
  readonly shares: StateStore
  readonly storage: DiskStorage
  readonly #options: PeerOptions
  readonly #listeners = new Set<() => void>()
  readonly #served = new ServedDownloads((infoHash) => {
    // No other word makes the node end a share whose files it did not begin with.
    this.runtime.feed({ type: 'storeResults', infoHash, results: [{ type: 'checkFailed', code: 'io' }] })
  })
  #conditions: ReturnType<typeof setInterval> | null = null
  #notice: ReturnType<typeof setTimeout> | null = null
  /** The best rate at which this process was seen to upload, bytes per second. */
  #bestUpload = 0
  /** What stopped the node, if anything did. */
  #fault: { readonly error: unknown } | null = null

  constructor(options: PeerOptions) {
    const { identity, state, shares, storage } = options
    this.#options = options
    this.shares = shares
    this.storage = storage
    const encoded: EncodedRecords = new WeakMap()
    this.runtime = new NodeRuntime<OwnFile>(identity, shares, portsOf(options, this.#served), {
      manualEnvelope: () => undefined,
      manualRefused: () => undefined,
      persist: (what) => void persistOverlay(this.runtime.node, state, what, encoded).catch(() => undefined),
      changed: () => this.#changed(),
      completed: () => this.#changed(),
      offerStarted: () => undefined,
      fault: (error) => {
        this.#fault = { error }
        this.#changed()
      },
    })
  }

  /** Joins the network; does not wait for anybody to answer. */
  async start(): Promise<void> {
    const { state } = this.#options
    this.runtime.feed(await rememberedOverlays(state))
    for (const name of SYSTEMS) this.runtime.feed({ type: 'switchSystem', name, isOn: true })
    this.#tellConditions()
    this.#conditions = setInterval(() => this.#tellConditions(), CONDITIONS_MS)
    this.runtime.socket.connect()
  }

  get server(): ServerView {
    return this.runtime.socket.view
  }

  snapshot(): NodeSnapshot {
    return snapshotOf(this.runtime.node, browserClock.now())
  }

  share(infoHash: InfoHash): ShareView | null {
    return this.snapshot().shares.find((share) => share.infoHash === infoHash) ?? null
  }

  /** Goes on with a share that was downloaded from where its files are now; it fails when they are changed. */
  serveDownload(info: ShareInfo, files: readonly OwnFile[]): void {
    this.runtime.openFiles(info, files)
    this.#served.add(info.infoHash, files)
  }

  /** Ends a share and lets go of its files, which stay as they are. */
  withdraw(infoHash: InfoHash): void {
    this.#served.drop(infoHash)
    this.runtime.feed({ type: 'removeShare', infoHash })
    this.runtime.blocks.post({ type: 'close', infoHash })
  }

  /** Waits until the store has let go of the files of a share that was withdrawn. */
  async untilClosed(infoHash: InfoHash): Promise<void> {
    // What is asked while they are closed is answered afterwards.
    await this.runtime.blocks.blobs(infoHash, [])
  }

  /** @returns the id under which the answers stand in the snapshot. */
  search(text: string, systems: readonly SystemName[]): Nonce {
    const id = defined(parseNonce(toHex(crypto.getRandomValues(new Uint8Array(16)))), 'id')
    this.runtime.feed({ type: 'search', id, text, systems })
    return id
  }

  /**
   * Waits until `look` finds something. Looks whenever something changed, and now and then.
   * @param timeoutMs `Infinity`: as long as it takes.
   * @returns `null` when the time is over. Rejects with the signal's reason, or when the node failed.
   */
  until<Found>(look: () => Found | null, signal: AbortSignal, timeoutMs: number): Promise<Found | null> {
    return new Promise((resolve, reject) => {
      const end = (finish: () => void) => {
        if (deadline !== null) clearTimeout(deadline)
        signal.removeEventListener('abort', check)
        this.#listeners.delete(check)
        finish()
      }
      const check = () => {
        if (signal.aborted) return end(() => reject(asError(signal.reason)))
        const fault = this.#fault
        if (fault !== null) return end(() => reject(asError(fault.error)))
        try {
          const found = look()
          if (found !== null) end(() => resolve(found))
        } catch (error) {
          end(() => reject(asError(error)))
        }
      }
      const giveUp = () => end(() => resolve(null))
      const deadline =
        timeoutMs === Infinity ? null : setTimeout(giveUp, Math.min(timeoutMs, LONGEST_TIMER_MS))
      signal.addEventListener('abort', check)
      this.#listeners.add(check)
      check()
    })
  }

  /** Says goodbye, closes everything and lets go of all files. */
  async stop(): Promise<void> {
    if (this.#conditions !== null) clearInterval(this.#conditions)
    if (this.#notice !== null) clearTimeout(this.#notice)
    const { runtime } = this
    const hadLinks = [...runtime.node.links.up()].length > 0
    runtime.feed({ type: 'leaving' })
    runtime.transport.leave()
    if (hadLinks) await new Promise((resolve) => setTimeout(resolve, FAREWELL_MS))
    for (const [infoHash] of runtime.node.shares.entries()) runtime.blocks.post({ type: 'close', infoHash })
    runtime.stop()
  }

  #tellConditions(): void {
    this.#bestUpload = Math.max(this.#bestUpload, this.runtime.uploadSpeed())
    const { isWilling } = this.#options
    this.runtime.feed({
      type: 'conditions',
      isVisible: true,
      isWilling,
      uploadBytesPerSecond: this.#bestUpload,
    })
    this.#changed()
  }

  #changed(): void {
    this.#notice ??= setTimeout(() => {
      this.#notice = null
      for (const listener of [...this.#listeners]) listener()
    }, NOTIFY_MS)
  }
}

function portsOf({ identity, server, storage }: PeerOptions, served: ServedDownloads): RuntimePorts<OwnFile> {
  return {
    clock: browserClock,
    cores: OVERLAY_CORES,
    transport: (events) => new DataChannelTransport(events),
    blocks: (events, isOnePiece) => {
      const results: BlockStoreEvents['results'] = (infoHash, each) => {
        events.results(infoHash, each)
        void served.onResults(infoHash, each)
      }
      return new BlockStore(storeInProcess(storage), { ...events, results }, isOnePiece)
    },
    // The server lets in whoever names an origin of its own; browsers can't lie about theirs, and it proves nothing else.
    socket: (events) => new ServerSocket(identity, events, { url: server, origin: server }),
    opening: (info) => storage.learn(info),
  }
}

const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)))
