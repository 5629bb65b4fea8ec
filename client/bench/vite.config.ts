import { defineConfig } from 'vite'
import { SIMPLE_PEER_ALIASES } from '../aliases.ts'

/** The benchmark page: the engine without its interface, beside a bare data channel. Not part of the app. */
export default defineConfig({
  root: import.meta.dirname,
  resolve: { alias: SIMPLE_PEER_ALIASES },
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
})
