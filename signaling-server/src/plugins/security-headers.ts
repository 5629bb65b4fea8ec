import type { IncomingMessage } from 'node:http'
import helmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'
import type { AllowList } from '../signaling/allow-list.ts'

/** Browser features that the app never uses. Camera and microphone off also keeps mDNS hiding host addresses. */
const DENIED_FEATURES = [
  'accelerometer',
  'browsing-topics',
  'camera',
  'display-capture',
  'geolocation',
  'gyroscope',
  'hid',
  'idle-detection',
  'local-fonts',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'publickey-credentials-create',
  'publickey-credentials-get',
  'serial',
  'usb',
  'xr-spatial-tracking',
] as const

/** Strict headers on every answer, and a refusal of requests whose `Host` is not ours (DNS rebinding). */
export async function registerSecurityHeaders(app: FastifyInstance, allowList: AllowList): Promise<void> {
  // Safari's 'self' does not cover WebSockets, so the request's own host is named, once it is known to be ours.
  const socketOrigin = (scheme: string) => (request: IncomingMessage) => {
    const { host } = request.headers
    return host !== undefined && allowList.allowsHost(host) ? `${scheme}://${host}` : "'self'"
  }
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        mediaSrc: ["'self'", 'blob:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'", socketOrigin('ws'), socketOrigin('wss')],
        workerSrc: ["'self'"],
        manifestSrc: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        objectSrc: ["'none'"],
      },
    },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
    // This process speaks plain HTTP; whoever ends TLS in front of it sets HSTS.
    strictTransportSecurity: false,
  })
  const permissions = DENIED_FEATURES.map((feature) => `${feature}=()`).join(', ')
  app.addHook('onRequest', async (request, reply) => {
    reply.header('permissions-policy', permissions)
    if (allowList.allowsHost(request.headers.host)) return
    return reply.code(421).header('cache-control', 'no-store').send({ ok: false, code: 'badHost' })
  })
}
