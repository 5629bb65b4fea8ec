import type { Clock } from '@ringdrop/shared/host/ports.ts'
import type { FastifyInstance } from 'fastify'

export interface HealthOptions {
  readonly clock: Clock
  readonly version: string
  readonly peers: () => number
  /** `off`: this process is alone. */
  readonly redis: () => 'off' | 'up' | 'down'
  /** A code of why it is down, as far as that is known. */
  readonly redisError: () => string | null
}

/**
 * `GET /health`: `{status, uptimeSeconds, version, peers, redis, redisError?}`. `degraded`: Redis is away, and this process serves its own
 * peers alone. That is no reason to restart it or to send its peers elsewhere, so the answer is 200 all the same.
 */
export function registerHealth(app: FastifyInstance, options: HealthOptions): void {
  const startedAt = options.clock.now()
  app.get('/health', (_request, reply) => {
    const redisError = options.redisError()
    reply.header('cache-control', 'no-store').send({
      status: options.redis() === 'down' ? 'degraded' : 'ok',
      uptimeSeconds: Math.floor((options.clock.now() - startedAt) / 1000),
      version: options.version,
      peers: options.peers(),
      redis: options.redis(),
      ...(redisError === null ? {} : { redisError }),
    })
  })
}
