import { SAVE_GONE, type SaveMessage, type SavePart, type SaveRequest } from './save-protocol.ts'

interface Save {
  readonly name: string
  readonly sizeBytes: number
  readonly port: MessagePort
  /** Whether the browser fetches it: once is all there is. */
  isTaken: boolean
}

/** Streams that pages save, on the worker's side. Bytes are asked for when the browser wants some, and never before. */
export class Saves {
  readonly #saves = new Map<string, Save>()

  /** @param port came with the message. */
  onMessage(message: SaveMessage, port: MessagePort): void {
    if (message.type === 'saving') {
      if (!this.#saves.has(message.id)) port.postMessage(SAVE_GONE)
      return
    }
    const { id, name, sizeBytes } = message
    this.#saves.set(id, { name, sizeBytes, port, isTaken: false })
    tell(port, { type: 'ready' })
  }

  /** @param headers of all answers. @returns a file to be saved and nothing else, whatever is in it. */
  respond(id: string, headers: Readonly<Record<string, string>>): Response {
    const save = this.#saves.get(id)
    if (save === undefined || save.isTaken) return new Response(null, { status: 404, headers })
    save.isTaken = true
    const name = encodeURIComponent(save.name).replace(/['()*]/g, (each) => `%${hex(each)}`)
    return new Response(this.#streamOf(id, save.port), {
      headers: {
        ...headers,
        'content-type': 'application/octet-stream',
        'content-length': String(save.sizeBytes),
        'content-disposition': `attachment; filename*=UTF-8''${name}`,
      },
    })
  }

  #streamOf(id: string, port: MessagePort): ReadableStream<Uint8Array<ArrayBuffer>> {
    const part = () =>
      new Promise<SavePart>((resolve) => {
        port.onmessage = ({ data }: MessageEvent<SavePart>) => resolve(data)
        tell(port, { type: 'more' })
      })
    return new ReadableStream(
      {
        pull: async (controller) => {
          const given = await part()
          if (given.type === 'bytes') return controller.enqueue(new Uint8Array(given.bytes))
          this.#saves.delete(id)
          if (given.type === 'end') controller.close()
          else controller.error(new Error('the rest can’t be read'))
        },
        cancel: () => {
          this.#saves.delete(id)
          tell(port, { type: 'cancelled' })
        },
      },
      { highWaterMark: 0 },
    )
  }
}

const tell = (port: MessagePort, request: SaveRequest): void => port.postMessage(request)
const hex = (character: string): string => character.charCodeAt(0).toString(16).toUpperCase()
