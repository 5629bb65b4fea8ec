import { randomNonce } from '../../src/kernel/random-ids.ts'
import { toHex } from '../../src/kernel/bytes.ts'
import { parseInfoHash, parsePeerId, type InfoHash, type PeerId } from '../../src/kernel/ids.ts'
import { defined } from '../../src/kernel/invariant.ts'
import { pick, shuffled } from '../../src/kernel/rng.ts'
import { providerKey } from '../../src/protocols/chord/position.ts'
import { settle } from './chord-start.ts'
import { RingWorld } from './chord-world.ts'
import { corrupt, type Lie } from './sybil-node.ts'

export interface SybilScenario {
  readonly seed: number
  /** Honest peers. */
  readonly peers: number
  /** Identities of the attacker, besides. */
  readonly attackers: number
  /** `random`: wherever their keys fall; `target`: keys were made until they fell right after one key. */
  readonly placement: 'random' | 'target'
  readonly lie: Lie
  /** Shares of honest peers, each with one provider, besides the one that is aimed at. */
  readonly records: number
  /** Searches for those, and for the one that is aimed at, by random honest peers. */
  readonly searches: number
  readonly targetSearches: number
}

export const DEFAULT_SYBIL: SybilScenario = {
  seed: 1,
  peers: 200,
  attackers: 0,
  placement: 'random',
  lie: 'withhold',
  records: 100,
  searches: 1_000,
  targetSearches: 100,
}

export interface SybilResult {
  readonly seed: number
  readonly peers: number
  readonly attackers: number
  readonly placement: SybilScenario['placement']
  readonly lie: Lie
  /** Keys that the attacker makes for its identities, in the mean: one in so many falls where it wants it. */
  readonly keysMade: number
  /** Share of the searches that found the provider, for the keys that nobody aims at, and for the one. */
  readonly foundShare: number
  readonly targetFoundShare: number
  /** Messages that one search cost, mean over those of the first kind. */
  readonly messagesPerSearch: number
  /** Messages that one record cost until it was put, mean. */
  readonly messagesPerPut: number
}

const SETTLE_MS = 8_000
/** Time in which every record is put, with the tries of those whose first ones failed. */
const PUBLISH_MS = 40_000
/** Searches are spread so that links need not refuse any: so many a second of all peers together. */
const SEARCHES_PER_SECOND = 50
/** A search ends after 5 s; the answers of a last one may be under way. */
const ANSWERS_MS = 6_000
/** An id has 256 bits; places that count are in the first 48, more is not needed to tell identities apart. */
const COARSE_DIGITS = 12
const ID_DIGITS = 64

interface Asked {
  readonly provider: PeerId
  isFound: boolean
  messages: number
}

/** Runs one scenario: a ring with liars in it, records put by honest peers, and searches for them. */
export function runSybil(scenario: SybilScenario): SybilResult {
  return new SybilRun(scenario).run()
}

class SybilRun {
  readonly #ring: RingWorld
  readonly #asked = new Map<string, Asked>()
  readonly #liars = new Set<PeerId>()

