import { defineConfig } from 'vite'

/** Bundles the server and the shared package into one file for Node; npm packages stay outside. */
export default defineConfig({
  ssr: { noExternal: [/^@ringdrop\/shared/] },
  build: { target: 'node20', emptyOutDir: true, minify: false, sourcemap: true },
})
