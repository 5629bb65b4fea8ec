import { io, type Socket } from 'socket.io-client'
import * as v from 'valibot'
import {
  nearbyChangeSchema,
  nearbyResponseSchema,
  type NearbyChange,
  type NearbyRequest,
} from '@ringdrop/shared/wire/nearby.ts'
import { decodeEnvelope, type SignalEnvelope } from '@ringdrop/shared/wire/envelope.ts'
import {
  announceResponseSchema,
  directorySearchResponseSchema,
  directoryUpdateResponseSchema,
  sampleResponseSchema,
  challengeSchema,
  closingSchema,
  challengeText,
  iceServersSchema,
  identifyResponseSchema,
  REFUSAL_CODES,
  type AnnounceRequest,
  type ClientToServerEvents,
  type DirectorySearchRequest,
  type DirectoryUpdateRequest,
  type IceServer,
  type ServerRole,
  type ServerToClientEvents,
} from '@ringdrop/shared/wire/signaling.ts'
import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { SearchOutcome, UpdateOutcome } from '@ringdrop/shared/protocols/directory/client.ts'
import type { NearbyOutcome } from '@ringdrop/shared/protocols/nearby/client.ts'
import type { AnnounceOutcome } from '@ringdrop/shared/protocols/tracker/announcer.ts'
import type { Identity } from './identity.ts'
import type { ServerView } from '../app/api.ts'

/** Acknowledgements later than this count as no answer. */
const ACK_TIMEOUT_MS = 10_000
/** A server that does not answer within this time after a sleep is connected anew. Our choice. */
const CHECK_TIMEOUT_MS = 4_000
/** Reconnection: 0.5 s, doubling to 30 s, with jitter, so that a restarted server is not stormed. */
const RECONNECT = { reconnectionDelay: 500, reconnectionDelayMax: 30_000, randomizationFactor: 0.5 }

/** After a refusal the next try waits longer than any reconnection. */
const RETRY_REFUSED_MS = 30_000

export interface ServerEvents {
  up(roles: readonly ServerRole[]): void
  /** Just before `up`, and whenever their credentials are renewed. */
  iceServers(servers: readonly IceServer[]): void
  down(): void
  envelope(envelope: SignalEnvelope): void
  nearby(change: NearbyChange): void
  /** For views. */
  changed(view: ServerView): void
}

const refusalSchema = v.object({ ok: v.literal(false), code: v.picklist(REFUSAL_CODES) })

type ClientSocket = Socket<ServerToClientEvents, ClientToServerEvents>

/** Where the server is, and what the handshake says of us. */
export interface ServerAddress {
  readonly url: string
  /** Browsers name the origin of their page by themselves. */
  readonly origin?: string
}

/** The socket to the introduction server. What it says is checked like anything else from outside. */
export class ServerSocket {
  readonly #socket: ClientSocket
  readonly #identity: Identity
  readonly #events: ServerEvents
  readonly #host: string
  #view: ServerView = { state: 'connecting', because: null }
  /** The reason that the server gave for closing, if any. */
  #closing: ServerView['because'] = null
  #isWanted = false

