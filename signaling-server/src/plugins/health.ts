import type { Clock } from '@ringdrop/shared/host/ports.ts'
import type { FastifyInstance } from 'fastify'

export interface HealthOptions {
  readonly clock: Clock
  readonly version: string
  readonly peers: () => number
}

/** `GET /health`: `{status, uptimeSeconds, version, peers}`. */
export function registerHealth(app: FastifyInstance, options: HealthOptions): void {
  const startedAt = options.clock.now()
  app.get('/health', (_request, reply) => {
    reply.header('cache-control', 'no-store').send({
      status: 'ok',
      uptimeSeconds: Math.floor((options.clock.now() - startedAt) / 1000),
      version: options.version,
      peers: options.peers(),
    })
  })
}
