import { assertNever } from '@ringdrop/shared/kernel/core.ts'
import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { sanitizePaths } from '@ringdrop/shared/content/file-names.ts'
import { parseLink } from '@ringdrop/shared/content/magnet.ts'
import type { HashTree } from '@ringdrop/shared/content/merkle.ts'
import { pieceLayer } from '@ringdrop/shared/content/merkle.ts'
import { exportTorrent, importTorrent } from '@ringdrop/shared/content/torrent-file.ts'
import type { Exchange } from '@ringdrop/shared/protocols/bittorrent/exchange.ts'
import { filesOf, snapshotOf } from '@ringdrop/shared/node/snapshot.ts'
import { browserClock } from '../adapters/browser-clock.ts'
import type { Identity } from '../adapters/identity.ts'
import type { StateStore } from '../adapters/state-store.ts'
import { storageUsage, UNKNOWN_USAGE } from '../adapters/storage-usage.ts'
import type {
  AppCommand,
  AppPhase,
  AppResult,
  AppResults,
  AppSnapshot,
  LimitsView,
  NodeClient,
  SavedFile,
} from './api.ts'
import { describeDiagnostics } from './diagnostics.ts'
import { Library } from './library.ts'
import { NearbyCommands } from './nearby-commands.ts'
import { NetworkCommands } from './network-commands.ts'
import { NodeRuntime } from './node-runtime.ts'
import { ShareJobs } from './share-jobs.ts'

/** Views hear of changes at most this often. */
const NOTIFY_MS = 100

type Failure = { readonly ok: false; readonly code: Extract<AppResult<'open'>, { ok: false }>['code'] }
const fail = (code: Failure['code']): Failure => ({ ok: false, code })
const ok = <Value>(value: Value): { readonly ok: true; readonly value: Value } => ({ ok: true, value })

/** The client of the tab that runs the node. */
export class LocalClient implements NodeClient {
  readonly runtime: NodeRuntime
  readonly #library: Library
  readonly #network: NetworkCommands
  readonly #nearby: NearbyCommands
  readonly #jobs: ShareJobs
  readonly #listeners = new Set<() => void>()
  #phase: AppPhase = { name: 'owner' }
  #limits: LimitsView = { uploadRate: null, downloadRate: null }
  #usage = UNKNOWN_USAGE
  #snapshot: AppSnapshot | null = null
  #notifyTimer: ReturnType<typeof setTimeout> | null = null

  constructor(
    identity: Identity,
    readonly state: StateStore,
  ) {
    this.runtime = new NodeRuntime(identity, state, {
      manualEnvelope: (envelope) => this.#network.invites.onEnvelope(envelope),
      manualRefused: (code) => this.#network.invites.onRefused(code),
      persist: (what) => void this.#network.persist(what).catch(() => undefined),
      changed: () => this.#changed(),
      completed: () => void this.#measureStorage(),
      offerStarted: (infoHash) => void this.#remember(infoHash, null),
      fault: (error) => {
        this.#phase = { name: 'failed', because: 'fault', detail: String(error) }
        this.#changed()
      },
    })
    this.#library = new Library(state, this.runtime)
    this.#network = new NetworkCommands(this.runtime, state)
    this.#nearby = new NearbyCommands(this.runtime, state)
    this.#jobs = new ShareJobs(this.runtime, this.#library, () => this.#changed())
  }

  async start(): Promise<void> {
    await this.#setLimits(await this.state.limits(), false)
    await this.#network.start()
    await this.#library.restore()
    await this.#nearby.start()
    this.runtime.socket.connect()
    await this.#measureStorage()
    this.#changed()
  }

  stop(): void {
    this.#network.stop()
    this.runtime.stop()
    this.#jobs.stop()
  }

