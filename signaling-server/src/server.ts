import type { RequestListener, Server as HttpServer } from 'node:http'
import type { Clock } from '@ringdrop/shared/host/ports.ts'
import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import type { Rng } from '@ringdrop/shared/kernel/rng.ts'
import type { NearbyChange } from '@ringdrop/shared/wire/nearby.ts'
import type { ServerRole } from '@ringdrop/shared/wire/signaling.ts'
import Fastify, { LogController, type FastifyInstance, type FastifyReply } from 'fastify'
import type { ServerConfig } from './config.ts'
import { Cluster, type OwnRoles } from './adapters/redis/cluster.ts'
import { Metrics } from './metrics.ts'
import { registerHealth } from './plugins/health.ts'
import { registerMetrics } from './plugins/metrics.ts'
import { registerRequestLimits } from './plugins/request-limits.ts'
import { registerSecurityHeaders } from './plugins/security-headers.ts'
import { registerStaticClient } from './plugins/static-client.ts'
import { DirectoryRole } from './roles/directory.ts'
import { NearbyRole } from './roles/nearby.ts'
import { stopRoles, type Roles } from './roles/roles.ts'
import { TrackerRole } from './roles/tracker.ts'
import { AllowList } from './signaling/allow-list.ts'
import { Gate } from './signaling/gate.ts'
import { PeerRegistry } from './signaling/peer-registry.ts'
import { pushChange, type Forward } from './signaling/relay.ts'
import { RequestGate } from './signaling/request-gate.ts'
import { Sockets } from './signaling/sockets.ts'
import { CertificateKeeper } from './tls/certificate-keeper.ts'
import { hostNames, lanAddresses } from './tls/host-names.ts'
import { IDLE, SLOW_SENDERS, TlsServers } from './tls/tls-server.ts'

export interface ServerDeps {
  /** For deadlines. It only counts on, and stands still while the machine sleeps. */
  readonly clock: Clock
  /** Milliseconds since the Unix epoch by the clock on the wall, for dates that others check. */
  readonly wallClock: () => number
  readonly rng: Rng
  readonly version: string
  /** Names and addresses of this machine on its networks, for a certificate of its own. */
  readonly machineNames?: () => readonly string[]
}

export interface RingdropServer {
  /** Call `listen` and `close` on it; `close` also ends all sockets. */
  readonly app: FastifyInstance
  readonly allowList: AllowList
  /** `null` without TLS. */
  readonly certificate: CertificateKeeper | null
}

const NO_NAMES: readonly string[] = []
/** The page is often opened on the very machine that serves it. */
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1']

/**
 * Puts a server together. It does not listen yet, and keeps no state outside of what it returns, its own
 * certificate excepted.
 * @throws CertificateError
 */
export async function buildServer(config: ServerConfig, deps: ServerDeps): Promise<RingdropServer> {
  const { clock, wallClock, rng, version } = deps
  const certificate = await openCertificate(config, deps, (error) => {
    app.log.error(error, 'the certificate could not be renewed; the old one stays')
  })
  const allowList = new AllowList({
    scheme: certificate === null ? 'http' : 'https',
    host: config.host,
    publicOrigins: config.publicOrigins,
    listeningPort: () => listeningPort(app) ?? config.port,
    names: () => certificate?.names ?? NO_NAMES,
  })
  const tlsServers = certificate === null ? null : new TlsServers(certificate, allowList, clock)
  const app = createApp(config, tlsServers)
  const metrics = new Metrics()
  const registry = new PeerRegistry()
  const gate = new Gate(config, allowList, clock)
  const forward = (): Forward => (cluster?.state === 'up' ? (to, event) => sockets.forward(to, event) : null)
  const own = createRoles(app, config, metrics, deps, (to, change) => {
    pushChange(registry, to, change, forward())
  })
  const cluster = createCluster(app, config, metrics, registry, own, deps, () => sockets)
  const roles = cluster?.roles ?? own
  const sockets = new Sockets(app.server, {
    gate,
    adapter: cluster?.adapter ?? null,
    services: {
      config,
      clock,
      wallClock,
      metrics,
      registry,
      roles,
      rng: rng.child('samples'),
      cluster,
      forward,
    },
    onFault: (error) => {
      app.log.error(error, 'handling a socket event failed')
    },
  })
  const redis = (): 'off' | 'up' | 'down' => cluster?.state ?? 'off'
  watch(metrics, gate, registry, roles, redis)
  registerRequestLimits(app, new RequestGate(config, clock))
  await registerSecurityHeaders(app, allowList, config.tls.mode)
  registerHealth(app, {
    clock,
    version,
    peers: () => registry.size,
    redis,
    redisError: () => cluster?.reason ?? null,
  })
  registerMetrics(app, metrics)
  await registerStaticClient(app, config.clientDir)
  app.addHook('preClose', async () => {
    await sockets.close()
    stopRoles(roles)
    cluster?.close()
    tlsServers?.close()
  })
  cluster?.start()
  return { app, allowList, certificate }
}

