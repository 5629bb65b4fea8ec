import type { FastifyInstance } from 'fastify'
import type { RequestGate } from '../signaling/request-gate.ts'

/** Ends connections and refuses requests of addresses that have too many. */
export function registerRequestLimits(app: FastifyInstance, gate: RequestGate): void {
  app.server.maxConnections = gate.maxConnections
  app.server.on('connection', (socket) => gate.connected(socket))
  app.addHook('onRequest', async (request, reply) => {
    if (gate.admits(request.raw)) return
    return reply
      .code(429)
      .header('cache-control', 'no-store')
      .header('retry-after', '1')
      .send({ ok: false, code: 'rateLimited' })
  })
}
