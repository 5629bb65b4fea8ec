import { existsSync, type Stats } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { Readable } from 'node:stream'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { ContentTags, isChanged } from './content-tags.ts'

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Ringdrop is not built yet</title>
<p>The server runs, but the app has not been built. Run <code>npm run build</code>, then reload this page.</p>
</html>
`

/** Headers that say something of a body, of which an answer with 304 has none. */
const OF_THE_BODY = ['content-encoding', 'content-length', 'content-range', 'content-type']

/**
 * Serves the built client: files under `/assets/` carry a hash in their name and are cached for ever, all
 * others are checked on every use. Precompressed `.br` and `.gz` files are used where they lie beside.
 */
export async function registerStaticClient(app: FastifyInstance, clientDir: string): Promise<void> {
  const validate = validateByContent(app)
  await app.register(fastifyStatic, {
    root: clientDir,
    index: false,
    redirect: false,
    dotfiles: 'ignore',
    cacheControl: false,
    // Both would be made of the time of a file, by which builds cannot be told apart.
    etag: false,
    lastModified: false,
    preCompressed: true,
    setHeaders: (response, path, stat: Stats) => {
      const hashed = relative(clientDir, path).split(sep)[0] === 'assets'
      // The same address holds other bytes for those who take other encodings: caches on the way must know.
      response.setHeader('vary', 'Accept-Encoding')
      response.setHeader('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
      validate(response, path, stat)
    },
  })
  app.get('/', (_request, reply) => {
    // Looked up each time, so that a build after the start is found.
    if (existsSync(join(clientDir, 'index.html'))) return reply.sendFile('index.html')
    return reply
      .code(503)
      .header('cache-control', 'no-store')
      .type('text/html; charset=utf-8')
      .send(NOT_BUILT)
  })
}

/**
 * Gives answers with a file the tag of what it holds, and answers 304 to those who have it. A part of a file that is asked
 * for under `If-Range` comes whole, as `@fastify/static` knows of no tag: always right, and nobody does so.
 * @returns to be told of each file that is sent
 */
function validateByContent(app: FastifyInstance): (response: object, path: string, stat: Stats) => void {
  const tags = new ContentTags()
  const sent = new WeakMap<object, { path: string; stat: Stats }>()
  app.addHook('onSend', async (request, reply, payload) => {
    const file = sent.get(reply.raw)
    if (file === undefined) return payload
    const tag = await tags.of(file.path, file.stat)
    if (tag === null) return payload
    reply.header('etag', tag)
    if (isChanged(request.headers['if-none-match'], tag)) return payload
    for (const name of OF_THE_BODY) reply.removeHeader(name)
    reply.code(304)
    if (payload instanceof Readable) payload.destroy()
    return null
  })
  return (response, path, stat) => {
    sent.set(response, { path, stat })
  }
}
