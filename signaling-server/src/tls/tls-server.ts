import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Clock } from '@ringdrop/shared/host/ports.ts'
import type { AllowList } from '../signaling/allow-list.ts'
import type { CertificateKeeper } from './certificate-keeper.ts'

/** A TLS record that opens a connection begins with this byte (RFC 8446, section 5.1: handshake, 22). */
const TLS_HANDSHAKE = 0x16
/** A connection must begin TLS within this time, or be redirected in it; TLS has as long for its handshake. Our choice. */
const PLAIN_MS = 10_000
/** Milliseconds for a request's head, and between looks at who is late. Our choice. */
export const SLOW_SENDERS = { headersTimeout: 10_000, connectionsCheckingInterval: 2_000 } as const
/** Milliseconds for a whole request, for a connection on which nothing moves, and between two requests of one. Our choice. */
export const IDLE = { request: 15_000, connection: 10_000, keepAlive: 72_000 } as const
/** Longest path that is carried over into a redirect. Our choice. */
const MAX_PATH = 2048

/**
 * Serves HTTPS and plain HTTP on one port. People type addresses without a scheme, and browsers then try
 * HTTP: whoever begins so is sent to the same address with HTTPS instead of meeting a dead connection.
 */
export class TlsServers {
  readonly #keeper: CertificateKeeper
  readonly #allowList: AllowList
  readonly #clock: Clock
  /** Connections that are not known to be TLS. */
  readonly #plain = new Set<Socket>()
  readonly #redirects = createHttpServer((request, response) => {
    this.#redirect(request, response)
  })

  constructor(keeper: CertificateKeeper, allowList: AllowList, clock: Clock) {
    this.#keeper = keeper
    this.#clock = clock
    this.#allowList = allowList
    this.#redirects.on('upgrade', (_request, socket) => socket.destroy())
    this.#redirects.on('clientError', (_error, socket) => socket.destroy())
  }

  /** A server for the listener. Its own handling of connections is put behind a look at their first byte. */
  create(listener: RequestListener): HttpsServer {
    const { cert, key } = this.#keeper.pair
    const server = createHttpsServer(
      { cert, key, minVersion: 'TLSv1.2', handshakeTimeout: PLAIN_MS, ...SLOW_SENDERS },
      listener,
    )
    // Fastify sets these on servers of its own making alone. WebSockets take themselves out.
    server.requestTimeout = IDLE.request
    server.keepAliveTimeout = IDLE.keepAlive
    server.setTimeout(IDLE.connection)
    const beginTls = server.listeners('connection')
    server.removeAllListeners('connection')
    server.on('connection', (socket: Socket) => {
      this.#peek(socket, () => {
        for (const begin of beginTls) begin.call(server, socket)
      })
    })
    this.#keeper.serve(server)
    return server
  }

  /** Ends plain connections; those over TLS are the server's own. */
  close(): void {
    this.#keeper.stop()
    for (const socket of this.#plain) socket.destroy()
  }

  #peek(socket: Socket, beginTls: () => void): void {
    const giveUp = (): void => void socket.destroy()
    this.#plain.add(socket)
    const cancelDeadline = this.#clock.schedule(this.#clock.now() + PLAIN_MS, giveUp)
    socket.once('close', () => {
      cancelDeadline()
      this.#plain.delete(socket)
    })
    socket.on('error', giveUp)
    const look = (): void => {
      const first: unknown = socket.read(1)
      if (!Buffer.isBuffer(first)) {
        if (!socket.readableEnded) socket.once('readable', look)
        return
      }
      socket.unshift(first)
      if (first[0] !== TLS_HANDSHAKE) return void this.#redirects.emit('connection', socket)
      cancelDeadline()
      socket.off('error', giveUp)
      this.#plain.delete(socket)
      beginTls()
    }
    look()
  }

  #redirect(request: IncomingMessage, response: ServerResponse): void {
    response.setHeader('connection', 'close')
    response.setHeader('cache-control', 'no-store')
    response.setHeader('content-type', 'text/plain; charset=utf-8')
    const { host } = request.headers
    const path = request.url ?? '/'
    // Only to ourselves: a foreign name would make us a redirector for others.
    if (host === undefined || !this.#allowList.allowsHost(host)) {
      response.writeHead(421).end('Ringdrop: this server does not answer under that name.\n')
      return
    }
    const isPath = path.startsWith('/') && path.length <= MAX_PATH && !/[^\x21-\x7e]/.test(path)
    const location = `https://${host}${isPath ? path : '/'}`
    // Temporary, so that nothing is remembered should the server run without TLS later.
    response.writeHead(307, { location }).end(`Ringdrop answers here over HTTPS: ${location}\n`)
  }
}
