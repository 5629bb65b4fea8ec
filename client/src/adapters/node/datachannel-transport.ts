import { PeerConnection, type DataChannel } from 'node-datachannel'
import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import type { SessionId } from '@ringdrop/shared/kernel/ids.ts'
import type { LocalSignal } from '@ringdrop/shared/protocols/introduction/effects.ts'
import type { IceServer } from '@ringdrop/shared/wire/signaling.ts'
import type { ConnectionPath } from '../connection-path.ts'
import { adaptHighWater, HIGH_WATER_START_BYTES, type BulkFlow } from '../high-water.ts'
import type { ChannelName, Transport, TransportEvents } from '../transport.ts'
import { BulkQueue, asActive, bytesOf, candidateOf, nativeServers, pathOfNative } from './data-channels.ts'

/** Frames kept that come before both channels are open; as in a browser. */
const EARLY_FRAMES = 16
/** What was said last is on its way within this time. Our choice. */
const LINGER_MS = 100
/** What the end has overtaken is here within this time. Our choice. */
const OVERTAKEN_MS = 20
/** As Chromium says of itself. */
const MAX_MESSAGE_BYTES = 262_144

interface Connection extends BulkFlow {
  readonly native: PeerConnection
  readonly channels: Readonly<Record<ChannelName, DataChannel>>
  readonly early: { channel: ChannelName; bytes: Bytes }[]
  readonly isInitiator: boolean
  readonly isTrickling: boolean
  state: 'connecting' | 'open' | 'leaving' | 'closed'
  isCongested: boolean
  /**
   * Candidates that wait for the answer. libdatachannel starts ICE with an answer before it has noted its fingerprint;
   * who knows our addresses by then may get so far with DTLS that the fingerprint is missed and the connection fails
   * (4 of 500 on a busy machine, 0 of 1,000 since they wait).
   */
  held: LocalSignal[] | null
}

/**
 * WebRTC in a process, by libdatachannel: the channels of the browser's transport, a handful of threads for any number
 * of connections. It can't restart ICE: a connection whose path is lost closes, and is made anew.
 */
export class DataChannelTransport implements Transport {
  readonly #connections = new Map<SessionId, Connection>()
  readonly #events: TransportEvents
  iceServers: readonly IceServer[] = []
  #isRelayOnly = false
  constructedCount = 0

  constructor(events: TransportEvents) {
    this.#events = events
  }

