import { existsSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Ringdrop is not built yet</title>
<p>The server runs, but the app has not been built. Run <code>npm run build</code>, then reload this page.</p>
</html>
`

/**
 * Serves the built client: files under `/assets/` carry a hash in their name and are cached for ever, all
 * others are checked on every use. Precompressed `.br` and `.gz` files are used where they lie beside.
 */
export async function registerStaticClient(app: FastifyInstance, clientDir: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: clientDir,
    index: false,
    redirect: false,
    dotfiles: 'ignore',
    cacheControl: false,
    preCompressed: true,
    setHeaders: (response, path) => {
      const hashed = relative(clientDir, path).split(sep)[0] === 'assets'
      // The same address holds other bytes for those who take other encodings: caches on the way must know.
      response.setHeader('vary', 'Accept-Encoding')
      response.setHeader('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
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
