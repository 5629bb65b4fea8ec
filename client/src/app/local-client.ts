import { assertNever } from '@ringdrop/shared/kernel/core.ts'
import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { parseLink } from '@ringdrop/shared/content/magnet.ts'
import { snapshotOf } from '@ringdrop/shared/node/snapshot.ts'
import { browserClock } from '../adapters/browser-clock.ts'
import { Hasher } from '../adapters/hashing/hasher.ts'
import type { Identity } from '../adapters/identity.ts'
import type { StateStore } from '../adapters/state-store.ts'
import { isRelayAmong } from '../adapters/transport.ts'
import { storageUsage, UNKNOWN_USAGE } from '../adapters/storage-usage.ts'
import type {
  AppCommand,
  AppPhase,
  AppResult,
  AppResults,
  AppSnapshot,
  LimitsView,
  StorageView,
} from './api.ts'
import { fail, ok, type Failure, type Success } from './answers.ts'
import { AwaitedCode } from './awaited-code.ts'
import { browserPorts } from './browser-ports.ts'
import { describeDiagnostics } from './diagnostics.ts'
import { Library } from './library.ts'
import { MediaServer } from './media-server.ts'
import { NearbyCommands } from './nearby-commands.ts'
import { NetworkCommands } from './network-commands.ts'
import { News } from './news.ts'
import { NodeRuntime } from './node-runtime.ts'
import type { Owner } from './remote-client.ts'
import { ShareCommands } from './share-commands.ts'
import { ShareJobs } from './share-jobs.ts'
import { until } from './until.ts'
import { Wakefulness } from './wakefulness.ts'

/** How often the browser is asked how much room there is: downloads fill it, what is removed frees it. Our choice. */
const MEASURE_MS = 30_000
/** Files of a removed share are gone by then, as a rule. Our choice. */
const REMOVED_MS = 2_000

