import { randomNonce } from '../../src/kernel/random-ids.ts'
import type { OverlayEffect } from '../../src/discovery/overlay.ts'
import type { Hit } from '../../src/discovery/listing.ts'
import { type FileRoot, type Nonce, type PeerId } from '../../src/kernel/ids.ts'
import { defined } from '../../src/kernel/invariant.ts'
import { createRng, pick, shuffled, type Rng } from '../../src/kernel/rng.ts'
import { check, short } from '../checkers/checker.ts'
import type { OverlayWorld, SimCore, SimPeer } from '../overlay-world.ts'
import type { Library, LibraryQuery } from './compare-library.ts'

/** What a message is to a search: part of the question and its answers, a digest for many questions, or neither. */
export type MessageUse = 'search' | 'digest' | 'upkeep'

/** A network whose peers share the library: the first one that was added has slot 0, and so on. */
export interface NetworkOptions<Message extends { readonly type: string }, C extends SimCore<Message>> {
  readonly world: OverlayWorld<Message, C>
  readonly library: Library
  readonly seed: number
  readonly useOf: (message: Message) => MessageUse
  readonly sizeOf: (message: Message) => number
}

/** Messages that are sent for searches, and what the answer was. */
export interface Answered {
  /** Share of the matching files of others that were found; `null` when there is none, or the searcher died. */
  readonly recall: number | null
  readonly messages: number
  readonly bytes: number
  readonly digests: number
  /** Of the farthest answer; `null` without one. */
  readonly hops: number | null
  /** Until the first answer; `null` without one. */
  readonly milliseconds: number | null
}

interface Open {
  readonly id: Nonce
  readonly found: Map<FileRoot, Set<PeerId>>
  hops: number | null
  firstAt: number | null
  isEnded: boolean
}

/** Answers wanted of one search. */
export const WANTED = 100
/** A search that has not ended is looked at no longer. */
const SEARCH_MS = 8_000
/** What a search caused may still be on its way then: digests wait for up to a second. */
const REST_MS = 1_500
/** Peers that a newcomer is told of. */
const KNOWN = 5
/** Bytes before each message that say how long it is. */
const LENGTH_BYTES = 2

/** Asks one question after the other in a simulated network, and counts what each one causes. */
export class ComparedNetwork<Message extends { readonly type: string }, C extends SimCore<Message>> {
  readonly #options: NetworkOptions<Message, C>
  readonly #rng: Rng
  readonly #peers: PeerId[]
  /** Also of those that are gone. */
  readonly #slots = new Map<PeerId, number>()
  #open: Open | null = null
  #counted = { messages: 0, bytes: 0, digests: 0 }

  constructor(options: NetworkOptions<Message, C>) {
    this.#options = options
    this.#rng = createRng(options.seed).child('network')
    this.#peers = [...options.world.nodes.keys()]
    this.#peers.forEach((peer, slot) => this.#slots.set(peer, slot))
    options.world.observers.push({ effect: (node, effect) => void this.#onEffect(node, effect) })
  }

  get world(): OverlayWorld<Message, C> {
    return this.#options.world
  }

  publishAll(): void {
    for (let slot = 0; slot < this.#peers.length; slot++) this.#publish(slot)
  }

  ask({ slot, words }: LibraryQuery): Answered {
    const { world } = this
    const searcher = defined(this.#peers[slot], 'peer of the slot')
    const askedAt = world.now
    const online = new Set(world.alive().map(({ peer }) => peer))
    const id = randomNonce(this.#rng)
    const open: Open = { id, found: new Map(), hops: null, firstAt: null, isEnded: false }
    this.#open = open
    this.#counted = { messages: 0, bytes: 0, digests: 0 }
    world.feed(searcher, { type: 'search', id, criteria: { by: 'words', words }, limit: WANTED })
    world.runUntil(() => open.isEnded, SEARCH_MS)
    world.run(REST_MS)
    this.#open = null
    const milliseconds = open.firstAt === null ? null : open.firstAt - askedAt
    const recall = world.isAlive(searcher) ? this.#recall(slot, words, online, open.found) : null
    return { recall, ...this.#counted, hops: open.hops, milliseconds }
  }

  /** From now on every peer stays for an exponential time; a newcomer with the same files takes its place. */
  churn(meanSessionMs: number): void {
    const gapMs = meanSessionMs / this.#peers.length
    const { world } = this
    const next = () => {
      world.clock.after(-Math.log(1 - this.#rng.float()) * gapMs, () => {
        this.#replace(this.#rng.below(this.#peers.length))
        next()
      })
    }
    next()
  }

  #replace(slot: number): void {
    const { world } = this
    world.kill(defined(this.#peers[slot], 'peer of the slot'))
    const known = shuffled(
      this.#rng,
      Array.from({ length: 2 * KNOWN }, () => defined(pick(this.#rng, this.#peers), 'peer')),
    )
    const { peer } = world.add()
    this.#peers[slot] = peer
    this.#slots.set(peer, slot)
    const peers = [...new Set(known)].filter((each) => world.isAlive(each)).slice(0, KNOWN)
    world.feed(peer, { type: 'candidates', peers })
    this.#publish(slot)
  }

  #publish(slot: number): void {
    const peer = defined(this.#peers[slot], 'peer of the slot')
    for (const { listing } of this.#options.library.filesOf(slot))
      this.world.feed(peer, { type: 'publish', infoHash: listing.infoHash, listings: [listing] })
  }

  /** A file counts when a source was there all the time; it is found when a source that was there is named. */
  #recall(
    searcher: number,
    words: readonly string[],
    online: ReadonlySet<PeerId>,
    found: Open['found'],
  ): number | null {
    const { library } = this.#options
    const isThere = (peer: PeerId) => online.has(peer) && this.world.isAlive(peer)
    const expected = library
      .matching(words)
      .filter((file) =>
        library
          .holders(file)
          .some((slot) => slot !== searcher && isThere(defined(this.#peers[slot], 'peer of the slot'))),
      )
    if (expected.length === 0) return null
    const known = expected.filter(({ listing }) =>
      [...(found.get(listing.root) ?? [])].some((peer) => this.world.isAlive(peer)),
    )
    return known.length / expected.length
  }

  #onEffect(node: SimPeer<C>, effect: OverlayEffect<Message>): void {
    if (effect.type === 'send') {
      if (node.links.has(effect.to)) this.#count(effect.message)
    } else if (effect.type === 'hits' && effect.id === this.#open?.id) {
      this.#note(this.#open, effect.hits, effect.hops)
    } else if (effect.type === 'searchEnded' && effect.id === this.#open?.id) {
      this.#open.isEnded = true
    }
  }

  #count(message: Message): void {
    const use = this.#options.useOf(message)
    if (use === 'digest') this.#counted.digests++
    if (use !== 'search') return
    this.#counted.messages++
    this.#counted.bytes += this.#options.sizeOf(message) + LENGTH_BYTES
  }

  #note(open: Open, hits: readonly Hit[], hops: number): void {
    open.firstAt ??= this.world.now
    open.hops = Math.max(open.hops ?? 0, hops)
    for (const { listing, providers } of hits) {
      const sources = open.found.get(listing.root) ?? new Set<PeerId>()
      open.found.set(listing.root, sources)
      for (const peer of providers) {
        const slot = defined(this.#slots.get(peer), 'slot of the peer')
        const isTrue = this.#options.library.holds(slot, listing.root)
        check(isTrue, () => `${short(peer)} is named as a source of ${listing.name}, which it never had`)
        sources.add(peer)
      }
    }
  }
}