  constructor(identity: Identity, events: ServerEvents, { url, origin }: ServerAddress) {
    this.#identity = identity
    this.#events = events
    this.#host = new URL(url).host
    const extraHeaders = origin === undefined ? {} : { extraHeaders: { origin } }
    this.#socket = io(url, { transports: ['websocket'], autoConnect: false, ...RECONNECT, ...extraHeaders })
    this.#socket.on('challenge', (challenge) => void this.#identify(challenge))
    this.#socket.on('signal', (raw) => {
      const envelope = decodeEnvelope(raw)
      if (envelope.ok) this.#events.envelope(envelope.value)
    })
    this.#socket.on('nearby', (raw) => {
      const change = v.safeParse(nearbyChangeSchema, raw)
      if (change.success) this.#events.nearby(change.output)
    })
    this.#socket.on('iceServers', (raw) => {
      const fresh = v.safeParse(iceServersSchema, raw)
      if (fresh.success) this.#events.iceServers(fresh.output.iceServers.map(iceServer))
    })
    this.#socket.on('closing', (raw) => {
      const notice = v.safeParse(closingSchema, raw)
      if (!notice.success || notice.output.reason === 'shuttingDown') return
      this.#closing = notice.output.reason === 'replaced' ? 'replaced' : 'refused'
    })
    this.#socket.on('disconnect', (reason) => {
      this.#down(this.#closing ?? 'unreachable')
      // Socket.IO does not come back by itself when the server closed the socket.
      if (reason === 'io server disconnect' && this.#isWanted) this.#retryLater()
    })
    this.#socket.on('connect_error', () => this.#down('unreachable'))
  }

  get view(): ServerView {
    return this.#view
  }

  connect(): void {
    this.#isWanted = true
    this.#closing = null
    this.#show({ state: 'connecting', because: null })
    this.#socket.connect()
  }

  disconnect(): void {
    this.#isWanted = false
    this.#socket.disconnect()
    this.#down(null)
  }

  /** After a sleep or a change of network: comes back at once, or finds out soon that the server is gone. */
  check(): void {
    if (!this.#isWanted) return
    if (this.#view.state !== 'up') return this.#reconnect()
    this.#socket
      .timeout(CHECK_TIMEOUT_MS)
      .emitWithAck('sample', { numWant: 0 })
      .catch(() => this.#reconnect())
  }

  /** Without the wait that has grown meanwhile. */
  #reconnect(): void {
    if (!this.#isWanted) return
    this.#socket.disconnect()
    this.connect()
  }

  signal(envelope: SignalEnvelope): void {
    if (this.#view.state === 'up') this.#socket.emit('signal', envelope, () => undefined)
  }

  announce(request: AnnounceRequest): Promise<AnnounceOutcome> {
    return this.#ask(announceResponseSchema, (socket) => socket.emitWithAck('announce', request))
  }

  /** Peers that are online; none when the server does not say. */
  async sample(numWant: number): Promise<readonly PeerId[]> {
    const answer = await this.#ask(sampleResponseSchema, (socket) =>
      socket.emitWithAck('sample', { numWant }),
    )
    return answer.ok ? answer.peers : []
  }

  updateDirectory(request: DirectoryUpdateRequest): Promise<UpdateOutcome> {
    return this.#ask(directoryUpdateResponseSchema, (socket) =>
      socket.emitWithAck('directoryUpdate', request),
    )
  }

  searchDirectory(request: DirectorySearchRequest): Promise<SearchOutcome> {
    return this.#ask(directorySearchResponseSchema, (socket) =>
      socket.emitWithAck('directorySearch', request),
    )
  }

  announceNearby(request: NearbyRequest): Promise<NearbyOutcome> {
    return this.#ask(nearbyResponseSchema, (socket) => socket.emitWithAck('nearby', request))
  }

  /** Emits, waits for the acknowledgement and checks it. Never rejects. */
  async #ask<Response>(
    schema: v.GenericSchema<unknown, Response>,
    emit: (socket: ReturnType<ClientSocket['timeout']>) => Promise<unknown>,
  ): Promise<
    Response | v.InferOutput<typeof refusalSchema> | { readonly ok: false; readonly code: 'noAnswer' }
  > {
    try {
      const raw = await emit(this.#socket.timeout(ACK_TIMEOUT_MS))
      const parsed = v.safeParse(v.union([schema, refusalSchema]), raw)
      return parsed.success ? parsed.output : { ok: false, code: 'noAnswer' }
    } catch {
      return { ok: false, code: 'noAnswer' }
    }
  }

  async #identify(raw: unknown): Promise<void> {
    const challenge = v.safeParse(challengeSchema, raw)
    if (!challenge.success) return
    const host = this.#host
    // While we sign or wait we may have left, or be on our way again: then this belongs to a connection that is no more.
    const { id } = this.#socket
    const signature = await this.#identity.sign(challengeText(host, challenge.output.nonce))
    if (this.#socket.id !== id) return
    try {
      const request = { key: this.#identity.publicKey, host, signature }
      const answer: unknown = await this.#socket.timeout(ACK_TIMEOUT_MS).emitWithAck('identify', request)
      const parsed = v.safeParse(identifyResponseSchema, answer)
      if (!parsed.success || parsed.output.peerId !== this.#identity.peerId) return this.#down('refused')
      this.#show({ state: 'up', because: null })
      this.#events.iceServers(parsed.output.iceServers.map(iceServer))
      this.#events.up(parsed.output.roles)
    } catch {
      if (this.#socket.id !== id) return
      // The server may take us for connected from now on, and then nothing else would ever bring us back.
      this.#socket.disconnect()
      this.#retryLater()
    }
  }

  #retryLater(): void {
    setTimeout(() => {
      if (this.#isWanted && !this.#socket.active) this.connect()
    }, RETRY_REFUSED_MS)
  }

  #down(because: ServerView['because']): void {
    const wasUp = this.#view.state === 'up'
    this.#show({ state: 'down', because })
    if (wasUp) this.#events.down()
  }

  #show(view: ServerView): void {
    this.#view = view
    this.#events.changed(view)
  }
}

/** Leaves out what is undefined: optional properties are exact. */
function iceServer(server: v.InferOutput<typeof identifyResponseSchema>['iceServers'][number]): IceServer {
  const { urls, username, credential } = server
  return {
    urls,
    ...(username === undefined ? {} : { username }),
    ...(credential === undefined ? {} : { credential }),
  }
}