  snapshot(): AppSnapshot {
    this.#snapshot ??= Object.freeze({
      phase: this.#phase,
      node: snapshotOf(this.runtime.node, browserClock.now()),
      hashing: this.#jobs.views,
      missingSources: this.#library.missingSources,
      server: this.runtime.socket.view,
      storage: { kind: this.runtime.storageKind, ...this.#usage },
      limits: this.#limits,
      settings: this.#network.settings,
      nearby: this.#nearby.view(),
      constructedConnections: this.runtime.transport.constructedCount,
    })
    return this.#snapshot
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async run<Type extends AppCommand['type']>(
    command: Extract<AppCommand, { type: Type }>,
  ): Promise<AppResult<Type>> {
    const result = (await this.#run(command)) as AppResult<Type>
    this.#changed()
    return result
  }

  async #run(
    command: AppCommand,
  ): Promise<{ readonly ok: true; readonly value: AppResults[AppCommand['type']] } | Failure> {
    switch (command.type) {
      case 'share':
        return ok({ id: this.#jobs.start(command.files, command.isUnlisted) })
      case 'search':
      case 'cancelSearch':
      case 'settings':
      case 'unlisted':
      case 'invite':
      case 'pasteInvite':
        return this.#network.run(command)
      case 'nearby':
      case 'sendTo':
      case 'withdrawOffer':
      case 'answerOffer':
        return ok(await this.#nearby.run(command))
      case 'dismissHashing':
        this.#jobs.dismiss(command.id)
        return ok(null)
      case 'open':
        return this.#open(command.text)
      case 'download':
        return this.#download(command.infoHash, command.files)
      case 'select':
        await this.state.updateShare(command.infoHash, { selection: command.files })
        return this.#command(command.infoHash, { type: 'select', files: command.files })
      case 'pause':
      case 'resume':
        await this.state.updateShare(command.infoHash, { isPaused: command.type === 'pause' })
        return this.#command(command.infoHash, { type: command.type })
      case 'remove':
        this.runtime.feed({ type: 'removeShare', infoHash: command.infoHash })
        await this.#library.forget(command.infoHash)
        return ok(null)
      case 'files': {
        const exchange = this.#exchange(command.infoHash)
        return exchange === null ? fail('unknownShare') : ok({ files: filesOf(exchange) })
      }
      case 'blobs':
        return this.#blobs(command.infoHash, command.files)
      case 'torrentFile':
        return this.#torrentFile(command.infoHash)
      case 'importTorrent':
        return this.#importTorrent(command.file)
      case 'reselect': {
        const isGiven =
          command.files.length === 0
            ? await this.#library.grant(command.infoHash)
            : this.#library.reselect(command.infoHash, command.files)
        return isGiven ? ok(null) : fail('notTheSameFiles')
      }
      case 'limits':
        await this.#setLimits(command.limits, true)
        return ok(null)
      case 'server':
        if (command.connect) this.runtime.socket.connect()
        else this.runtime.socket.disconnect()
        return ok(null)
      case 'diagnostics':
        return ok({ text: describeDiagnostics(this.snapshot(), this.runtime) })
      default:
        return assertNever(command)
    }
  }

  #open(text: string): { readonly ok: true; readonly value: { infoHash: InfoHash } } | Failure {
    const link = parseLink(text)
    if (!link.ok) return fail(link.code)
    this.runtime.feed({ type: 'openLink', infoHash: link.value.infoHash })
    return ok({ infoHash: link.value.infoHash })
  }

  async #download(infoHash: InfoHash, files: readonly number[] | null) {
    if (!(await this.#remember(infoHash, files))) return fail('noMetadata')
    return this.#command(infoHash, { type: 'download', files })
  }

  /** Writes a download down, so that it goes on after a reload. @returns false when nothing is known of it. */
  async #remember(infoHash: InfoHash, files: readonly number[] | null): Promise<boolean> {
    const info = this.#exchange(infoHash)?.swarm?.info
    if (info === undefined) return false
    await this.#library.rememberDownload(info, files).catch(() => undefined)
    // Persistence is asked for when there is something to keep, not on the first visit.
    void navigator.storage.persist().catch(() => false)
    return true
  }

  #command(
    infoHash: InfoHash,
    command: Parameters<NodeRuntime['feed']>[0] extends infer Input
      ? Extract<Input, { type: 'command' }> extends { command: infer Command }
        ? Command
        : never
      : never,
  ) {
    if (this.#exchange(infoHash) === null) return fail('unknownShare')
    this.runtime.feed({ type: 'command', infoHash, command })
    return ok(null)
  }

  async #blobs(infoHash: InfoHash, files: readonly number[] | null) {
    const exchange = this.#exchange(infoHash)
    const views = exchange === null ? [] : filesOf(exchange)
    const isWhole = (index: number) => views[index]?.verifiedBytes === views[index]?.sizeBytes
    const wanted =
      files ?? views.map((_, index) => index).filter((index) => views[index]?.isSelected === true)
    if (views.length === 0) return fail('unknownShare')
    if (wanted.length === 0 || !wanted.every(isWhole)) return fail('notFinished')
    const blobs = await this.runtime.blocks.blobs(infoHash, wanted)
    if (blobs === null) return fail('io')
    const name = exchange?.swarm?.info.isSingleFile === false ? [exchange.swarm.info.name] : []
    const paths = sanitizePaths(views.map((view) => [...name, ...view.path]))
    const saved: SavedFile[] = wanted.map((index, at) => ({
      path: paths[index] ?? [],
      file: blobs[at] ?? new Blob([]),
    }))
    return ok({ files: saved })
  }

  #torrentFile(infoHash: InfoHash) {
    const swarm = this.#exchange(infoHash)?.swarm
    if (swarm === null || swarm === undefined) return fail('noMetadata')
    const layers = new Map()
    for (const file of swarm.info.files) {
      if (file.root === null || file.sizeBytes <= swarm.info.pieceBytes) continue
      const leaves = swarm.hashes.leavesOf(file.root)
      if (leaves === null) return fail('notFinished')
      layers.set(file.root, pieceLayer(leaves, swarm.geometry.blocksPerPiece))
    }
    const bytes = exportTorrent(swarm.info, layers)
    const [name] = sanitizePaths([[swarm.info.name]])
    return ok({
      name: `${name?.[0] ?? 'share'}.torrent`,
      file: new Blob([bytes], { type: 'application/x-bittorrent' }),
    })
  }

