import SimplePeer from 'simple-peer'
import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import type { SessionId } from '@ringdrop/shared/kernel/ids.ts'
import type { LocalSignal } from '@ringdrop/shared/protocols/introduction/effects.ts'
import type { IceServer } from '@ringdrop/shared/wire/signaling.ts'
import { pathOf, type ConnectionPath } from './connection-path.ts'
import { localSignal } from './local-signal.ts'
import { adaptHighWater, HIGH_WATER_START_BYTES, type BulkFlow } from './high-water.ts'
import { PatientChecks } from './patient-checks.ts'
import type { ChannelName, Transport, TransportEvents } from './transport.ts'

/** The private parts of simple-peer that we need: it can neither make a second channel nor restart ICE. */
interface Internals {
  readonly _pc: RTCPeerConnection
  readonly _channel: RTCDataChannel | null
  /** Whether candidates are signalled one by one. */
  trickle: boolean
  _isNegotiating: boolean
  _onIceStateChange(): void
  _onConnectionStateChange(): void
  /** Public, but missing in the types. */
  negotiate(): void
}

interface Connection extends BulkFlow {
  readonly bulk: RTCDataChannel
  readonly peer: SimplePeer.Instance
  /** While people carry the descriptions; `null` where they are signalled. */
  readonly patience: PatientChecks | null
  /** Frames that came before both channels were open. */
  readonly early: { channel: ChannelName; bytes: Bytes }[]
  state: 'connecting' | 'open' | 'closed'
  isCongested: boolean
}

/**
 * WebRTC by simple-peer: one connection per peer with two channels that both ends agreed on beforehand,
 * `control` (id 0, simple-peer's own) and `bulk` (id 1). The only file that knows simple-peer.
 */
export class WebRtcTransport implements Transport {
  readonly #connections = new Map<SessionId, Connection>()
  readonly #events: TransportEvents
  iceServers: readonly IceServer[] = []
  #isRelayOnly = false
  /** Connections constructed in this tab's life. Chromium refuses more than 500 that it has not collected as garbage. */
  constructedCount = 0

  constructor(events: TransportEvents) {
    this.#events = events
  }

