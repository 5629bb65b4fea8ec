import type { Clock } from '@ringdrop/shared/host/ports.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import type { Rng } from '@ringdrop/shared/kernel/rng.ts'
import type { ServerRole } from '@ringdrop/shared/wire/signaling.ts'
import Fastify, { LogController, type FastifyInstance, type FastifyReply } from 'fastify'
import type { ServerConfig } from './config.ts'
import { Metrics } from './metrics.ts'
import { registerHealth } from './plugins/health.ts'
import { registerMetrics } from './plugins/metrics.ts'
import { registerSecurityHeaders } from './plugins/security-headers.ts'
import { registerStaticClient } from './plugins/static-client.ts'
import { DirectoryRole } from './roles/directory.ts'
import { stopRoles, type Roles } from './roles/roles.ts'
import { TrackerRole } from './roles/tracker.ts'
import { AllowList } from './signaling/allow-list.ts'
import { Gate } from './signaling/gate.ts'
import { PeerRegistry } from './signaling/peer-registry.ts'
import { Sockets } from './signaling/sockets.ts'

export interface ServerDeps {
  readonly clock: Clock
  readonly rng: Rng
  readonly version: string
}

export interface RingdropServer {
  /** Call `listen` and `close` on it; `close` also ends all sockets. */
  readonly app: FastifyInstance
  readonly allowList: AllowList
}

/** Puts a server together. It does not listen yet, and keeps no state outside of what it returns. */
export async function buildServer(config: ServerConfig, deps: ServerDeps): Promise<RingdropServer> {
  const app = createApp(config)
  const { clock, rng, version } = deps
  const allowList = new AllowList(config.host, config.publicOrigins, () => listeningPort(app) ?? config.port)
  const metrics = new Metrics()
  const registry = new PeerRegistry()
  const gate = new Gate(config, allowList, clock)
  const roles = createRoles(app, config, metrics, deps)
  const { tracker, directory } = roles
  const sockets = new Sockets(app.server, {
    gate,
    services: { config, clock, metrics, registry, roles, rng: rng.child('samples') },
    onFault: (error) => {
      app.log.error(error, 'handling a socket event failed')
    },
  })
  metrics.watch({
    sockets: () => gate.sockets,
    peers: () => registry.size,
    swarms: () => tracker?.sizes.swarms ?? 0,
    swarmPeers: () => tracker?.sizes.entries ?? 0,
    directoryFiles: () => directory?.sizes.files ?? 0,
    directoryPeers: () => directory?.sizes.peers ?? 0,
  })
  await registerSecurityHeaders(app, allowList)
  registerHealth(app, { clock, version, peers: () => registry.size })
  registerMetrics(app, metrics)
  await registerStaticClient(app, config.clientDir)
  app.addHook('preClose', async () => {
    await sockets.close()
    stopRoles(roles)
  })
  return { app, allowList }
}

/** Time and size limits, our choice. */
function createApp(config: ServerConfig): FastifyInstance {
  const app = Fastify({
    logger: config.logLevel === 'silent' ? false : { level: config.logLevel },
    // No addresses in the log; the numbers are in /metrics.
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: config.trustProxy.length > 0 ? [...config.trustProxy] : false,
    connectionTimeout: 10_000,
    requestTimeout: 15_000,
    bodyLimit: LIMITS.socketMessageBytes,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    forceCloseConnections: true,
    // A URL that can't be decoded.
    frameworkErrors: (_error, _request, reply) => refuse(reply, 400, 'badRequest'),
  })
  app.setNotFoundHandler((_request, reply) => refuse(reply, 404, 'notFound'))
  app.setErrorHandler((error: unknown, _request, reply) => {
    const status = statusOf(error)
    if (status >= 500) app.log.error(error)
    return refuse(reply, status, status >= 500 ? 'internal' : 'badRequest')
  })
  return app
}

/** The one shape of every HTTP answer that is not a success. */
function refuse(
  reply: FastifyReply,
  status: number,
  code: 'badRequest' | 'notFound' | 'internal',
): FastifyReply {
  return reply.code(status).header('cache-control', 'no-store').send({ ok: false, code })
}

function createRoles(app: FastifyInstance, config: ServerConfig, metrics: Metrics, deps: ServerDeps): Roles {
  const { clock, rng } = deps
  const onFault = (role: ServerRole) => (error: unknown) => {
    metrics.faults.inc({ role })
    app.log.error(error, `the ${role} failed and starts anew`)
  }
  const isOn = (role: ServerRole) => config.roles.includes(role)
  return {
    tracker: isOn('tracker')
      ? new TrackerRole({ clock, rng: rng.child('tracker'), onFault: onFault('tracker') })
      : null,
    directory: isOn('directory') ? new DirectoryRole({ clock, onFault: onFault('directory') }) : null,
  }
}

function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return 500
  return typeof error.statusCode === 'number' && error.statusCode >= 400 ? error.statusCode : 500
}

function listeningPort(app: FastifyInstance): number | undefined {
  const address = app.server.address()
  return typeof address === 'object' && address !== null ? address.port : undefined
}