  async #importTorrent(file: File) {
    const torrent = importTorrent(new Uint8Array(await file.arrayBuffer()))
    if (!torrent.ok) return fail('badTorrent')
    const { info } = torrent.value
    this.runtime.openFiles(info, null)
    const share = {
      info,
      trees: new Map<never, HashTree>(),
      start: 'offer',
      isSource: false,
      selection: null,
      isUnlisted: false,
    } as const
    this.runtime.feed({ type: 'addShare', share })
    return ok({ infoHash: info.infoHash })
  }

  #exchange(infoHash: InfoHash): Exchange | null {
    return this.runtime.node.shares.get(infoHash)?.exchange ?? null
  }

  async #setLimits(limits: LimitsView, save: boolean): Promise<void> {
    this.#limits = limits
    const [uploadRate, downloadRate] = [limits.uploadRate ?? Infinity, limits.downloadRate ?? Infinity]
    this.runtime.feed({ type: 'limits', uploadRate, downloadRate })
    if (save) await this.state.saveLimits(limits)
  }

  async #measureStorage(): Promise<void> {
    this.#usage = await storageUsage()
  }

  #changed(): void {
    this.#snapshot = null
    if (this.#notifyTimer !== null) return
    this.#notifyTimer = setTimeout(() => {
      this.#notifyTimer = null
      for (const listener of this.#listeners) listener()
    }, NOTIFY_MS)
  }
}