  constructor(readonly scenario: SybilScenario) {
    const { seed } = scenario
    this.#ring = new RingWorld({ seed, linkCap: 24, routing: 'full' })
    this.#ring.world.observers.push({
      effect: (_node, effect) => {
        if (effect.type !== 'providers' && effect.type !== 'searchCost') return
        const asked = this.#asked.get(effect.id)
        if (asked === undefined) return
        if (effect.type === 'searchCost') asked.messages += effect.messages
        else if (effect.peers.includes(asked.provider)) asked.isFound = true
      },
    })
  }

  run(): SybilResult {
    const { seed, peers, attackers, placement, lie, records, searches, targetSearches } = this.scenario
    const ring = this.#ring
    for (let i = 0; i < peers; i++) ring.add()
    const honest = ring.sorted()
    const target = this.#infoHash()
    const keysMade = this.#place(providerKey(target))
    settle(ring, 0)
    ring.world.run(SETTLE_MS)
    const providers = shuffled(ring.rng, honest)
    const shares = Array.from({ length: records }, () => this.#infoHash())
    const published = new Map(
      [...shares, target].map((share, i) => [share, defined(providers[i % peers], 'peer')]),
    )
    const messagesPerPut = this.#publish(published)
    const found = this.#search(published, shares, searches)
    const targetFound = this.#search(published, [target], targetSearches)
    return {
      ...{ seed, peers, attackers, placement, lie, keysMade },
      foundShare: found.share,
      targetFoundShare: targetFound.share,
      messagesPerSearch: found.messages,
      messagesPerPut,
    }
  }

  #infoHash(): InfoHash {
    return defined(parseInfoHash(toHex(this.#ring.rng.bytes(32))), 'infohash')
  }

  /** @returns keys that had to be made. */
  #place(key: string): number {
    const { attackers, placement } = this.scenario
    const ring = this.#ring
    const start = Number.parseInt(key.slice(0, COARSE_DIGITS), 16)
    const owner = Number.parseInt(ring.ownerOf(key).slice(0, COARSE_DIGITS), 16)
    const arc = (owner - start + 2 ** 48) % 2 ** 48
    for (let i = 0; i < attackers; i++) {
      const ground = placement === 'random' ? undefined : this.#groundId(start, arc)
      const node = ring.add(ground)
      this.#liars.add(node.peer)
      corrupt(node, this.scenario.lie, this.#liars)
    }
    return placement === 'random' ? attackers : Math.round(attackers * (2 ** 48 / arc))
  }

  /** Somewhere between a key and the honest peer that would own it. */
  #groundId(start: number, arc: number): PeerId {
    const { rng } = this.#ring
    const place = (start + 1 + Math.floor(rng.float() * (arc - 1))) % 2 ** 48
    const tail = toHex(rng.bytes((ID_DIGITS - COARSE_DIGITS) / 2))
    return defined(parsePeerId(place.toString(16).padStart(COARSE_DIGITS, '0') + tail), 'peer id')
  }

  /** @returns messages for each record, as far as they carry questions and answers. */
  #publish(published: ReadonlyMap<InfoHash, PeerId>): number {
    const { world } = this.#ring
    const before = this.#questions()
    for (const [infoHash, provider] of published)
      world.feed(provider, { type: 'publish', infoHash, listings: [] })
    world.run(PUBLISH_MS)
    const messages = (this.#questions() - before) / Math.max(1, published.size)
    const [decoy] = this.scenario.lie === 'decoy' ? this.#liars : []
    if (decoy === undefined) return messages
    for (const infoHash of published.keys()) world.feed(decoy, { type: 'publish', infoHash, listings: [] })
    world.run(PUBLISH_MS)
    return messages
  }

  #questions(): number {
    const sent = this.#ring.world.sentByType()
    return ['find', 'found', 'back', 'hopAck'].reduce((sum, type) => sum + (sent.get(type) ?? 0), 0)
  }

  #search(published: ReadonlyMap<InfoHash, PeerId>, among: readonly InfoHash[], count: number) {
    const { world, rng } = this.#ring
    this.#asked.clear()
    const honest = this.#ring.sorted().filter((peer) => !this.#liars.has(peer))
    const spreadMs = (count / SEARCHES_PER_SECOND) * 1_000
    for (let i = 0; i < count; i++)
      world.clock.after(rng.float() * spreadMs, () => {
        const infoHash = defined(pick(rng, among), 'share')
        const provider = defined(published.get(infoHash), 'provider')
        const origin = defined(
          pick(
            rng,
            honest.filter((peer) => peer !== provider),
          ),
          'searcher',
        )
        const id = randomNonce(rng)
        this.#asked.set(id, { provider, isFound: false, messages: 0 })
        world.feed(origin, { type: 'search', id, criteria: { by: 'infoHash', infoHash }, limit: 20 })
      })
    world.run(spreadMs + ANSWERS_MS)
    const all = [...this.#asked.values()]
    const sum = (of: (asked: Asked) => number) => all.reduce((total, asked) => total + of(asked), 0)
    const each = (total: number) => total / Math.max(1, all.length)
    return {
      share: each(sum(({ isFound }) => (isFound ? 1 : 0))),
      messages: each(sum(({ messages }) => messages)),
    }
  }
}
