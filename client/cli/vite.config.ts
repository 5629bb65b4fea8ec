import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type Plugin } from 'vite'

const OUT = join(import.meta.dirname, 'dist')

/** `npx ringdrop` starts the file itself. */
const executable: Plugin = {
  name: 'executable',
  apply: 'build',
  closeBundle: () => chmodSync(join(OUT, 'ringdrop.js'), 0o755),
}

/** Bundles the command-line peer and the shared package for Node; npm packages stay outside. Not part of the app. */
export default defineConfig({
  root: join(import.meta.dirname, '..'),
  publicDir: false,
  plugins: [executable],
  ssr: { noExternal: [/^@ringdrop\/shared/] },
  build: {
    ssr: 'src/cli/ringdrop.ts',
    outDir: OUT,
    target: 'node20',
    emptyOutDir: true,
    minify: false,
    sourcemap: true,
  },
})
