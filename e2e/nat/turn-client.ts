import { createHash, createHmac, randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { isIPv4 } from 'node:net'

const COOKIE = 0x2112a442
const HEADER_BYTES = 20
const INTEGRITY_BYTES = 24
const ANSWER_MS = 5_000
const METHOD = { allocate: 0x0003, createPermission: 0x0008 } as const
/** A packet for a peer, without an answer. */
const SEND_INDICATION = 0x0016
const ATTRIBUTE = {
  username: 0x0006,
  integrity: 0x0008,
  error: 0x0009,
  peer: 0x0012,
  data: 0x0013,
  realm: 0x0014,
  nonce: 0x0015,
  transport: 0x0019,
} as const
const UDP = Buffer.from([17, 0, 0, 0])

export interface Credentials {
  readonly username: string
  readonly credential: string
}
/** What the server said: 0 for success, else the number of its error (RFC 8656). */
export type Code = number

interface Answer {
  readonly code: Code
  readonly attributes: ReadonlyMap<number, Buffer>
}

function attribute(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(value.length, 2)
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)])
}

function parse(message: Buffer): Answer {
  const attributes = new Map<number, Buffer>()
  for (let at = HEADER_BYTES; at + 4 <= message.length;) {
    const size = message.readUInt16BE(at + 2)
    attributes.set(message.readUInt16BE(at), message.subarray(at + 4, at + 4 + size))
    at += 4 + Math.ceil(size / 4) * 4
  }
  const error = attributes.get(ATTRIBUTE.error)
  const isError = (message.readUInt16BE(0) & 0x0110) === 0x0110
  return { code: isError ? (error?.[2] ?? 0) * 100 + (error?.[3] ?? 0) : 0, attributes }
}

/** Sixteen bytes of an IPv6 address. */
function ipv6Bytes(address: string): Buffer {
  const tail = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  const hex = (high = '0', low = '0') => ((Number(high) << 8) | Number(low)).toString(16)
  const plain =
    tail === null
      ? address
      : `${address.slice(0, tail.index)}${hex(tail[1], tail[2])}:${hex(tail[3], tail[4])}`
  const [left = '', right] = plain.split('::')
  const words = (text = '') => (text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16)))
  const [head, end] = [words(left), words(right)]
  const all = [...head, ...new Array<number>(8 - head.length - end.length).fill(0), ...end]
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 255]))
}

/** One client of a TURN server over UDP with one allocation at most (RFC 8656), without any retransmission. */
export class TurnClient {
  readonly #socket: Socket = createSocket('udp4')
  #realm = Buffer.alloc(0)
  #nonce = Buffer.alloc(0)

  /**
   * @param port of the server on this machine
   * @param answerMs how long an answer is waited for before it throws
   */
  constructor(
    readonly port: number,
    readonly credentials: Credentials,
    readonly answerMs = ANSWER_MS,
  ) {}

  /** Asks for an allocation with the long-term credentials. */
  async allocate(): Promise<Code> {
    const { attributes } = await this.#ask(METHOD.allocate, [attribute(ATTRIBUTE.transport, UDP)], false)
    this.#realm = Buffer.from(attributes.get(ATTRIBUTE.realm) ?? [])
    this.#nonce = Buffer.from(attributes.get(ATTRIBUTE.nonce) ?? [])
    return (await this.#ask(METHOD.allocate, [attribute(ATTRIBUTE.transport, UDP)], true)).code
  }

  /** Asks for leave to exchange packets with an address through the allocation. */
  async permit(address: string): Promise<Code> {
    return (await this.#ask(METHOD.createPermission, [this.#peer(address)], true)).code
  }

  /** Sends a packet to a port of an IPv4 address that it has leave for. */
  send(address: string, port: number, data: Buffer): void {
    const header = this.#header(SEND_INDICATION)
    const peer = Buffer.from([0, 1, 0, 0, ...address.split('.').map(Number)])
    peer.writeUInt16BE(port ^ (COOKIE >>> 16), 2)
    for (let at = 4; at < peer.length; at++) peer[at] = (peer[at] ?? 0) ^ (header[at] ?? 0)
    const body = Buffer.concat([attribute(ATTRIBUTE.peer, peer), attribute(ATTRIBUTE.data, data)])
    header.writeUInt16BE(body.length, 2)
    this.#socket.send(Buffer.concat([header, body]), this.port, '127.0.0.1')
  }

  close(): void {
    this.#socket.close()
  }

  /** XOR-PEER-ADDRESS; the transaction is known only later, so IPv6 addresses are finished in {@link #ask}. */
  #peer(address: string): Buffer {
    const isV4 = isIPv4(address)
    const bytes = isV4 ? Buffer.from(address.split('.').map(Number)) : ipv6Bytes(address)
    const head = Buffer.from([0, isV4 ? 1 : 2, 0, 0])
    head.writeUInt16BE(4000 ^ (COOKIE >>> 16), 2)
    return attribute(ATTRIBUTE.peer, Buffer.concat([head, bytes]))
  }

  #header(type: number): Buffer {
    const header = Buffer.alloc(HEADER_BYTES)
    header.writeUInt16BE(type, 0)
    header.writeUInt32BE(COOKIE, 4)
    randomBytes(12).copy(header, 8)
    return header
  }

  async #ask(method: number, parts: readonly Buffer[], isSigned: boolean): Promise<Answer> {
    const header = this.#header(method)
    const body = Buffer.concat(parts)
    // Addresses are masked by cookie and transaction.
    if (method === METHOD.createPermission)
      for (let at = 8; at < body.length; at++) body[at] = (body[at] ?? 0) ^ (header[4 + at - 8] ?? 0)
    const { username, credential } = this.credentials
    const signed = isSigned
      ? [
          attribute(ATTRIBUTE.username, Buffer.from(username)),
          attribute(ATTRIBUTE.realm, this.#realm),
          attribute(ATTRIBUTE.nonce, this.#nonce),
        ]
      : []
    const unsigned = Buffer.concat([header, body, ...signed])
    unsigned.writeUInt16BE(unsigned.length - HEADER_BYTES + (isSigned ? INTEGRITY_BYTES : 0), 2)
    if (!isSigned) return this.#exchange(unsigned)
    const key = createHash('md5').update(`${username}:${this.#realm.toString()}:${credential}`).digest()
    const mac = createHmac('sha1', key).update(unsigned).digest()
    return this.#exchange(Buffer.concat([unsigned, attribute(ATTRIBUTE.integrity, mac)]))
  }

  #exchange(message: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the TURN server does not answer')), this.answerMs)
      const hear = (answer: Buffer) => {
        if (!answer.subarray(8, HEADER_BYTES).equals(message.subarray(8, HEADER_BYTES))) return
        clearTimeout(timer)
        this.#socket.off('message', hear)
        resolve(parse(answer))
      }
      this.#socket.on('message', hear)
      this.#socket.send(message, this.port, '127.0.0.1')
    })
  }
}
