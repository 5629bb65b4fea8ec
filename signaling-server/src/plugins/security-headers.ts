import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import helmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'
import type { TlsConfig } from '../config.ts'
import type { AllowList } from '../signaling/allow-list.ts'

/** Browser features that the app never uses. */
const DENIED_FEATURES = [
  'accelerometer',
  'browsing-topics',
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

/**
 * The camera is for the QR scanner, and for our own pages alone. Browsers hide a device's local address behind an mDNS
 * name until the person lets the page use a camera: from then on the peers they connect to see it.
 */
const OWN_FEATURES = ['camera'] as const

/** `default` is ours, the other is Svelte's. */
const TRUSTED_POLICIES = ['svelte-trusted-html', 'default']

/** Half a year of HTTPS only, for this name alone. Our choice. */
const HSTS = 'max-age=15552000'

/** Strict headers on every answer, and a refusal of requests whose `Host` is not ours (DNS rebinding). */
export async function registerSecurityHeaders(
  app: FastifyInstance,
  allowList: AllowList,
  tls: TlsConfig['mode'],
): Promise<void> {
  // Older Safari's 'self' does not cover WebSockets, so the request's own host is named, once it is known to be ours.
  // A policy can't name an IPv6 address (CSP 3, host-source): browsers ignore that, with an error on the console.
  const socketOrigin = (scheme: string) => (request: IncomingMessage) => {
    const { host } = request.headers
    const isNamed = host !== undefined && !host.startsWith('[') && allowList.allowsHost(host)
    return isNamed ? `${scheme}://${host}` : "'self'"
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
        // Without TLS here there may be a proxy that has it.
        connectSrc: ["'self'", ...(tls === 'off' ? [socketOrigin('ws')] : []), socketOrigin('wss')],
        workerSrc: ["'self'"],
        manifestSrc: ["'self'"],
        // What the service worker serves to be saved is opened in a frame (client/src/lib/save-stream.ts).
        frameSrc: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        objectSrc: ["'none'"],
        // Text becomes markup or code only through Svelte's templates and our check of addresses (client/src/lib).
        requireTrustedTypesFor: ["'script'"],
        trustedTypes: TRUSTED_POLICIES,
      },
    },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
    // Set below, where it is of use; a proxy that ends TLS in front of this process sets its own.
    strictTransportSecurity: false,
  })
  const permissions = [
    ...DENIED_FEATURES.map((feature) => `${feature}=()`),
    ...OWN_FEATURES.map((feature) => `${feature}=(self)`),
  ].join(', ')
  app.addHook('onRequest', async (request, reply) => {
    reply.header('permissions-policy', permissions)
    if (tls === 'files' && isPublicName(request.headers.host)) reply.header('strict-transport-security', HSTS)
    if (allowList.allowsHost(request.headers.host)) return
    return reply.code(421).header('cache-control', 'no-store').send({ ok: false, code: 'badHost' })
  })
}

/**
 * Whether HSTS does good for a `Host`: it would forbid people to pass the warning of a self-signed certificate,
 * means nothing for addresses, and on `localhost` it would reach every other program on that machine.
 */
function isPublicName(host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(`https://${host}`)) return false
  const name = new URL(`https://${host}`).hostname
  return name.includes('.') && !name.startsWith('[') && isIP(name) === 0 && !/\.(local|localhost)$/.test(name)
}
