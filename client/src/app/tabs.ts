import { loadIdentity } from '../adapters/identity.ts'
import { idbValues } from '../adapters/idb-values.ts'
import { StateStore } from '../adapters/state-store.ts'
import type { AppCommand, AppPhase, AppResult, AppSnapshot, NodeClient } from './api.ts'
import { emptySnapshot } from './empty-snapshot.ts'
import { LocalClient } from './local-client.ts'
import { RemoteClient, serveTabs } from './remote-client.ts'

/** Whoever holds this lock owns the profile's identity, links and files. */
const LOCK = 'ringdrop-node'

type Role =
  | { readonly name: 'starting' | 'failed'; readonly phase: AppPhase }
  | { readonly name: 'owner'; readonly client: LocalClient }
  | { readonly name: 'follower'; readonly client: RemoteClient }

/**
 * One identity per browser profile: the first tab runs the node, the others pass everything to it. When the
 * owner closes, the next tab in line takes over, with the same key and the same shares.
 */
class TabClient implements NodeClient {
  #role: Role = { name: 'starting', phase: { name: 'starting' } }
  readonly #listeners = new Set<() => void>()
  readonly #waiting: (() => void)[] = []

  constructor() {
    this.#boot().catch((error: unknown) => this.#fail(error))
  }

  snapshot(): AppSnapshot {
    return 'client' in this.#role ? this.#role.client.snapshot() : emptySnapshot(this.#role.phase)
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async run<Type extends AppCommand['type']>(
    command: Extract<AppCommand, { type: Type }>,
  ): Promise<AppResult<Type>> {
    if (this.#role.name === 'starting') await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return 'client' in this.#role ? this.#role.client.run<Type>(command) : { ok: false, code: 'ownerGone' }
  }

  async #boot(): Promise<void> {
    const obstacle = findObstacle()
    if (obstacle !== null) return this.#become({ name: 'failed', phase: obstacle })
    const state = new StateStore(idbValues())
    await navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
      if (lock !== null) return this.#own(state)
      this.#become({ name: 'follower', client: new RemoteClient(state, () => this.#announce()) })
      return undefined
    })
    // Not the owner: wait in line for the day when the owner closes.
    if (this.#role.name === 'follower') await navigator.locks.request(LOCK, () => this.#own(state))
  }

  /** Runs the node and keeps the lock until the tab is gone, or the node broke: then the next tab takes over. */
  async #own(state: StateStore): Promise<void> {
    const client = new LocalClient(await loadIdentity(state), state)
    client.onChange(() => this.#announce())
    await client.start().catch((error: unknown) => {
      // Another tab may have more luck, and must not meet half a node of the same identity.
      client.stop()
      throw error
    })
    const former = this.#role
    const endServing = serveTabs(client)
    this.#become({ name: 'owner', client })
    if (former.name === 'follower') former.client.handOver(client)
    await client.faulted
    endServing()
    client.stop()
  }

  /** Nothing can be kept here, or no lock be had. */
  #fail(error: unknown): void {
    const former = this.#role
    this.#become({ name: 'failed', phase: { name: 'failed', because: 'noStorage', detail: String(error) } })
    if (former.name === 'follower') former.client.handOver(null)
  }

  #become(role: Role): void {
    this.#role = role
    for (const resolve of this.#waiting.splice(0)) resolve()
    this.#announce()
  }

  #announce(): void {
    for (const listener of this.#listeners) listener()
  }
}

function findObstacle(): AppPhase | null {
  if (!globalThis.isSecureContext) {
    return { name: 'failed', because: 'insecureContext', detail: location.origin }
  }
  if (typeof RTCPeerConnection === 'undefined') return { name: 'failed', because: 'noWebRtc', detail: '' }
  if (typeof navigator.locks === 'undefined' || typeof indexedDB === 'undefined') {
    return { name: 'failed', because: 'noStorage', detail: '' }
  }
  return null
}

/** The client of this tab, whichever tab runs the node. */
export function createNodeClient(): NodeClient {
  return new TabClient()
}
