import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { ConnectionView } from '../app/api.ts'
import { withSpeeds, type MeasuredConnection } from '../lib/network/connections.ts'
import type { Actions } from './actions.svelte.ts'

/** How often the browser is asked: its own figures change about once a second. */
const POLL_MS = 2_000

/** How the linked peers are connected, asked for while the page is open. */
export class ConnectionsState {
  readonly #actions: Actions
  #connections = $state.raw<ReadonlyMap<PeerId, MeasuredConnection>>(new Map())
  #isAsking = false

  constructor(actions: Actions) {
    this.#actions = actions
  }

  of(peer: PeerId): MeasuredConnection | null {
    return this.#connections.get(peer) ?? null
  }

  /** @returns a function that ends it. */
  follow(): () => void {
    void this.#poll()
    const timer = setInterval(() => void this.#poll(), POLL_MS)
    return () => clearInterval(timer)
  }

  async #poll(): Promise<void> {
    // An owner that is going may leave a question open for long.
    if (this.#isAsking) return
    this.#isAsking = true
    const result = await this.#actions.try({ type: 'connections' })
    this.#isAsking = false
    if (result.ok) this.#take(result.value.connections)
  }

  #take(connections: readonly ConnectionView[]): void {
    this.#connections = withSpeeds(this.#connections, connections)
  }
}