  setRelayOnly(isRelayOnly: boolean): void {
    if (isRelayOnly === this.#isRelayOnly) return
    this.#isRelayOnly = isRelayOnly
    if (!isRelayOnly) return
    for (const { peer } of [...this.#connections.values()]) peer.destroy()
  }

  /** @param isTrickling false: the one description that is signalled holds all candidates. */
  open(sid: SessionId, isInitiator: boolean, isTrickling: boolean): void {
    let peer: SimplePeer.Instance
    try {
      this.constructedCount++
      peer = new SimplePeer({
        initiator: isInitiator,
        trickle: isTrickling,
        objectMode: true,
        channelName: 'control',
        channelConfig: { negotiated: true, id: 0 },
        config: this.#configuration(),
      })
      if ((peer as unknown as Partial<Internals>)._pc === undefined) throw new Error('no connection')
    } catch {
      // The browser refuses to construct another connection.
      queueMicrotask(() => this.#events.closed(sid))
      return
    }
    const { _pc } = peer as unknown as Internals
    const bulk = _pc.createDataChannel('bulk', { negotiated: true, id: 1 })
    bulk.binaryType = 'arraybuffer'
    bulk.bufferedAmountLowThreshold = HIGH_WATER_START_BYTES / 2
    const connection: Connection = {
      peer,
      bulk,
      patience: isTrickling ? null : new PatientChecks(_pc),
      early: [],
      state: 'connecting',
      isCongested: false,
      highWaterBytes: HIGH_WATER_START_BYTES,
      sentBytes: 0,
      mark: null,
    }
    this.#connections.set(sid, connection)
    this.#listen(sid, connection)
    if (!isTrickling) outlastFailure(connection)
  }

  /** Hands over a signal that has been checked; simple-peer itself would destroy the peer over a bad one. */
  signal(sid: SessionId, signal: LocalSignal): void {
    const connection = this.#connections.get(sid)
    if (connection === undefined || connection.peer.destroyed) return
    if (signal.type !== 'candidate') {
      connection.patience?.expect(signal.sdp)
      // An offer to an open connection is a restart, whose answer comes with candidates one by one.
      if (connection.state === 'open') (connection.peer as unknown as Internals).trickle = true
      connection.peer.signal(signal)
      return
    }
    const { candidate, sdpMid, sdpMLineIndex } = signal
    const init = { candidate, sdpMid, sdpMLineIndex } as RTCIceCandidate
    connection.peer.signal({ type: 'candidate', candidate: init })
  }

  /**
   * Looks for another path and signals an offer; certificates and channels stay. A search that is still under way
   * is replaced. Should it fail, simple-peer closes the connection, and whoever needs the link makes a new one.
   */
  restart(sid: SessionId): void {
    const connection = this.#connections.get(sid)
    if (connection?.state !== 'open' || connection.peer.destroyed) return
    const internals = connection.peer as unknown as Internals
    internals.trickle = true
    internals._isNegotiating = false
    internals._pc.setConfiguration(this.#configuration())
    internals._pc.restartIce()
    internals.negotiate()
  }

  /** The browser's network changed, or it slept: every path is in doubt. */
  checkAll(): void {
    for (const [sid, { state, peer }] of this.#connections)
      if (state === 'open' && !peer.destroyed) this.#events.faltering(sid)
  }

  /** How each open connection runs at this moment; one whose browser can't say is left out. */
  async paths(): Promise<ReadonlyMap<SessionId, ConnectionPath>> {
    const paths = new Map<SessionId, ConnectionPath>()
    const ask = async (sid: SessionId, { peer }: Connection) => {
      const stats = await (peer as unknown as Internals)._pc.getStats().catch(() => null)
      const path = stats === null ? null : pathOf(stats)
      if (path !== null) paths.set(sid, path)
    }
    await Promise.all([...this.#connections].map(([sid, each]) => each.state === 'open' && ask(sid, each)))
    return paths
  }

  send(sid: SessionId, channel: ChannelName, bytes: Bytes): void {
    const connection = this.#connections.get(sid)
    if (connection?.state !== 'open') return
    try {
      if (channel === 'control') connection.peer.send(bytes)
      else this.#sendBulk(sid, connection, bytes)
    } catch {
      // The channel closed under our hands: its close event follows.
      connection.peer.destroy()
    }
  }

  close(sid: SessionId): void {
    const connection = this.#connections.get(sid)
    if (connection === undefined) return
    connection.state = 'closed'
    connection.patience?.stop()
    this.#connections.delete(sid)
    connection.peer.destroy()
  }

  /**
   * The page is going: closes all channels after what was sent, so that the others notice at once. Otherwise ICE
   * would take 15 s and more to give us up.
   */
  leave(): void {
    for (const { peer, bulk } of this.#connections.values()) {
      bulk.close()
      ;(peer as unknown as Internals)._channel?.close()
    }
  }

  closeAll(): void {
    for (const sid of [...this.#connections.keys()]) this.close(sid)
  }

  /** Always explicit: simple-peer would name servers of others. */
  #configuration(): RTCConfiguration {
    return {
      iceServers: this.iceServers.map((server) => ({ ...server, urls: [...server.urls] })),
      iceTransportPolicy: this.#isRelayOnly ? 'relay' : 'all',
    }
  }

  #sendBulk(sid: SessionId, connection: Connection, bytes: Bytes): void {
    connection.bulk.send(bytes)
    connection.sentBytes += bytes.length
    if (bytes.length === bytes.buffer.byteLength) this.#events.sent(bytes.buffer)
    if (connection.isCongested || connection.bulk.bufferedAmount < connection.highWaterBytes) return
    adaptHighWater(connection, performance.now())
    // The mark may have risen above what is queued: then no event would ever tell that it has drained.
    if (connection.bulk.bufferedAmount <= connection.bulk.bufferedAmountLowThreshold) return
    connection.isCongested = true
    this.#events.congestion(sid, 'congested')
  }

  #listen(sid: SessionId, connection: Connection): void {
    const { peer, bulk } = connection
    peer.on('signal', (data) => {
      const signal = localSignal(data)
      if (signal !== null && this.#connections.has(sid)) this.#events.signal(sid, signal)
    })
    peer.on('connect', () => this.#onOpen(sid, connection))
    peer.on('iceStateChange', (state: RTCIceConnectionState) => {
      if (state === 'disconnected' && connection.state === 'open') this.#events.faltering(sid)
    })
    peer.on('data', (data: Uint8Array<ArrayBuffer>) => {
      this.#onFrame(sid, connection, 'control', new Uint8Array(data.buffer, data.byteOffset, data.length))
    })
    // 'error' is always followed by 'close'; without a listener it would be thrown.
    peer.on('error', () => undefined)
    peer.on('close', () => this.#onClosed(sid, connection))
    bulk.addEventListener('open', () => this.#onOpen(sid, connection))
    bulk.addEventListener('close', () => peer.destroy())
    bulk.addEventListener('message', (event: MessageEvent<ArrayBuffer>) => {
      this.#onFrame(sid, connection, 'bulk', new Uint8Array(event.data))
    })
    bulk.addEventListener('bufferedamountlow', () => {
      if (!connection.isCongested) return
      connection.isCongested = false
      this.#events.congestion(sid, 'writable')
    })
  }

  #onOpen(sid: SessionId, connection: Connection): void {
    if (
      connection.state !== 'connecting' ||
      !connection.peer.connected ||
      connection.bulk.readyState !== 'open'
    )
      return
    connection.state = 'open'
    connection.patience?.stop()
    this.#events.open(sid)
    for (const { channel, bytes } of connection.early.splice(0)) this.#events.frame(sid, channel, bytes)
  }

  #onFrame(sid: SessionId, connection: Connection, channel: ChannelName, bytes: Bytes): void {
    if (connection.state === 'open') this.#events.frame(sid, channel, bytes)
    else if (connection.state === 'connecting' && connection.early.length < 16)
      connection.early.push({ channel, bytes })
  }

  #onClosed(sid: SessionId, connection: Connection): void {
    if (connection.state === 'closed') return
    connection.state = 'closed'
    connection.patience?.stop()
    this.#connections.delete(sid)
    this.#events.closed(sid)
  }
}

/** Until the connection is open, simple-peer does not hear that it failed, upon which it would end it. See {@link PatientChecks}. */
function outlastFailure(connection: Connection): void {
  const internals = connection.peer as unknown as Internals
  const { _pc } = internals
  const onIce = internals._onIceStateChange.bind(internals)
  const onConnection = internals._onConnectionStateChange.bind(internals)
  const isPatient = (state: string) => state === 'failed' && connection.state === 'connecting'
  internals._onIceStateChange = () => {
    if (!isPatient(_pc.iceConnectionState)) onIce()
  }
  internals._onConnectionStateChange = () => {
    if (!isPatient(_pc.connectionState)) onConnection()
  }
}
