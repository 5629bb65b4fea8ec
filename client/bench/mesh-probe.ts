import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import { browserClock } from '../src/adapters/browser-clock.ts'
import { loadIdentity } from '../src/adapters/identity.ts'
import { idbValues } from '../src/adapters/idb-values.ts'
import { StateStore } from '../src/adapters/state-store.ts'
import type { AppSnapshot } from '../src/app/api.ts'
import { LocalClient } from '../src/app/local-client.ts'

/** Looked at this often whether a link is there. */
const LOOK_MS = 2

/** The production client of one tab, with its hand on single links: made, unmade and kept on command. */
export class MeshProbe {
  private constructor(readonly client: LocalClient) {}

  /** All discovery systems are off, so that no link comes about that was not asked for. */
  static async start(): Promise<MeshProbe> {
    const state = new StateStore(idbValues())
    const client = new LocalClient(await loadIdentity(state), state)
    const systems = { directory: false, gnutella: false, kazaa: false, ring: false }
    await client.run({ type: 'settings', settings: { systems } })
    await client.start()
    return new MeshProbe(client)
  }

  snapshot(): AppSnapshot {
    return this.client.snapshot()
  }

  /**
   * Makes a link.
   * @param via a neighbour that knows a way to the peer, as the answer to a query would have told; `null` for none.
   * @returns milliseconds from the command until the link is up, or why there is none.
   */
  async link(peer: PeerId, via: PeerId | null): Promise<number | string> {
    const { runtime } = this.client
    const { node } = runtime
    if (via !== null) node.discovery.ways.learn(peer, via, browserClock.now())
    node.linking.failures.delete(peer)
    const started = performance.now()
    runtime.feed({ type: 'link', peer })
    for (;;) {
      if (node.links.byPeer(peer) !== undefined) return performance.now() - started
      const failure = node.linking.failures.get(peer)
      if (failure !== undefined) return failure
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
  }

  /** Closes the link as if its channel had closed. */
  unlink(peer: PeerId): void {
    const link = this.client.runtime.node.links.byPeer(peer)
    if (link !== undefined) this.client.runtime.feed({ type: 'channelClosed', sid: link.sid })
  }

  /** Links count as used just now: without a share and a system they would soon be closed as idle. */
  keepLinks(): void {
    for (const link of this.client.runtime.node.links.up()) link.idleSince = browserClock.now()
  }
}
