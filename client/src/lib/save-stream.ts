/** Saving a stream through the browser's downloads, in browsers that can't ask for a place to write to. */
import { concatBytes } from '@ringdrop/shared/kernel/bytes.ts'
import {
  SAVE_GONE,
  savePath,
  type SaveMessage,
  type SavePart,
  type SaveRequest,
} from '../workers/save-protocol.ts'

/** A part holds so much, or what is left: few messages, and little memory. Our choice. */
const PART_BYTES = 1024 * 1024
/** A worker that knows how answers at once, and the browser begins to read what it serves. Our choice. */
const BEGIN_MS = 15_000
/** Firefox stops a worker that has heard nothing for half a minute. */
const ALIVE_MS = 10_000

/** `refused`: it never began, and another way may be tried with a new stream. */
export type StreamOutcome = 'saved' | 'cancelled' | 'refused' | 'failed' | 'unread'

/** What one port brings, in order, to whoever asks. */
class Inbox {
  readonly #come: (SaveRequest | null)[] = []
  #wake: (() => void) | null = null

  put(request: SaveRequest | null): void {
    this.#come.push(request)
    this.#wake?.()
  }

  /** @returns `null` when the worker is gone. */
  async next(): Promise<SaveRequest | null> {
    while (this.#come.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve))
    return this.#come.shift() ?? null
  }
}

/**
 * Gives a stream to the browser's downloads, part by part as it is written.
 * @param worker the active service worker
 * @param open opens an address that is answered with a file to save
 */
export async function saveStream(
  name: string,
  stream: ReadableStream<Uint8Array>,
  sizeBytes: number,
  worker: Pick<ServiceWorker, 'postMessage'>,
  open: (path: string) => void = openHidden,
): Promise<StreamOutcome> {
  const id = crypto.randomUUID()
  const inbox = new Inbox()
  const { port1: port, port2 } = new MessageChannel()
  port.onmessage = ({ data }: MessageEvent<SaveRequest>) => inbox.put(data)
  const tell = (message: SaveMessage, itsPort: MessagePort) => worker.postMessage(message, [itsPort])
  const alive = setInterval(() => {
    const pulse = new MessageChannel()
    pulse.port1.onmessage = ({ data }) => data === SAVE_GONE && inbox.put(null)
    tell({ type: 'saving', id }, pulse.port2)
  }, ALIVE_MS)
  const late = setTimeout(() => inbox.put(null), BEGIN_MS)
  const reader = stream.getReader()
  try {
    tell({ type: 'save', id, name, sizeBytes }, port2)
    if ((await inbox.next())?.type !== 'ready') return 'refused'
    open(savePath(id))
    let request = await inbox.next()
    clearTimeout(late)
    if (request === null) return 'refused'
    for (; request?.type === 'more'; request = await inbox.next()) {
      const part = await readPart(reader)
      port.postMessage(part, part.type === 'bytes' ? [part.bytes] : [])
      if (part.type !== 'bytes') return part.type === 'end' ? 'saved' : 'unread'
    }
    return request === null ? 'failed' : 'cancelled'
  } finally {
    clearTimeout(late)
    clearInterval(alive)
    void reader.cancel().catch(() => undefined)
  }
}

async function readPart(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<SavePart> {
  const parts: Uint8Array[] = []
  try {
    for (let bytes = 0; bytes < PART_BYTES;) {
      const { done, value } = await reader.read()
      if (done) break
      parts.push(value)
      bytes += value.length
    }
  } catch {
    return { type: 'broken' }
  }
  return parts.length === 0 ? { type: 'end' } : { type: 'bytes', bytes: concatBytes(parts).buffer }
}

/** A frame, since the browser asks before it leaves a page, even where it then stays. It goes with the page. */
function openHidden(path: string): void {
  const frame = document.createElement('iframe')
  frame.hidden = true
  frame.src = path
  document.body.append(frame)
}
