import { Emitter } from '@socket.io/component-emitter'
import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'

/** Told to whoever listens: what of it comes when is simple-peer's business. */
type Events = Record<string, (...words: unknown[]) => void>

/**
 * As much of Node's `Duplex` as simple-peer uses: what comes in is told by `data` at once, and nothing is queued. Nobody
 * pipes it and nobody writes to it: the transport sends by simple-peer's `send`.
 */
export class Duplex extends Emitter<Events, Events> {
  /** simple-peer ends both halves when it closes, unless they say that they have ended. */
  readonly _readableState = { ended: false }
  readonly _writableState = { finished: false }

  /** Streams have options, of which none matters here; an emitter would take them for what it is to become. */
  constructor(_options?: unknown) {
    super()
  }

  /** @param data `null` at the end, which `close` tells as well. */
  push(data: Bytes | string | null): boolean {
    if (data === null) this._readableState.ended = true
    else this.emit('data', data)
    return true
  }

  end(): void {
    this._writableState.finished = true
  }
}
