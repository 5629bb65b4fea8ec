import { randomBytes } from 'node:crypto'
import { createConnection, type Socket } from 'node:net'

/** A server at this loopback port. */
export interface Target {
  readonly port: number
  readonly origin: string
}

const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9 } as const

/** One WebSocket frame as a client sends it (RFC 6455, section 5.2), masked with zeroes so that it can be sent again. */
export function frame(
  payload: string | Buffer,
  opcode: keyof typeof OPCODE = typeof payload === 'string' ? 'text' : 'binary',
  isFinal = true,
): Buffer {
  const body = Buffer.from(payload)
  const first = (isFinal ? 0x80 : 0) | OPCODE[opcode]
  const length = body.length
  if (length < 126) return Buffer.concat([Buffer.from([first, 0x80 | length, 0, 0, 0, 0]), body])
  const extended = Buffer.alloc(length < 65_536 ? 2 : 8)
  if (length < 65_536) extended.writeUInt16BE(length)
  else extended.writeBigUInt64BE(BigInt(length))
  return Buffer.concat([
    Buffer.from([first, 0x80 | (length < 65_536 ? 126 : 127)]),
    extended,
    Buffer.alloc(4),
    body,
  ])
}

/** The handshake of a page of the server's own origin, or of another when told. */
export function upgradeRequest(target: Target, headers: Record<string, string | null> = {}): string {
  const all: Record<string, string | null> = {
    Host: new URL(target.origin).host,
    Origin: target.origin,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    ...headers,
  }
  const lines = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]))
  return `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

/** A TCP connection that speaks WebSocket as badly as a test wants. */
export class RawSocket {
  readonly #tcp: Socket
  #received = ''
  #isClosed = false
  readonly closed: Promise<void>

  constructor(target: Target) {
    this.#tcp = createConnection(target.port, '127.0.0.1')
    this.#tcp.setNoDelay(true)
    this.#tcp.on('error', () => undefined)
    this.#tcp.on('data', (bytes) => {
      // Frames of a server are not masked, so texts can be found in the bytes. Only the beginning matters.
      if (this.#received.length < 4096) this.#received += bytes.toString('latin1')
    })
    this.closed = new Promise((resolve) => {
      this.#tcp.once('close', () => {
        this.#isClosed = true
        resolve()
      })
    })
  }

  /** A connection past its handshake; rejects when it is refused. */
  static async open(target: Target): Promise<RawSocket> {
    const socket = new RawSocket(target)
    socket.write(upgradeRequest(target))
    await socket.has('\r\n\r\n')
    if (!socket.text.startsWith('HTTP/1.1 101')) throw new Error(socket.text)
    return socket
  }

  /** What came so far, 4 KiB at most. */
  get text(): string {
    return this.#received
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Returns when a text has come, or when nothing more can come. */
  async has(text: string): Promise<boolean> {
    while (!this.#received.includes(text) && !this.#isClosed) {
      await Promise.race([new Promise((resolve) => this.#tcp.once('data', resolve)), this.closed])
    }
    return this.#received.includes(text)
  }

  /** Returns when the system has taken it, or the connection is gone. */
  async write(data: string | Buffer): Promise<void> {
    if (this.#isClosed || !this.#tcp.writable) return
    if (this.#tcp.write(data)) return
    await Promise.race([new Promise((resolve) => this.#tcp.once('drain', resolve)), this.closed])
  }

  /** Reads no more: what the server sends stays with it. */
  stopReading(): void {
    this.#tcp.pause()
  }

  destroy(): void {
    this.#tcp.destroy()
  }
}
