import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { root, stop } from './lib.mjs'

/**
 * `npm run build:hash` prints the SHA-256 over the built client: the same sources give the same hash on every machine.
 * `npm run build:hash -- https://host` asks a running server for every file and says whether it serves this build.
 */
const folder = process.env.CLIENT_DIR ?? join(root, 'client/dist')

/** What browsers run; not the compressed copies, and not the source maps, which name the place of the build. */
function builtFiles(from) {
  return readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(br|map)$/.test(entry.name))
    .map((entry) => relative(from, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

/** One hash over the sorted list of `<hash>  <path>` lines, as `sha256sum` prints them. */
function hashOf(from) {
  const lines = builtFiles(from).map((path) => `${sha256(readFileSync(join(from, path)))}  ${path}\n`)
  return sha256(lines.join(''))
}

async function compare(address) {
  const different = []
  for (const path of builtFiles(folder)) {
    // The page itself is served at the folder's address.
    const url = new URL(path === 'index.html' ? './' : path, address)
    const answer = await fetch(url).catch(() => null)
    const isSame =
      answer?.ok === true &&
      sha256(new Uint8Array(await answer.arrayBuffer())) === sha256(readFileSync(join(folder, path)))
    if (!isSame) different.push(path)
  }
  return different
}

if (!existsSync(join(folder, 'index.html'))) stop('There is no build yet: run npm run build first.')
console.log(`${hashOf(folder)}  client`)
const address = process.argv[2]
if (address !== undefined) {
  const different = await compare(address.endsWith('/') ? address : `${address}/`)
  if (different.length > 0) stop(`${address} serves something else than this build: ${different.join(', ')}`)
  console.log(`${address} serves this build, file by file.`)
}
