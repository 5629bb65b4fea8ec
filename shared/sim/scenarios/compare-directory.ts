import { sha256 } from '../../src/content/sha256.ts'
import { toHex, utf8Encode } from '../../src/kernel/bytes.ts'
import { parsePeerId, type PeerId } from '../../src/kernel/ids.ts'
import { defined } from '../../src/kernel/invariant.ts'
import { DirectoryServer } from '../../src/protocols/directory/server.ts'
import type { DirectorySearchRequest } from '../../src/wire/signaling.ts'
import { check } from '../checkers/checker.ts'
import type { Library, LibraryQuery } from './compare-library.ts'
import { WANTED, type Answered } from './compare-network.ts'
import { MEDIAN_LATENCY_MS, type StartOptions } from './compare-worlds.ts'

/** The server's own core with the same library; nothing but a question and an answer crosses the network. */
export class ComparedDirectory {
  readonly #server = new DirectoryServer()
  readonly #library: Library
  readonly #peers: readonly PeerId[]

  constructor({ seed, peers, library }: StartOptions) {
    this.#library = library
    this.#peers = Array.from({ length: peers }, (_, slot) => {
      const name = utf8Encode(`${String(seed)}:${String(slot)}`)
      return defined(parsePeerId(toHex(sha256(name))), 'peer id')
    })
    this.#peers.forEach((from, slot) => {
      const add = library.filesOf(slot).map(({ listing }) => ({
        infoHash: listing.infoHash,
        listings: [listing],
      }))
      const request = { reset: true, add, withdraw: [] }
      this.#server.handle({ type: 'update', from, address: null, request, replyTo: 0 })
    })
  }

  /** Bytes are those of the JSON texts, without the framing of the socket. */
  ask({ slot, words }: LibraryQuery): Answered {
    const request: DirectorySearchRequest = { criteria: { by: 'words', words }, limit: WANTED }
    const from = defined(this.#peers[slot], 'peer of the slot')
    const [effect] = this.#server.handle({ type: 'search', from, request, replyTo: 0 })
    const response = effect?.response
    check(response?.ok === true && 'hits' in response, () => 'the directory refused a search')
    const found = new Set(response.hits.map(({ listing }) => listing.root))
    const expected = this.#library
      .matching(words)
      .filter((file) => this.#library.holders(file).some((holder) => holder !== slot))
    const known = expected.filter(({ listing }) => found.has(listing.root))
    const hasAnswer = response.hits.length > 0
    const sizeOf = (value: unknown) => utf8Encode(JSON.stringify(value)).length
    return {
      recall: known.length / expected.length,
      messages: 2,
      bytes: sizeOf(request) + sizeOf(response),
      digests: 0,
      hops: hasAnswer ? 1 : null,
      milliseconds: hasAnswer ? 2 * MEDIAN_LATENCY_MS : null,
    }
  }
}
