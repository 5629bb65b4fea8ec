import type { IncomingMessage, Server as HttpServer } from 'node:http'
import type { Socket as TcpSocket } from 'node:net'
import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import { Server, type ServerOptions } from 'socket.io'
import { ConnectionGuard } from './connection-guard.ts'
import type { Connection, PeerServer, PeerSocket } from './events.ts'
import { answerRefusal, type Gate } from './gate.ts'
import type { Forwarded } from './relay.ts'
import { Session, type SessionServices } from './session.ts'

export interface SocketsOptions {
  readonly gate: Gate
  readonly services: SessionServices
  /** Lets rooms reach across servers; `null` when this process is alone. */
  readonly adapter: ServerOptions['adapter'] | null
  /** Told when handling an event threw, which is a bug of ours; the socket is closed. */
  readonly onFault: (error: unknown) => void
}

/** How long open sockets may take to say goodbye at shutdown. Our choice. */
const GOODBYE_MS = 1000

/** Socket.IO on top of an HTTP server: WebSocket only, small messages, no binary, no compression. */
export class Sockets {
  readonly #io: PeerServer
  readonly #sessions = new Map<Connection, Session>()
  readonly #guards = new Map<Connection, ConnectionGuard>()
  readonly #tcp = new Set<TcpSocket>()
  #whenEmpty: () => void = () => undefined

  constructor(
    server: HttpServer,
    readonly options: SocketsOptions,
  ) {
    this.#io = new Server(server, {
      transports: ['websocket'],
      allowUpgrades: false,
      maxHttpBufferSize: LIMITS.socketMessageBytes,
      perMessageDeflate: false,
      httpCompression: false,
      serveClient: false,
      cookie: false,
      ...(options.adapter === null ? {} : { adapter: options.adapter }),
      connectTimeout: LIMITS.unauthenticatedMs,
      allowRequest: (request, decide) => {
        const refusal = options.gate.check(request)
        if (refusal === null) return decide(null, true)
        options.services.metrics.connectionsRefused.inc({ reason: refusal })
        answerRefusal(request, refusal)
        decide(refusal, false)
      },
    })
    this.#io.engine.use((request: IncomingMessage, _response: unknown, next: (error?: Error) => void) => {
      next(namesSession(request) ? new Error('a session takes no second connection') : undefined)
    })
    this.#io.engine.on('connection', (connection: Connection) => {
      this.#guard(connection)
    })
    this.#io.on('connection', (socket) => {
      this.#welcome(socket)
    })
  }

  /** Sends an event to a peer through other servers. */
  forward(to: PeerId, event: Forwarded): void {
    if (event.type === 'signal') this.#io.to(to).emit('signal', event.envelope)
    else this.#io.to(to).emit('nearby', event.change)
  }

  /** Closes the sockets of a peer on other servers, which must not come back: it has a newer one here. */
  closeElsewhere(peer: PeerId): void {
    const own = this.options.services.registry.get(peer)?.socket.id
    // Gone again before that was settled: the one elsewhere may be newer still.
    if (own === undefined) return
    const elsewhere = this.#io.in(peer).except(own)
    elsewhere.emit('closing', { reason: 'replaced' })
    elsewhere.disconnectSockets(true)
  }

  /** Tells every peer, closes every socket and returns when all are gone, after `GOODBYE_MS` at the latest. */
  async close(): Promise<void> {
    this.options.gate.shut()
    for (const session of this.#sessions.values()) session.close('shuttingDown')
    const emptied = new Promise<void>((resolve) => {
      this.#whenEmpty = resolve
    })
    this.#io.engine.close()
    if (this.#tcp.size === 0) return
    const { clock } = this.options.services
    const cancel = clock.schedule(clock.now() + GOODBYE_MS, () => {
      for (const tcp of this.#tcp) tcp.destroy()
    })
    await emptied
    cancel()
  }

  /** What no session sees: counts, and how much comes and waits. */
  #guard(connection: Connection): void {
    const { gate, services } = this.options
    const { request } = connection
    const tcp = request.socket
    const counted = gate.opened(request)
    this.#tcp.add(tcp)
    tcp.once('close', () => {
      this.#tcp.delete(tcp)
      if (this.#tcp.size === 0) this.#whenEmpty()
    })
    connection.once('close', () => {
      counted()
      this.#guards.delete(connection)
    })
    const guard = new ConnectionGuard({
      connection,
      clock: services.clock,
      session: () => this.#sessions.get(connection),
      onCut: (reason) => services.metrics.connectionsCut.inc({ reason }),
    })
    this.#guards.set(connection, guard)
  }

  #welcome(socket: PeerSocket): void {
    const connection = socket.conn
    const { gate, services } = this.options
    const guard = this.#guards.get(connection)
    // One session a connection, however often it opens the namespace.
    if (guard === undefined || this.#sessions.has(connection)) return void connection.close(true)
    const host = socket.handshake.headers.host ?? ''
    const { request } = connection
    const from = { host, network: gate.networkOf(request), address: gate.sharerOf(request) }
    const session = new Session(socket, from, () => guard.waitingBytes, services)
    this.#sessions.set(connection, session)
    socket.onAny((event: unknown, ...args: unknown[]) => {
      try {
        session.receive(event, args)
      } catch (error) {
        this.options.onFault(error)
        connection.close(true)
      }
    })
    socket.once('disconnect', () => {
      session.ended()
      this.#sessions.delete(connection)
      // Leaving the namespace must not leave an uncounted connection behind.
      connection.close()
    })
  }
}

/**
 * Whether a request names a session that is there already, as those do that change from polling to WebSocket. Engine.IO
 * would let it in unasked, in the place of a connection that is counted and watched.
 */
function namesSession(request: IncomingMessage): boolean {
  // As Engine.IO itself has read it.
  const query: unknown = Reflect.get(request, '_query')
  return typeof query === 'object' && query !== null && 'sid' in query
}
