import { createRng, type Rng } from '@ringdrop/shared/kernel/rng.ts'
import { toHex } from '@ringdrop/shared/kernel/bytes.ts'
import type { FileRoot, InfoHash, PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { Listing } from '@ringdrop/shared/discovery/listing.ts'
import { DirectoryServer } from '@ringdrop/shared/protocols/directory/server.ts'
import { round, type Report } from './report.ts'

const FILES_PER_PEER = 100
/** Different words in all names; of a few thousand everybody knows some, the rest are rare (Zipf). */
const VOCABULARY = 60_000
const QUERIES = 2_000
const REMOVALS = 500

/** The directory's core with so many files: how long do queries and the end of a peer take? */
export function benchDirectory(files: number, report: Report): void {
  const rng = createRng(1)
  const words = Array.from({ length: VOCABULARY }, () => word(rng))
  const directory = new DirectoryServer(Infinity)
  const peers = Array.from({ length: Math.ceil(files / FILES_PER_PEER) }, () => hex(rng) as PeerId)
  for (const from of peers) {
    const infoHash = hex(rng) as InfoHash
    const listings = Array.from({ length: FILES_PER_PEER }, () => listing(infoHash, words, rng))
    const request = { reset: false, add: [{ infoHash, listings }], withdraw: [] }
    directory.handle({ type: 'update', address: null, from, request, replyTo: 0 })
  }
  const asker = hex(rng) as PeerId
  let hits = 0
  const queryMs = times(QUERIES, () => {
    const criteria = { by: 'words', words: query(words, rng) } as const
    const request = { criteria, limit: 100 }
    const [effect] = directory.handle({ type: 'search', from: asker, request, replyTo: 0 })
    if (effect?.response.ok === true && 'hits' in effect.response) hits += effect.response.hits.length
  })
  const removeMs = times(REMOVALS, (at) => {
    const peer = peers[at]
    if (peer !== undefined) directory.handle({ type: 'peerGone', peer })
  })
  report.summary({
    files,
    peers: peers.length,
    queryP50Ms: round(quantile(queryMs, 0.5)),
    queryP99Ms: round(quantile(queryMs, 0.99)),
    removeP99Ms: round(quantile(removeMs, 0.99)),
    hitsPerQuery: round(hits / QUERIES),
    heapMiB: round(process.memoryUsage().heapUsed / 1024 / 1024),
  })
}

/** A word or two as people type them: whole, and the beginning of a last one. */
function query(words: readonly string[], rng: Rng): string[] {
  const last = zipf(words, rng)
  const prefix = last.slice(0, Math.max(3, Math.ceil(last.length / 2)))
  return rng.below(2) === 0 ? [zipf(words, rng), last] : [prefix]
}

function listing(infoHash: InfoHash, words: readonly string[], rng: Rng): Listing {
  const name = Array.from({ length: 2 + rng.below(4) }, () => zipf(words, rng)).join(' ')
  return { root: hex(rng) as FileRoot, infoHash, name: `${name}.mp3`, sizeBytes: rng.below(1e9) }
}

/** The n-th word turns up about 1/n as often as the first. */
const zipf = (words: readonly string[], rng: Rng): string =>
  words[Math.floor(words.length ** rng.float()) - 1] ?? ''

const word = (rng: Rng): string =>
  Array.from({ length: 3 + rng.below(7) }, () => String.fromCharCode(97 + rng.below(26))).join('')

const hex = (rng: Rng): string => toHex(rng.bytes(32))

function times(count: number, run: (at: number) => void): number[] {
  return Array.from({ length: count }, (_, at) => {
    const from = performance.now()
    run(at)
    return performance.now() - from
  })
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
