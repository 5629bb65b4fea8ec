import { toHex } from '@ringdrop/shared/kernel/bytes.ts'
import { assertNever } from '@ringdrop/shared/kernel/core.ts'
import { parseNonce, type Nonce } from '@ringdrop/shared/kernel/ids.ts'
import { defined } from '@ringdrop/shared/kernel/invariant.ts'
import type { OverlayCores } from '@ringdrop/shared/node/overlay-cores.ts'
import { SYSTEMS } from '@ringdrop/shared/node/systems.ts'
import type { StateStore } from '../adapters/state-store.ts'
import { persistent } from '../lib/persistent.ts'
import type { AppCommand, AppErrorCode, AppResults, SettingsView } from './api.ts'
import type { AwaitedCode } from './awaited-code.ts'
import { connectionsOf } from './connections.ts'
import { DEFAULT_SETTINGS } from './empty-snapshot.ts'
import { Invites, type InviteFailure } from './invites.ts'
import type { NodeRuntime } from './node-runtime.ts'
import { persistOverlay, rememberedOverlays, type EncodedRecords } from './overlay-memory.ts'

export type NetworkCommand = Extract<
  AppCommand,
  { type: 'search' | 'cancelSearch' | 'settings' | 'unlisted' | 'invite' | 'pasteInvite' | 'connections' }
>
type Answer =
  | { readonly ok: true; readonly value: AppResults[NetworkCommand['type']] }
  | { readonly ok: false; readonly code: AppErrorCode }

/** How often the node hears how this tab stands, besides when that changes. */
const CONDITIONS_MS = 20_000

/** A search waits so long for the code of the overlays; it comes within a second or not at all. Our choice. */
const CORES_MS = 3_000

/** Searches, settings of the discovery systems, invites, and what the overlays want to be remembered. */
export class NetworkCommands {
  readonly invites: Invites
  #settings: SettingsView = DEFAULT_SETTINGS
  /** Records as they were written last; they never change, and there may be thousands. */
  readonly #encoded: EncodedRecords = new WeakMap()
  /** The first screen can do without them. */
  readonly #cores: Promise<{ readonly OVERLAY_CORES: OverlayCores }>
  /** Comes true when the overlays run, as far as they are switched on. */
  #overlaysRun: Promise<void> = Promise.resolve()
  #timer: ReturnType<typeof setInterval> | null = null
  /** The best rate at which this tab was seen to upload, bytes per second. */
  #bestUpload = 0

  constructor(
    readonly runtime: NodeRuntime,
    readonly state: StateStore,
    code: AwaitedCode,
  ) {
    this.#cores = persistent(() => import('@ringdrop/shared/node/overlay-cores.ts'), code.teller('overlays'))
    this.invites = new Invites(runtime)
  }

  get settings(): SettingsView {
    return this.#settings
  }

  /**
   * Brings back settings and, as soon as their code is there, the overlays with what they remembered; tells neighbours
   * goodbye when the page goes.
   */
  async start(): Promise<void> {
    this.#apply(await this.state.settings())
    const remembered = await rememberedOverlays(this.state)
    this.#overlaysRun = this.#cores.then(({ OVERLAY_CORES }) => {
      this.runtime.node.discovery.provide(OVERLAY_CORES)
      this.#apply(this.#settings)
      this.runtime.feed(remembered)
    })
    const tell = () => this.#tellConditions()
    document.addEventListener('visibilitychange', tell)
    this.#timer = setInterval(tell, CONDITIONS_MS)
    addEventListener('pagehide', (event) => {
      // A page that the browser may bring back keeps its links as long as they last.
      if (event.persisted) return
      this.runtime.feed({ type: 'leaving' })
      this.runtime.transport.leave()
    })
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
  }

  async run(command: NetworkCommand): Promise<Answer> {
    switch (command.type) {
      case 'search': {
        if (command.systems.some((name) => name !== 'directory')) await this.#waitForOverlays()
        const id = newId()
        this.runtime.feed({ type: 'search', id, text: command.text, systems: command.systems })
        return { ok: true, value: { id } }
      }
      case 'cancelSearch':
        this.runtime.feed({ type: 'cancelSearch', id: command.id })
        return { ok: true, value: null }
      case 'settings':
        this.#apply({ ...this.#settings, ...command.settings })
        await this.state.saveSettings(this.#settings)
        return { ok: true, value: null }
      case 'unlisted': {
        const { infoHash, isUnlisted } = command
        this.runtime.feed({ type: 'setUnlisted', infoHash, isUnlisted })
        await this.state.updateShare(infoHash, { isUnlisted })
        return { ok: true, value: null }
      }
      case 'invite':
        return answerOf(await this.invites.make())
      case 'pasteInvite':
        return answerOf(await this.invites.paste(command.text))
      case 'connections':
        return { ok: true, value: { connections: await connectionsOf(this.runtime) } }
      default:
        return assertNever(command)
    }
  }

  /** Writes down what an overlay would miss after a reload. */
  async persist(what: 'ring' | 'hostCache'): Promise<void> {
    await persistOverlay(this.runtime.node, this.state, what, this.#encoded)
  }

  async #waitForOverlays(): Promise<void> {
    if (this.runtime.node.discovery.overlays.cores !== null) return
    await Promise.race([this.#overlaysRun, new Promise((resolve) => setTimeout(resolve, CORES_MS))])
  }

  #apply(settings: SettingsView): void {
    this.#settings = settings
    for (const name of SYSTEMS)
      this.runtime.feed({ type: 'switchSystem', name, isOn: settings.systems[name] })
    this.runtime.feed({ type: 'ringRouting', routing: settings.ringRouting })
    this.runtime.feed({ type: 'gnutellaMode', mode: settings.gnutellaMode })
    this.runtime.transport.setRelayOnly(settings.isRelayOnly)
    this.#tellConditions()
  }

  #tellConditions(): void {
    const isVisible = document.visibilityState === 'visible'
    const { isWilling } = this.#settings
    const upload = this.runtime.uploadSpeed()
    this.#bestUpload = Math.max(this.#bestUpload, upload)
    this.runtime.feed({ type: 'conditions', isVisible, isWilling, uploadBytesPerSecond: this.#bestUpload })
  }
}

function answerOf<Value extends AppResults['invite'] | AppResults['pasteInvite']>(
  outcome: Value | { readonly failure: InviteFailure },
): Answer {
  return 'failure' in outcome
    ? { ok: false, code: `invite:${outcome.failure}` }
    : { ok: true, value: outcome }
}

function newId(): Nonce {
  return defined(parseNonce(toHex(crypto.getRandomValues(new Uint8Array(16)))), 'id')
}
