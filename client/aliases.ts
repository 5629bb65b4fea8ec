import { fileURLToPath } from 'node:url'

const here = (file: string): string =>
  fileURLToPath(new URL(`./src/adapters/simple-peer/${file}`, import.meta.url))

/** For Vite's `resolve.alias`: what simple-peer finds in the places of the packages that it asks for. See src/adapters/simple-peer/README.md. */
export const SIMPLE_PEER_ALIASES = [
  { find: /^readable-stream$/, replacement: here('duplex.ts') },
  { find: /^buffer$/, replacement: here('buffer.ts') },
  { find: /^randombytes$/, replacement: here('random-bytes.cjs') },
  { find: /^debug$/, replacement: here('debug.cjs') },
]
