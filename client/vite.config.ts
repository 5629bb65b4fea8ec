import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { minify, type MinifyOptions } from 'terser'
import { defineConfig, type Plugin } from 'vite'
import { VitePWA, type VitePWAOptions } from 'vite-plugin-pwa'
import { SIMPLE_PEER_ALIASES } from './aliases.ts'

/** The server that `npm run dev` starts beside Vite. */
const SERVER = 'http://localhost:8080'

/** Colours of the light theme: the system shows them before the page does. */
const MANIFEST: VitePWAOptions['manifest'] = {
  id: '/',
  name: 'Ringdrop',
  short_name: 'Ringdrop',
  description: 'Share files straight from browser to browser.',
  start_url: './',
  scope: './',
  display: 'standalone',
  background_color: '#f5f7f6',
  theme_color: '#0b6b5f',
  categories: ['utilities', 'education'],
  icons: [
    { src: 'icon-192.png', sizes: '192x192', type: 'image/png', purpose: 'any' },
    { src: 'icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'any' },
    { src: 'icon-maskable.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
    { src: 'favicon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' },
  ],
  // The service worker takes what is posted here; nothing of it reaches the server.
  share_target: {
    action: './share-target',
    method: 'POST',
    enctype: 'multipart/form-data',
    params: { title: 'title', text: 'text', url: 'url', files: [{ name: 'files', accept: ['*/*'] }] },
  },
  file_handlers: [{ action: './', accept: { 'application/x-bittorrent': ['.torrent'] } }],
  protocol_handlers: [{ protocol: 'magnet', url: './#%s' }],
}

/** Brotli beside each text file: the server sends it as it is, and a phone loads a quarter of the bytes. */
function precompressed(): Plugin {
  let folder = ''
  return {
    name: 'precompressed',
    apply: 'build',
    enforce: 'post',
    configResolved: (config) => void (folder = resolve(config.root, config.build.outDir)),
    closeBundle: {
      order: 'post',
      sequential: true,
      handler: () => {
        for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
          if (!entry.isFile() || !/\.(?:js|css|html|svg|webmanifest)$/.test(entry.name)) continue
          const path = join(entry.parentPath, entry.name)
          const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY }
          writeFileSync(`${path}.br`, brotliCompressSync(readFileSync(path), { params }))
        }
      },
    },
  }
}

/** Ways to the server that we never take, since only WebSocket is asked for: some 2 KiB less of the first visit. */
function withoutOtherTransports(): Plugin {
  const unused: Record<string, string> = {
    webtransport: 'WT',
    'polling-xhr': 'XHR',
    'polling-xhr.node': 'XHR',
  }
  return {
    name: 'without-other-transports',
    apply: 'build',
    load: (id) => {
      const name = /\/engine\.io-client\/build\/[^?]*\/transports\/([a-z.-]+)\.js$/.exec(id)?.[1]
      const exported = name === undefined ? undefined : unused[name]
      return exported === undefined ? null : `export class ${exported} {}`
    },
  }
}

/** Terser after the usual minifier, which alone can shorten private names: 3 KiB less of the first visit after gzip. */
function smaller(): Plugin {
  return {
    name: 'smaller',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'pre',
      handler: async (_, bundle) => {
        for (const file of Object.values(bundle)) {
          if (file.type !== 'chunk') continue
          const sourceMap = file.map === null ? false : { content: file.map.toString(), asObject: true }
          const result = await minify(file.code, { ...TERSER, sourceMap })
          file.code = result.code ?? file.code
          if (file.map !== null && typeof result.map === 'object') Object.assign(file.map, result.map)
        }
      },
    },
  }
}

const TERSER: MinifyOptions = { ecma: 2020, module: true, compress: { passes: 3 } }

export default defineConfig({
  resolve: { alias: SIMPLE_PEER_ALIASES },
  plugins: [
    svelte(),
    // The shell loads without the server; the worker also feeds players while a file downloads.
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src/workers',
      filename: 'sw.ts',
      registerType: 'prompt',
      injectRegister: false,
      manifest: MANIFEST,
      injectManifest: { globPatterns: ['**/*.{js,css,html,svg,png}'] },
    }),
    withoutOtherTransports(),
    smaller(),
    precompressed(),
  ],
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    sourcemap: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // 9 KiB in all: less than two dozen requests of their own cost.
    cssCodeSplit: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // What the first screen needs comes in one part instead of two dozen, each with its own request. No module of it
            // may wait at the top level: code that comes later imports from it.
            { name: 'shell', tags: ['$initial'], priority: 1 },
            // What several of the later pages show: the service worker fetches and keeps each part, one after the other.
            { name: 'parts', test: /\.svelte(?:\.ts)?$/, minShareCount: 2 },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    strictPort: true,
    proxy: { '/socket.io': { target: SERVER, ws: true, changeOrigin: false } },
  },
})
