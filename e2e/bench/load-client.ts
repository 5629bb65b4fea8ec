import { randomBytes, webcrypto } from 'node:crypto'
import { createConnection, type Socket } from 'node:net'
import { toHex, utf8Encode } from '@ringdrop/shared/kernel/bytes.ts'
import { challengeText } from '@ringdrop/shared/wire/signaling.ts'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** One text frame as a client sends it (RFC 6455, section 5.2), with a mask of zeroes. */
function frame(text: string): Buffer {
  const body = Buffer.from(text)
  const { length } = body
  const head =
    length < 126
      ? Buffer.from([0x81, 0x80 | length, 0, 0, 0, 0])
      : Buffer.from([0x81, 0x80 | 126, length >> 8, length & 255, 0, 0, 0, 0])
  return Buffer.concat([head, body])
}

/**
 * A peer that costs the load generator little: texts go out as they are, and of what comes in only the beginning of
 * each frame is looked at, so that on a small machine the server is what is measured.
 */
export class LoadClient {
  #buffered: Buffer = Buffer.alloc(0)
  #onText: (text: string) => void = () => undefined
  answered = 0
  refused = 0
  delivered = 0
  #whenIdle: () => void = () => undefined
  #expected = 0

  private constructor(
    readonly tcp: Socket,
    readonly id: string,
    readonly key: string,
  ) {
    tcp.setNoDelay(true)
    tcp.on('data', (bytes) => this.#read(bytes))
    tcp.on('error', () => undefined)
  }

  /** Connects to loopback and identifies with a key of its own. */
  static async join(port: number): Promise<LoadClient> {
    const pair = await webcrypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify'])
    const key = new Uint8Array(await webcrypto.subtle.exportKey('raw', pair.publicKey))
    const id = toHex(new Uint8Array(await webcrypto.subtle.digest('SHA-256', key)))
    const tcp = createConnection(port, '127.0.0.1')
    const host = `localhost:${String(port)}`
    const lines = [
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
      ...[`Host: ${host}`, `Origin: http://${host}`, 'Connection: Upgrade', 'Upgrade: websocket'],
      ...['Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`],
    ]
    await new Promise((resolve, reject) => {
      tcp.once('error', reject)
      tcp.write(`${lines.join('\r\n')}\r\n\r\n`)
      tcp.once('data', (head: Buffer) => {
        const end = head.indexOf('\r\n\r\n') + 4
        if (!head.toString('latin1').startsWith('HTTP/1.1 101'))
          return reject(new Error(head.toString('latin1')))
        if (end < head.length) tcp.unshift(head.subarray(end))
        resolve(undefined)
      })
    })
    const client = new LoadClient(tcp, id, toHex(key))
    const challenge = client.#textWith('challenge')
    tcp.write(frame('40'))
    const [, nonce = ''] = /"nonce":"([0-9a-f]+)"/.exec(await challenge) ?? []
    const text = utf8Encode(challengeText(host, nonce))
    const signature = toHex(new Uint8Array(await webcrypto.subtle.sign(ALGORITHM, pair.privateKey, text)))
    const identified = client.#textWith('"ok":true')
    tcp.write(frame(`420["identify",${JSON.stringify({ key: client.key, host, signature })}]`))
    await identified
    client.#onText = (each) => client.#count(each)
    return client
  }

  /** Sends requests, a few at a time, and returns when all are answered. */
  async ask(requests: readonly string[], atOnce: number): Promise<void> {
    this.answered = 0
    this.#expected = requests.length
    const frames = requests.map((request, at) => frame(`42${String(at)}${request}`))
    let sent = 0
    const send = (): void => {
      const until = Math.min(frames.length, this.answered + atOnce)
      if (sent < until) this.tcp.write(Buffer.concat(frames.slice(sent, until)))
      sent = Math.max(sent, until)
    }
    const done = new Promise<void>((resolve) => (this.#whenIdle = resolve))
    this.#afterRead = send
    send()
    await done
    this.#afterRead = () => undefined
  }

  leave(): void {
    this.tcp.destroy()
  }

  #afterRead: () => void = () => undefined

  #textWith(part: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.tcp.once('close', () => reject(new Error('closed')))
      this.#onText = (text) => {
        if (text.includes(part)) resolve(text)
      }
    })
  }

  #count(text: string): void {
    if (text.startsWith('43')) {
      this.answered++
      if (!text.includes('"ok":true')) this.refused++
      if (this.answered === this.#expected) this.#whenIdle()
    } else if (text.startsWith('42["signal"')) this.delivered++
    else if (text === '2') this.tcp.write(frame('3'))
  }

  /** Frames of a server: not masked, under 64 KiB. */
  #read(bytes: Buffer): void {
    let data = this.#buffered.length === 0 ? bytes : Buffer.concat([this.#buffered, bytes])
    while (data.length >= 2) {
      const short = data[1] ?? 0
      const head = short === 126 ? 4 : 2
      if (data.length < head) break
      const length = short === 126 ? data.readUInt16BE(2) : short
      if (data.length < head + length) break
      // A refusal is short, and a success says so at its beginning.
      this.#onText(data.toString('latin1', head, head + Math.min(length, 400)))
      data = data.subarray(head + length)
    }
    this.#buffered = data
    this.#afterRead()
  }
}
