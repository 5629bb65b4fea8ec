import type { FastifyInstance } from 'fastify'
import type { Metrics } from '../metrics.ts'

/** `GET /metrics`, in Prometheus' text format. Counts only: no ids, no addresses. */
export function registerMetrics(app: FastifyInstance, metrics: Metrics): void {
  app.get('/metrics', async (_request, reply) => {
    const text = await metrics.registry.metrics()
    return reply.header('cache-control', 'no-store').type(metrics.registry.contentType).send(text)
  })
}
