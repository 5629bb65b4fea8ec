import SimplePeer from 'simple-peer'
import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import type { SessionId } from '@ringdrop/shared/kernel/ids.ts'
import type { LocalSignal } from '@ringdrop/shared/protocols/introduction/effects.ts'
import type { IceServer } from '@ringdrop/shared/wire/signaling.ts'
import { askPath, type ConnectionPath } from './connection-path.ts'
import { localSignal } from './local-signal.ts'
import { adaptHighWater, HIGH_WATER_START_BYTES } from './high-water.ts'
import type { LanePolicy } from './lanes/policy.ts'
import type { LaneLink, LaneTab } from './lanes/lane-link.ts'
import { LateLanes } from './lanes/late-lanes.ts'
import { PatientChecks } from './patient-checks.ts'
import { internalsOf, outlastFailure } from './simple-peer/internals.ts'
import type { ChannelName, Transport, TransportEvents } from './transport.ts'

interface Connection {
  readonly bulk: RTCDataChannel
  /** Its bulk flows, and what its lanes need of it. */
  readonly link: LaneLink & { receivedBytes: number; isCongested: boolean }
  readonly lanes: LateLanes
  readonly peer: SimplePeer.Instance
  /** While people carry the descriptions; `null` where they are signalled. */
  readonly patience: PatientChecks | null
  /** Frames that came before both channels were open. */
  readonly early: { channel: ChannelName; bytes: Bytes }[]
  state: 'connecting' | 'open' | 'closed'
}

/**
 * WebRTC by simple-peer: one connection per peer with two channels that both ends agreed on beforehand,
 * `control` (id 0, simple-peer's own) and `bulk` (id 1). The only file that uses simple-peer.
 * Blocks for far peers go over more connections, see `lanes`.
 */
export class WebRtcTransport implements Transport, LaneTab {
  readonly #connections = new Map<SessionId, Connection>()
  readonly #events: TransportEvents
  iceServers: readonly IceServer[] = []
  isRelayOnly = false
  /** Connections constructed in this tab's life. Chromium refuses more than 500 that it has not collected as garbage. */
  constructedCount = 0

  laneCount = 0

  constructor(
    events: TransportEvents,
    readonly policy: LanePolicy | null = null,
  ) {
    this.#events = events
  }

  setRelayOnly(isRelayOnly: boolean): void {
    if (isRelayOnly === this.isRelayOnly) return
    this.isRelayOnly = isRelayOnly
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
      if (internalsOf(peer)._pc === undefined) throw new Error('no connection')
    } catch {
      // The browser refuses to construct another connection.
      queueMicrotask(() => this.#events.closed(sid))
      return
    }
    const { _pc } = internalsOf(peer)
    const bulk = _pc.createDataChannel('bulk', { negotiated: true, id: 1 })
    bulk.binaryType = 'arraybuffer'
    bulk.bufferedAmountLowThreshold = HIGH_WATER_START_BYTES / 2
    const link: Connection['link'] = {
      tab: this,
      pc: _pc,
      own: { bulk, highWaterBytes: HIGH_WATER_START_BYTES, sentBytes: 0, mark: null },
      isCongested: false,
      events: {
        congestion: (state) => this.#events.congestion(sid, state),
        sent: (memory) => this.#events.sent(memory),
      },
      flows: null,
      receivedBytes: 0,
      frame: (bytes) => this.#onFrame(sid, connection, 'bulk', bytes),
      destroy: () => peer.destroy(),
    }
    const connection: Connection = {
      peer,
      bulk,
      link,
      lanes: new LateLanes(link),
      patience: isTrickling ? null : new PatientChecks(_pc),
      early: [],
      state: 'connecting',
    }
    this.#connections.set(sid, connection)
    this.#listen(sid, connection)
    if (!isTrickling) outlastFailure(peer, () => connection.state === 'connecting')
  }

  /** Hands over a signal that has been checked; simple-peer itself would destroy the peer over a bad one. */
  signal(sid: SessionId, signal: LocalSignal): void {
    const connection = this.#connections.get(sid)
    if (connection === undefined || connection.peer.destroyed) return
    if (signal.type !== 'candidate') {
      connection.patience?.expect(signal.sdp)
      // An offer to an open connection is a restart, whose answer comes with candidates one by one.
      if (connection.state === 'open') internalsOf(connection.peer).trickle = true
      if (connection.state === 'open' && signal.type === 'offer') connection.lanes.restart()
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
    const internals = internalsOf(connection.peer)
    internals.trickle = true
    internals._isNegotiating = false
    internals._pc.setConfiguration(this.#configuration())
    internals._pc.restartIce()
    internals.negotiate()
    connection.lanes.restart()
  }

  /** The browser's network changed, or it slept: every path is in doubt. */
  checkAll(): void {
    for (const [sid, { state, peer }] of this.#connections)
      if (state === 'open' && !peer.destroyed) this.#events.faltering(sid)
  }

  /** How each open connection runs at this moment; one whose browser can't say is left out. */
  async paths(): Promise<ReadonlyMap<SessionId, ConnectionPath>> {
    const paths = new Map<SessionId, ConnectionPath>()
    const ask = async (sid: SessionId, { link }: Connection) => {
      const path = await askPath(link.pc)
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
      else this.#sendBulk(connection, bytes)
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
    connection.lanes.close()
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
      internalsOf(peer)._channel?.close()
    }
  }

  closeAll(): void {
    for (const sid of [...this.#connections.keys()]) this.close(sid)
  }

  /** Always explicit: simple-peer would name servers of others. */
  #configuration(): RTCConfiguration {
    return {
      iceServers: this.iceServers.map((server) => ({ ...server, urls: [...server.urls] })),
      iceTransportPolicy: this.isRelayOnly ? 'relay' : 'all',
    }
  }

  #sendBulk({ link, lanes }: Connection, bytes: Bytes): void {
    lanes.look()
    if (link.flows !== null) return link.flows.send(bytes)
    const { own } = link
    own.bulk.send(bytes)
    own.sentBytes += bytes.length
    if (bytes.length === bytes.buffer.byteLength) link.events.sent(bytes.buffer)
    if (link.isCongested || own.bulk.bufferedAmount < own.highWaterBytes) return
    adaptHighWater(own, performance.now())
    // The mark may have risen above what is queued: then no event would ever tell that it has drained.
    if (own.bulk.bufferedAmount <= own.bulk.bufferedAmountLowThreshold) return
    link.isCongested = true
    link.events.congestion('congested')
  }

  #onDrained({ link }: Connection): void {
    if (link.flows !== null) return link.flows.drained()
    if (!link.isCongested) return
    link.isCongested = false
    link.events.congestion('writable')
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
      const bytes = new Uint8Array(event.data)
      connection.link.receivedBytes += bytes.length
      this.#onFrame(sid, connection, 'bulk', bytes)
    })
    bulk.addEventListener('bufferedamountlow', () => this.#onDrained(connection))
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
    connection.lanes.close()
    this.#connections.delete(sid)
    this.#events.closed(sid)
  }
}