/** The client of the tab that runs the node. */
export class LocalClient implements Owner {
  readonly runtime: NodeRuntime
  readonly #library: Library
  readonly #shares: ShareCommands
  readonly #media: MediaServer
  readonly #network: NetworkCommands
  readonly #nearby: NearbyCommands
  readonly #jobs: ShareJobs
  readonly #wakefulness: Wakefulness
  readonly #code = new AwaitedCode(() => this.#changed())
  readonly #listeners = new Set<() => void>()
  #tellFault: () => void = () => undefined
  /** Until the node has stopped by a fault of ours. */
  readonly faulted = new Promise<void>((resolve) => (this.#tellFault = resolve))
  readonly #session = crypto.randomUUID()
  #phase: AppPhase = { name: 'owner' }
  #limits: LimitsView = { uploadRate: null, downloadRate: null }
  #usage = UNKNOWN_USAGE
  #lost: readonly InfoHash[] = []
  readonly #checkedAt = new Map<InfoHash, number>()
  #snapshot: AppSnapshot | null = null
  readonly #news = new News(
    () => this.#media.onChange(),
    () => {
      for (const listener of this.#listeners) listener()
    },
  )
  #measureTimer: ReturnType<typeof setTimeout> | null = null

  constructor(
    identity: Identity,
    readonly state: StateStore,
  ) {
    this.runtime = new NodeRuntime(identity, state, browserPorts(identity, this.#code), {
      manualEnvelope: (envelope) => this.#network.invites.onEnvelope(envelope),
      manualRefused: (code) => this.#network.invites.onRefused(code),
      persist: (what) => void this.#network.persist(what).catch(() => undefined),
      changed: () => this.#changed(),
      completed: () => void this.#measureStorage(),
      unwritten: (infoHash) => this.#library.unwritten.add(infoHash),
      unreadable: (infoHash) => void this.#onUnreadable(infoHash),
      offerStarted: (infoHash) => void this.#shares.remember(infoHash, null),
      fault: (error) => {
        this.#phase = { name: 'failed', because: 'fault', detail: String(error) }
        this.#tellFault()
        this.#changed()
      },
    })
    this.#library = new Library(state, this.runtime, () => this.#changed())
    this.#shares = new ShareCommands(this.runtime, state, this.#library)
    this.#media = new MediaServer(this.runtime)
    this.#network = new NetworkCommands(this.runtime, state, this.#code)
    this.#nearby = new NearbyCommands(this.runtime, state, (isSo) => this.#until(isSo))
    const hasher = new Hasher(this.#code.teller('hashing'))
    this.#jobs = new ShareJobs(this.runtime, this.#library, () => this.#changed(), hasher)
    this.#wakefulness = this.#watch()
  }

  async start(): Promise<void> {
    await this.#setLimits(await this.state.limits(), false)
    await this.#network.start()
    await this.#library.restore()
    await this.#nearby.start()
    this.runtime.socket.connect()
    await this.#measureStorage()
  }

  untilShared(id: string): Promise<InfoHash | null> {
    return this.#jobs.untilEnded(id)
  }

  stop(): void {
    if (this.#measureTimer !== null) clearTimeout(this.#measureTimer)
    this.#wakefulness.stop()
    this.#network.stop()
    this.runtime.stop()
    this.#media.stop()
    this.#jobs.stop()
  }

  snapshot(): AppSnapshot {
    this.#snapshot ??= Object.freeze({
      phase: this.#phase,
      node: snapshotOf(this.runtime.node, browserClock.now()),
      session: this.#session,
      hashing: this.#jobs.views,
      missingSources: this.#library.missingSources,
      server: this.runtime.socket.view,
      storage: this.#storage(),
      limits: this.#limits,
      settings: this.#network.settings,
      nearby: this.#nearby.view(),
      sleep: this.#wakefulness.sleep,
      code: this.#code.state,
      hasRelay: isRelayAmong(this.runtime.transport.iceServers),
      constructedConnections: this.runtime.transport.constructedCount,
    })
    return this.#snapshot
  }

  #storage(): StorageView {
    const { shares } = this.runtime.node
    const stateOf = (infoHash: InfoHash) => shares.get(infoHash)?.exchange.state.name ?? 'seeding'
    this.#lost = this.#lost.filter((infoHash) => stateOf(infoHash) !== 'seeding')
    const unwritten = this.#library.unwritten.count
    return { kind: this.runtime.storageKind, ...this.#usage, unwritten, lost: this.#lost }
  }

  async #onUnreadable(infoHash: InfoHash): Promise<void> {
    const code = await import('./lost-downloads.ts').catch(() => null)
    const parts = { runtime: this.runtime, library: this.#library, checkedAt: this.#checkedAt }
    if ((await code?.checkAgain(parts, infoHash)) !== true) return
    this.#lost = [...this.#lost.filter((each) => each !== infoHash), infoHash]
    this.#changed()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async run<Type extends AppCommand['type']>(
    command: Extract<AppCommand, { type: Type }>,
  ): Promise<AppResult<Type>> {
    if (command.type === 'remove') this.#measureAfter(REMOVED_MS)
    // What fails unforeseen is the browser's storage, as a rule: full, or gone.
    const result = (await this.#run(command).catch(() => fail('io'))) as AppResult<Type>
    this.#changed()
    return result
  }

  async #run(command: AppCommand): Promise<Success<AppResults[AppCommand['type']]> | Failure> {
    switch (command.type) {
      case 'share':
        return ok({ id: this.#share(command) })
      case 'search':
      case 'cancelSearch':
      case 'settings':
      case 'unlisted':
      case 'invite':
      case 'pasteInvite':
      case 'connections':
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
        await this.#untilKnown(command.infoHash)
        return this.#shares.run(command)
      case 'select':
      case 'prioritize':
      case 'play':
      case 'rename':
      case 'pause':
      case 'resume':
      case 'remove':
      case 'files':
      case 'blobs':
      case 'torrentFile':
      case 'importTorrent':
      case 'reselect':
        return this.#shares.run(command)
      case 'limits':
        await this.#setLimits(command.limits, true)
        return ok(null)
      case 'server':
        if (command.connect) this.runtime.socket.connect()
        else this.runtime.socket.disconnect()
        return ok(null)
      case 'diagnostics':
        return ok({ text: await describeDiagnostics(this.snapshot(), this.runtime) })
      default:
        return assertNever(command)
    }
  }

  #share({ files, isUnlisted, sendTo }: Extract<AppCommand, { type: 'share' }>): string {
    return this.#jobs.start(files, {
      isUnlisted,
      // To send something to one device takes it out of nobody's searches.
      isListingKept: sendTo !== null,
      onShared: (infoHash) => {
        if (sendTo === null) return
        void this.#nearby.sendShared(sendTo, infoHash).then(() => this.#changed())
      },
    })
  }

  #open(text: string): Success<{ infoHash: InfoHash }> | Failure {
    const link = parseLink(text)
    if (!link.ok) return fail(link.code)
    const { infoHash } = link.value
    this.runtime.feed({ type: 'openLink', infoHash })
    // Where its code can't be fetched, the next link has them forgotten.
    void import('./looked-at-links.ts')
      .then((late) => late.forgetOldLinks(this.runtime, infoHash))
      .catch(() => null)
    return ok({ infoHash })
  }

  /** Whoever clicks has seen what there is to download, maybe as another tab ran the node: this one asks for it anew. */
  #untilKnown(infoHash: InfoHash): Promise<void> {
    const exchange = () => this.runtime.node.shares.get(infoHash)?.exchange
    if (exchange() === undefined) this.runtime.feed({ type: 'openLink', infoHash })
    return this.#until(() => (exchange()?.swarm ?? null) !== null)
  }

  #until(isSo: () => boolean): Promise<void> {
    return until((listener) => this.onChange(listener), isSo)
  }

  async #setLimits(limits: LimitsView, save: boolean): Promise<void> {
    this.#limits = limits
    const [uploadRate, downloadRate] = [limits.uploadRate ?? Infinity, limits.downloadRate ?? Infinity]
    this.runtime.feed({ type: 'limits', uploadRate, downloadRate })
    if (save) await this.state.saveLimits(limits)
  }

  async #measureStorage(): Promise<void> {
    this.#measureAfter(MEASURE_MS)
    await this.#library.unwritten.retry()
    this.#usage = await storageUsage()
    this.#changed()
  }

  #measureAfter(ms: number): void {
    if (this.#measureTimer !== null) clearTimeout(this.#measureTimer)
    this.#measureTimer = setTimeout(() => void this.#measureStorage(), ms)
  }

  #watch(): Wakefulness {
    const { runtime } = this
    return new Wakefulness({
      woke: () => {
        runtime.feed({ type: 'woke' })
        runtime.socket.check()
        this.#changed()
      },
      networkChanged: () => {
        runtime.transport.checkAll()
        runtime.feed({ type: 'networkChanged' })
        runtime.socket.check()
      },
    })
  }

  #changed(): void {
    this.#snapshot = null
    this.#news.changed()
  }
}
