/// <reference lib="webworker" />
import { clientsClaim } from 'workbox-core'
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'
import { keepShared } from './keep-shared.ts'
import { askTabs } from './media-asking.ts'
import { parseRange, parseStreamUrl } from './media-protocol.ts'
import { parseSaveUrl, SAVE_PATH, type SaveMessage } from './save-protocol.ts'
import { Saves } from './saves.ts'
import { SHARE_TARGET_PATH } from './share-target.ts'

declare const self: ServiceWorkerGlobalScope & {
  readonly __WB_MANIFEST: (string | { url: string; revision: string | null })[]
}

/** Headers of bytes that strangers made: they are media and nothing else, whoever opens the address. */
const STRANGER = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; sandbox",
  'x-content-type-options': 'nosniff',
} as const

// The shell loads without the server. A new version waits until a person says so: transfers go on.
precacheAndRoute(self.__WB_MANIFEST)
cleanupOutdatedCaches()
clientsClaim()
registerRoute(
  // What the server answers by itself, and what is no page at all.
  new NavigationRoute(createHandlerBoundToURL('index.html'), {
    denylist: [/^\/(?:health|metrics|socket\.io|stream)(?:\/|$)/, SAVE_PATH],
  }),
)

/** From our own pages alone, which are of this version or an older one. */
type PageMessage = { readonly type: 'skipWaiting' } | SaveMessage

const saves = new Saves()

self.addEventListener('message', ({ data, ports: [port] }) => {
  const message = data as PageMessage | null
  if (message?.type === 'skipWaiting') void self.skipWaiting()
  else if (message !== null && port !== undefined) saves.onMessage(message, port)
})

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(showPage())
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  const { scope } = self.registration
  if (request.method === 'POST' && url.href === scope + SHARE_TARGET_PATH) {
    event.respondWith(takeShared(request))
    return
  }
  const saved = parseSaveUrl(url, scope)
  if (saved !== null) return event.respondWith(saves.respond(saved, STRANGER))
  if (!url.href.startsWith(`${scope}stream/`)) return
  const wanted = parseStreamUrl(url, scope)
  // Players ask for media; a person who opens the address gets nothing of a stranger's in our origin.
  const isPlayer = request.destination === 'video' || request.destination === 'audio'
  event.respondWith(
    wanted === null || !isPlayer
      ? new Response(null, { status: 404, headers: STRANGER })
      : stream(wanted, parseRange(request.headers.get('range')), request.signal),
  )
})

async function stream(
  { infoHash, file, type }: NonNullable<ReturnType<typeof parseStreamUrl>>,
  { first: offset, last: wantedLast }: ReturnType<typeof parseRange>,
  signal: AbortSignal,
): Promise<Response> {
  const answer = await askTabs({ type: 'read', id: crypto.randomUUID(), infoHash, file, offset }, signal)
  if (answer === null || answer.type === 'none') return new Response(null, { status: 503, headers: STRANGER })
  const { bytes, totalBytes } = answer
  if (offset >= totalBytes) {
    const headers = { ...STRANGER, 'content-range': `bytes */${String(totalBytes)}` }
    return new Response(null, { status: 416, headers })
  }
  // Players may ask for the first two bytes to see whether ranges are served, and want no more.
  const last = Math.min(offset + bytes.byteLength - 1, wantedLast ?? Infinity)
  const part = bytes.slice(0, last - offset + 1)
  return new Response(part, {
    status: 206,
    headers: {
      ...STRANGER,
      'accept-ranges': 'bytes',
      'content-length': String(part.byteLength),
      'content-range': `bytes ${String(offset)}-${String(last)}/${String(totalBytes)}`,
      'content-type': type,
    },
  })
}

/** Another app shares something with ours: the page, which opens next, takes it or says that it could not be kept. */
async function takeShared(request: Request): Promise<Response> {
  const isKept = await request
    .formData()
    .then((form) => keepShared(form, caches))
    .catch(() => false)
  return Response.redirect(isKept ? './#/shared' : './#/shared-lost', 303)
}

async function showPage(): Promise<void> {
  const pages = await self.clients.matchAll({ type: 'window' })
  await (pages[0]?.focus() ?? self.clients.openWindow('./'))
}