function watch(
  metrics: Metrics,
  gate: Gate,
  registry: PeerRegistry,
  { tracker, directory, nearby }: Roles,
  redis: () => 'off' | 'up' | 'down',
): void {
  metrics.watch({
    sockets: () => gate.sockets,
    peers: () => registry.size,
    swarms: () => tracker?.sizes.swarms ?? 0,
    swarmPeers: () => tracker?.sizes.entries ?? 0,
    directoryFiles: () => directory?.sizes.files ?? 0,
    directoryPeers: () => directory?.sizes.peers ?? 0,
    nearbyPeers: () => nearby?.sizes.peers ?? 0,
    degraded: () => (redis() === 'down' ? 1 : 0),
  })
}

/** With Redis this process is one of several. @param sockets asked later, since they need the cluster first */
function createCluster(
  app: FastifyInstance,
  config: ServerConfig,
  metrics: Metrics,
  registry: PeerRegistry,
  own: OwnRoles,
  { clock }: ServerDeps,
  sockets: () => Sockets,
): Cluster | null {
  if (config.redis === null) return null
  return new Cluster({
    config: config.redis,
    directoryBytes: config.directoryBytes,
    clock,
    registry,
    own,
    sockets: {
      closeElsewhere: (peer) => sockets().closeElsewhere(peer),
      pushNearby: (to, change) =>
        pushChange(registry, to, change, (peer, event) => sockets().forward(peer, event)),
    },
    onChange: (state) => {
      if (state === 'up') app.log.info('Redis is there: state is shared with other servers')
      else app.log.warn('Redis is away: this server goes on alone')
    },
    onUnreachable: (reason) => app.log.warn({ reason }, 'Redis cannot be reached'),
    onFailure: (fault) => {
      metrics.redisFailures.inc()
      if (fault !== null) app.log.error(fault, 'Redis refused a command')
    },
  })
}

async function openCertificate(
  { tls }: ServerConfig,
  { clock, wallClock, machineNames = () => [...hostNames(), ...lanAddresses()] }: ServerDeps,
  onFault: (error: unknown) => void,
): Promise<CertificateKeeper | null> {
  if (tls.mode === 'off') return null
  const names = (): readonly string[] => [...LOOPBACK_NAMES, ...machineNames()]
  return CertificateKeeper.open({ config: tls, clock, wallClock, names, onFault })
}

/** Time and size limits, our choice. Node would look for slow senders every 30 s only. */
function createApp(config: ServerConfig, tlsServers: TlsServers | null): FastifyInstance {
  const app = Fastify({
    // Fastify's types tell servers with and without TLS apart; nothing that is done with them differs.
    ...(tlsServers === null
      ? {}
      : {
          serverFactory: (listener: RequestListener) => tlsServers.create(listener) as unknown as HttpServer,
        }),
    logger: config.logLevel === 'silent' ? false : { level: config.logLevel },
    // No addresses in the log; the numbers are in /metrics.
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: config.trustProxy.length > 0 ? [...config.trustProxy] : false,
    connectionTimeout: IDLE.connection,
    requestTimeout: IDLE.request,
    keepAliveTimeout: IDLE.keepAlive,
    http: SLOW_SENDERS,
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

function createRoles(
  app: FastifyInstance,
  config: ServerConfig,
  metrics: Metrics,
  deps: ServerDeps,
  push: (to: PeerId, change: NearbyChange) => void,
): OwnRoles {
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
    directory: isOn('directory')
      ? new DirectoryRole({ clock, room: config.directoryBytes, onFault: onFault('directory') })
      : null,
    nearby: isOn('nearby')
      ? new NearbyRole({
          clock,
          push,
          onFault: onFault('nearby'),
        })
      : null,
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
