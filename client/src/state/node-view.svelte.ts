import { createSubscriber } from 'svelte/reactivity'
import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import type { ShareView } from '@ringdrop/shared/node/snapshot.ts'
import type { AppSnapshot, NodeClient } from '../app/api.ts'

/** What the node looks like at this moment; whatever reads it is drawn again when it changes, once a frame at most. */
export class NodeView {
  readonly #client: NodeClient
  readonly #subscribe: () => void

  constructor(client: NodeClient) {
    this.#client = client
    this.#subscribe = createSubscriber((update) => client.onChange(oncePerFrame(update)))
  }

  get snapshot(): AppSnapshot {
    this.#subscribe()
    return this.#client.snapshot()
  }

  /** `null` while the node does not have it. */
  share(infoHash: InfoHash): ShareView | null {
    return this.snapshot.node?.shares.find((share) => share.infoHash === infoHash) ?? null
  }
}

/** In a hidden tab no frame ever comes, so there it is told at once: the title must go on. */
function oncePerFrame(update: () => void): () => void {
  let isWaiting = false
  return () => {
    if (document.hidden) return update()
    if (isWaiting) return
    isWaiting = true
    requestAnimationFrame(() => {
      isWaiting = false
      update()
    })
  }
}
