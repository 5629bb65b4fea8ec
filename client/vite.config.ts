import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'

/** The server that `npm run dev` starts beside Vite. */
const SERVER = 'http://localhost:8080'

export default defineConfig({
  plugins: [
    svelte(),
    // The shell loads without the server. A new version waits until no tab uses the old one: transfers go on.
    VitePWA({
      registerType: 'prompt',
      injectRegister: false,
      manifest: {
        id: '/',
        name: 'Ringdrop',
        short_name: 'Ringdrop',
        description: 'Share files straight from browser to browser.',
        start_url: './',
        display: 'standalone',
        background_color: '#f5f7f6',
        theme_color: '#0b6b5f',
        icons: [{ src: 'favicon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' }],
      },
      workbox: {
        inlineWorkboxRuntime: true,
        globPatterns: ['**/*.{js,css,html,svg}'],
        navigateFallback: 'index.html',
        // What the server answers by itself.
        navigateFallbackDenylist: [/^\/(health|metrics|socket\.io)/],
        cleanupOutdatedCaches: true,
      },
    }),
  ],
  worker: { format: 'es' },
  build: { target: 'es2023', sourcemap: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: {
    port: 5173,
    strictPort: true,
    proxy: { '/socket.io': { target: SERVER, ws: true, changeOrigin: false } },
  },
})
