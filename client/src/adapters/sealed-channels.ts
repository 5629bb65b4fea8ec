import { fromHex, toHex, utf8Encode, type Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import type { SessionId } from '@ringdrop/shared/kernel/ids.ts'
import type { LocalSignal } from '@ringdrop/shared/protocols/introduction/effects.ts'
import {
  readCircuitDescription,
  writeCircuitDescription,
  type CircuitRef,
} from '@ringdrop/shared/wire/circuit-description.ts'
import type { ChannelName, TransportEvents } from './transport.ts'

const CURVE = { name: 'ECDH', namedCurve: 'P-256' } as const
/** Frames that wait for the other end's key; it comes before the first of them unless something is wrong. Our choice. */
const EARLY_FRAMES = 64
const CHANNELS: readonly ChannelName[] = ['control', 'bulk']

export interface SealedChannelEvents extends Pick<TransportEvents, 'signal' | 'open' | 'closed' | 'frame'> {
  /** A frame of ours with its seal, ready to leave. */
  sealed(sid: SessionId, bytes: Bytes): void
}

/** One direction: a key of its own, and a counter that no two frames share. */
interface Direction {
  readonly key: CryptoKey
  number: number
}

interface Keys {
  readonly out: Direction
  readonly in: Direction
}

interface Channel {
  readonly isInitiator: boolean
  readonly circuit: CircuitRef
  readonly pair: Promise<CryptoKeyPair>
  /** Known once the other end's key is. */
  keys: Promise<Keys>
  readonly meet: (keys: Promise<Keys>) => void
  hasMet: boolean
  early: number
  /** Frames are sealed, and unsealed, one after another. */
  outgoing: Promise<void>
  incoming: Promise<void>
}

/**
 * The two channels of a link that goes over a relaying peer: what DTLS is to a connection. Keys of one use by ECDH
 * (P-256), which the proof of the link pins to both ends; a key for each direction by HKDF (RFC 5869); every frame sealed
 * by AES-256-GCM under its number, so nothing can be read, changed, left out, repeated or put elsewhere.
 */
export class SealedChannels {
  readonly #channels = new Map<SessionId, Channel>()

  constructor(readonly events: SealedChannelEvents) {}

  has(sid: SessionId): boolean {
    return this.#channels.has(sid)
  }

  /** Sessions that go over circuits, with the relay of each. */
  relays(): ReadonlyMap<SessionId, CircuitRef> {
    return new Map([...this.#channels].map(([sid, { circuit }]) => [sid, circuit]))
  }

  open(sid: SessionId, isInitiator: boolean, circuit: CircuitRef): void {
    const pair = crypto.subtle.generateKey(CURVE, false, ['deriveBits'])
    let meet: (keys: Promise<Keys>) => void = () => undefined
    const keys = new Promise<Keys>((resolve) => (meet = resolve))
    // Whoever waits for them is told; nobody may be waiting yet.
    keys.catch(() => undefined)
    const done = Promise.resolve()
    const state = { hasMet: false, early: 0, outgoing: done, incoming: done }
    const channel: Channel = { isInitiator, circuit, pair, keys, meet, ...state }
    this.#channels.set(sid, channel)
    if (isInitiator) void this.#describe(sid, channel, 'offer')
  }

  /** The other end's description, which has been checked; the first one counts. */
  signal(sid: SessionId, signal: LocalSignal): void {
    const channel = this.#channels.get(sid)
    if (channel === undefined || channel.hasMet || signal.type === 'candidate') return
    const other = readCircuitDescription(signal.sdp)
    if (other === null) return
    channel.hasMet = true
    channel.meet(this.#derive(sid, channel, fromHex(other.key)))
    void this.#onMet(sid, channel)
  }

  seal(sid: SessionId, name: ChannelName, bytes: Bytes): void {
    const channel = this.#channels.get(sid)
    if (channel === undefined) return
    const body = new Uint8Array(bytes.length + 1)
    body[0] = CHANNELS.indexOf(name)
    body.set(bytes, 1)
    channel.outgoing = channel.outgoing.then(async () => {
      const { out } = await channel.keys
      const sealed = await crypto.subtle.encrypt(nonceOf(out), out.key, body)
      if (this.#channels.get(sid) === channel) this.events.sealed(sid, new Uint8Array(sealed))
    })
    channel.outgoing.catch(() => this.#fail(sid, channel))
  }

  unseal(sid: SessionId, bytes: Bytes): void {
    const channel = this.#channels.get(sid)
    if (channel === undefined) return
    if (!channel.hasMet && ++channel.early > EARLY_FRAMES) return this.#fail(sid, channel)
    channel.incoming = channel.incoming.then(async () => {
      const keys = await channel.keys
      const body = new Uint8Array(await crypto.subtle.decrypt(nonceOf(keys.in), keys.in.key, bytes))
      const name = CHANNELS[body[0] ?? CHANNELS.length]
      if (name === undefined) throw new Error('no such channel')
      if (this.#channels.get(sid) === channel) this.events.frame(sid, name, body.slice(1))
    })
    channel.incoming.catch(() => this.#fail(sid, channel))
  }

  /** Silent: nothing is told of a channel that was closed from here. */
  close(sid: SessionId): boolean {
    return this.#channels.delete(sid)
  }

  closeAll(): void {
    this.#channels.clear()
  }

  async #onMet(sid: SessionId, channel: Channel): Promise<void> {
    try {
      await channel.keys
      if (!channel.isInitiator) await this.#describe(sid, channel, 'answer')
      if (this.#channels.get(sid) === channel) this.events.open(sid)
    } catch {
      this.#fail(sid, channel)
    }
  }

  async #describe(sid: SessionId, channel: Channel, type: 'offer' | 'answer'): Promise<void> {
    const { publicKey } = await channel.pair
    const key = toHex(new Uint8Array(await crypto.subtle.exportKey('raw', publicKey)))
    if (this.#channels.get(sid) !== channel) return
    this.events.signal(sid, { type, sdp: writeCircuitDescription({ ...channel.circuit, key }) })
  }

  async #derive(sid: SessionId, channel: Channel, otherKey: Bytes): Promise<Keys> {
    const { privateKey } = await channel.pair
    const other = await crypto.subtle.importKey('raw', otherKey, CURVE, false, [])
    const secret = await crypto.subtle.deriveBits({ name: 'ECDH', public: other }, privateKey, 256)
    const base = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey'])
    const keyFrom = async (role: 'initiator' | 'responder'): Promise<Direction> => {
      const info = utf8Encode(`ringdrop circuit 1 ${role}`)
      const how = { name: 'HKDF', hash: 'SHA-256', salt: fromHex(sid), info }
      const aes = { name: 'AES-GCM', length: 256 }
      return { key: await crypto.subtle.deriveKey(how, base, aes, false, ['encrypt', 'decrypt']), number: 0 }
    }
    const [mine, theirs] = channel.isInitiator
      ? (['initiator', 'responder'] as const)
      : (['responder', 'initiator'] as const)
    return { out: await keyFrom(mine), in: await keyFrom(theirs) }
  }

  #fail(sid: SessionId, channel: Channel): void {
    if (this.#channels.get(sid) !== channel) return
    this.#channels.delete(sid)
    this.events.closed(sid)
  }
}

/** 96 bits: the number of the frame in its direction. */
function nonceOf(direction: Direction): { name: string; iv: Bytes } {
  const iv = new Uint8Array(12)
  new DataView(iv.buffer).setBigUint64(4, BigInt(direction.number++))
  return { name: 'AES-GCM', iv }
}