  setRelayOnly(isRelayOnly: boolean): void {
    if (isRelayOnly === this.#isRelayOnly) return
    this.#isRelayOnly = isRelayOnly
    if (isRelayOnly) for (const [sid, connection] of [...this.#connections]) this.#drop(sid, connection)
  }

  open(sid: SessionId, isInitiator: boolean, isTrickling: boolean): void {
    let native: PeerConnection
    try {
      this.constructedCount++
      native = new PeerConnection(sid, {
        iceServers: nativeServers(this.iceServers),
        iceTransportPolicy: this.#isRelayOnly ? 'relay' : 'all',
        disableAutoNegotiation: true,
        maxMessageSize: MAX_MESSAGE_BYTES,
      })
    } catch {
      // No sockets or threads are left.
      queueMicrotask(() => this.#events.closed(sid))
      return
    }
    const control = native.createDataChannel('control', { negotiated: true, id: 0 })
    const bulk = native.createDataChannel('bulk', { negotiated: true, id: 1 })
    const connection: Connection = {
      native,
      channels: { control, bulk },
      bulk: new BulkQueue(bulk),
      early: [],
      isInitiator,
      isTrickling,
      state: 'connecting',
      isCongested: false,
      held: isInitiator && isTrickling ? [] : null,
      highWaterBytes: HIGH_WATER_START_BYTES,
      sentBytes: 0,
      mark: null,
    }
    connection.bulk.bufferedAmountLowThreshold = HIGH_WATER_START_BYTES / 2
    this.#connections.set(sid, connection)
    this.#listen(sid, connection)
    if (isInitiator) this.#attempt(sid, connection, () => native.setLocalDescription('offer'))
  }

  /** An offer to an open connection is the other end's restart: the link is made anew instead. */
  signal(sid: SessionId, signal: LocalSignal): void {
    const connection = this.#connections.get(sid)
    if (connection === undefined) return
    const { native } = connection
    if (signal.type === 'candidate') return addCandidate(native, signal)
    if (connection.state === 'open') return this.#drop(sid, connection)
    if ((signal.type === 'offer') === connection.isInitiator) return
    this.#attempt(sid, connection, () => {
      native.setRemoteDescription(signal.type === 'offer' ? asActive(signal.sdp) : signal.sdp, signal.type)
      if (signal.type === 'offer') native.setLocalDescription('answer')
      for (const candidate of connection.held?.splice(0) ?? []) this.#events.signal(sid, candidate)
      connection.held = null
    })
  }

  restart(sid: SessionId): void {
    const connection = this.#connections.get(sid)
    if (connection?.state === 'open') this.#drop(sid, connection)
  }

  checkAll(): void {
    for (const [sid, { state }] of this.#connections) if (state === 'open') this.#events.faltering(sid)
  }

  paths(): Promise<ReadonlyMap<SessionId, ConnectionPath>> {
    const paths = new Map<SessionId, ConnectionPath>()
    for (const [sid, { state, native }] of this.#connections) {
      const path = state === 'open' ? pathOfNative(native, Date.now()) : null
      if (path !== null) paths.set(sid, path)
    }
    return Promise.resolve(paths)
  }

  send(sid: SessionId, channel: ChannelName, bytes: Bytes): void {
    const connection = this.#connections.get(sid)
    if (connection?.state !== 'open') return
    this.#attempt(sid, connection, () => {
      connection.channels[channel].sendMessageBinary(bytes)
      if (channel === 'bulk') this.#onSent(sid, connection, bytes.length)
    })
  }

  close(sid: SessionId): void {
    const connection = this.#connections.get(sid)
    if (connection === undefined) return
    connection.state = 'closed'
    this.#connections.delete(sid)
    connection.native.close()
  }

  leave(): void {
    for (const connection of this.#connections.values()) {
      // Our own end stays until `closeAll`, and the channel a moment: closing it now may lose what is still queued.
      connection.state = 'leaving'
      const { control } = connection.channels
      setTimeout(() => connection.state === 'leaving' && control.isOpen() && control.close(), LINGER_MS)
    }
  }

  closeAll(): void {
    for (const sid of [...this.#connections.keys()]) this.close(sid)
  }

  #onSent(sid: SessionId, connection: Connection, sentBytes: number): void {
    const { bulk } = connection
    connection.sentBytes += sentBytes
    if (connection.isCongested || bulk.bufferedAmount < connection.highWaterBytes) return
    adaptHighWater(connection, performance.now())
    // The mark may have risen above what is queued: then no event would ever tell that it has drained.
    if (bulk.bufferedAmount <= bulk.bufferedAmountLowThreshold) return
    connection.isCongested = true
    this.#events.congestion(sid, 'congested')
  }

  #listen(sid: SessionId, connection: Connection): void {
    const { native, channels, isTrickling } = connection
    // Each kind of event comes by a queue of its own, and the end may overtake what was said before it.
    const ended = () => void setTimeout(() => this.#drop(sid, connection), OVERTAKEN_MS)
    const signal = (each: LocalSignal) => this.#connections.has(sid) && this.#events.signal(sid, each)
    native.onLocalDescription((sdp, type) => {
      if (isTrickling && (type === 'offer' || type === 'answer')) signal({ type, sdp })
    })
    native.onLocalCandidate((line, sdpMid) => {
      if (!isTrickling) return
      const candidate = candidateOf(line, sdpMid)
      if (connection.held === null) signal(candidate)
      else connection.held.push(candidate)
    })
    native.onGatheringStateChange((state) => {
      if (isTrickling || state !== 'complete' || connection.state !== 'connecting') return
      const description = native.localDescription()
      if (description !== null)
        signal({ type: connection.isInitiator ? 'offer' : 'answer', sdp: description.sdp })
    })
    native.onStateChange((state) => {
      if (state === 'failed' || state === 'closed') ended()
    })
    for (const channel of ['control', 'bulk'] as const) {
      channels[channel].onOpen(() => this.#onOpen(sid, connection))
      channels[channel].onClosed(ended)
      channels[channel].onError(() => this.#drop(sid, connection))
      channels[channel].onMessage((message) => {
        const bytes = bytesOf(message)
        if (bytes !== null) this.#onFrame(sid, connection, channel, bytes)
      })
    }
    channels.bulk.onBufferedAmountLow(() => {
      if (!connection.isCongested || connection.state !== 'open') return
      connection.isCongested = false
      this.#events.congestion(sid, 'writable')
    })
  }

  #onOpen(sid: SessionId, connection: Connection): void {
    const { channels, early } = connection
    if (connection.state !== 'connecting' || !channels.control.isOpen() || !channels.bulk.isOpen()) return
    connection.state = 'open'
    this.#events.open(sid)
    for (const { channel, bytes } of early.splice(0)) this.#events.frame(sid, channel, bytes)
  }

  #onFrame(sid: SessionId, connection: Connection, channel: ChannelName, bytes: Bytes): void {
    if (connection.state === 'open') this.#events.frame(sid, channel, bytes)
    else if (connection.state === 'connecting' && connection.early.length < EARLY_FRAMES)
      connection.early.push({ channel, bytes })
  }

  /** What libdatachannel refuses costs this connection, and no other. */
  #attempt(sid: SessionId, connection: Connection, action: () => void): void {
    try {
      action()
    } catch {
      this.#drop(sid, connection)
    }
  }

  #drop(sid: SessionId, connection: Connection): void {
    if (connection.state === 'closed' || connection.state === 'leaving') return
    connection.state = 'closed'
    this.#connections.delete(sid)
    connection.native.close()
    this.#events.closed(sid)
  }
}

/** A candidate of no use, such as a name that nobody resolves, does not spoil the others. */
function addCandidate(native: PeerConnection, signal: Extract<LocalSignal, { type: 'candidate' }>): void {
  if (signal.candidate === '') return
  try {
    native.addRemoteCandidate(signal.candidate, signal.sdpMid ?? '0')
  } catch {
    return
  }
}
