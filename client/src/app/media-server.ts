import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import { BLOCK } from '@ringdrop/shared/protocols/bittorrent/piece-picker.ts'
import { isFetching } from '@ringdrop/shared/protocols/bittorrent/exchange-state.ts'
import type { Exchange } from '@ringdrop/shared/protocols/bittorrent/exchange.ts'
import {
  MEDIA_BYTES,
  MEDIA_CHANNEL,
  type MediaAnswer,
  type MediaMessage,
  type MediaRequest,
} from '../workers/media-protocol.ts'
import type { NodeRuntime } from './node-runtime.ts'

/** A player's question is dropped after so long without data; it asks again. */
const WAIT_MS = 110_000

interface Waiting {
  readonly request: MediaRequest
  readonly until: number
  /** Whether the exchange was told to fetch from there on. */
  isTold: boolean
}

/**
 * Serves files to players while they download: verified bytes only, as soon as they are here. What a player asks for
 * is what somebody watches, so the exchange is told to fetch from there on.
 */
export class MediaServer {
  readonly #channel = new BroadcastChannel(MEDIA_CHANNEL)
  readonly #runtime: NodeRuntime
  #waiting: Waiting[] = []
  /** Questions without an answer so far: each is asked again and again, in case another tab runs the node by then. */
  readonly #open = new Set<string>()

  constructor(runtime: NodeRuntime) {
    this.#runtime = runtime
    this.#channel.onmessage = (event: MessageEvent<MediaMessage>) => {
      if (event.data.type === 'read') this.#onRequest(event.data)
    }
  }

  /** Something changed: bytes that are waited for may be here. */
  onChange(): void {
    if (this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const each of waiting) void this.#serve(each)
  }

  stop(): void {
    this.#channel.close()
  }

  #onRequest(request: MediaRequest): void {
    // While shares are brought back nothing is said of those that are missing: the next time it is asked, they are here.
    if (!this.#runtime.isRestored || this.#open.has(request.id)) return
    this.#open.add(request.id)
    void this.#serve({ request, until: performance.now() + WAIT_MS, isTold: false })
  }

  async #serve(waiting: Waiting): Promise<void> {
    const { id, infoHash, file, offset } = waiting.request
    const exchange = this.#exchange(infoHash)
    // Not only at first: a share that is being checked after a reload fetches nothing yet.
    if (!waiting.isTold && exchange?.swarm?.info.files[file] !== undefined && isFetching(exchange.state)) {
      waiting.isTold = true
      this.#runtime.feed({ type: 'command', infoHash, command: { type: 'play', at: { file, offset } } })
    }
    const totalBytes = exchange?.swarm?.info.files[file]?.sizeBytes
    if (exchange === null || totalBytes === undefined) return this.#post({ type: 'none', id })
    if (offset >= totalBytes) return this.#post({ type: 'data', id, bytes: new ArrayBuffer(0), totalBytes })
    const length = verifiedFrom(exchange, file, offset)
    if (length > 0) {
      const bytes = await this.#runtime.blocks.range(infoHash, file, offset, length)
      return this.#post(bytes === null ? { type: 'none', id } : { type: 'data', id, bytes, totalBytes })
    }
    // Of a paused share, or a file that is left out, nothing would come however long it is waited for.
    const isComing =
      exchange.wishes.isSelected(file) && (isFetching(exchange.state) || exchange.state.name === 'checking')
    if (!isComing || performance.now() >= waiting.until) return this.#post({ type: 'none', id })
    this.#waiting.push(waiting)
  }

  #exchange(infoHash: InfoHash): Exchange | null {
    return this.#runtime.node.shares.get(infoHash)?.exchange ?? null
  }

  #post(message: MediaAnswer): void {
    this.#open.delete(message.id)
    this.#channel.postMessage(message)
  }
}

/** Bytes of a file that are verified without a gap from `offset` on; at most one answer's worth. */
export function verifiedFrom(exchange: Exchange, file: number, offset: number): number {
  const { swarm } = exchange
  if (swarm === null) return 0
  const { geometry, picker } = swarm
  const blocks = geometry.fileBlocks(file)
  const size = geometry.fileSize(file)
  const { blockBytes } = LIMITS
  let end = offset
  for (let block = Math.floor(offset / blockBytes); block < blocks.count; block++) {
    if (picker.state(blocks.first + block) !== BLOCK.have) break
    end = Math.min(size, (block + 1) * blockBytes)
    if (end - offset >= MEDIA_BYTES) return MEDIA_BYTES
  }
  return end - offset
}
