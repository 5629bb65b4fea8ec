import type { InfoHash, Nonce, PeerId } from '../kernel/ids.ts'
import { LIMITS } from '../kernel/limits.ts'
import type { Listing } from '../discovery/listing.ts'
import type { DiscoveryAnswer, SearchStep } from '../discovery/overlay.ts'
import { SYSTEMS, type SystemName } from './systems.ts'

/** Searches that are remembered; a person looks at one. Our choice. */
const SEARCHES = 4
/** Steps kept for the drawing of one system's search. */
const STEPS = 512

export type SearchEnd = Extract<DiscoveryAnswer, { type: 'searchEnded' }>['because'] | 'off' | 'starting'

/** What one system found, and what it cost. */
export interface AnswerView {
  readonly system: SystemName
  readonly state: 'asking' | 'ended'
  /** `off`: the system is switched off here. */
  readonly because: SearchEnd | null
  /** Different files. */
  readonly hits: number
  /** Messages and bytes of all peers that took part, as far as they reported. */
  readonly messages: number
  readonly bytes: number
  /** Links that the question crossed to the farthest hit; 0 without hits. */
  readonly hops: number
  /** From the question to the first hit, and to the end. */
  readonly firstHitMs: number | null
  readonly tookMs: number | null
  readonly steps: readonly SearchStep[]
}

export interface HitView {
  readonly listing: Listing
  readonly providers: readonly PeerId[]
  readonly systems: readonly SystemName[]
}

export interface SearchView {
  readonly id: Nonce
  readonly text: string
  readonly startedAt: number
  readonly answers: readonly AnswerView[]
  /** Merged by file and share, in the order in which they came. */
  readonly hits: readonly HitView[]
}

interface Answer {
  readonly system: SystemName
  because: SearchEnd | null
  readonly found: Set<string>
  /** Of them, those that it brought into the list. */
  listed: number
  messages: number
  bytes: number
  hops: number
  firstHitAt: number | null
  endedAt: number | null
  readonly steps: SearchStep[]
}

interface Search {
  readonly id: Nonce
  readonly text: string
  readonly startedAt: number
  readonly answers: Map<SystemName, Answer>
  readonly hits: Map<string, { listing: Listing; providers: Set<PeerId>; systems: Set<SystemName> }>
}

/** The searches of this node: answers of all systems side by side, merged, with what each cost. */
export class Searches {
  readonly #searches = new Map<Nonce, Search>()

  /** @returns ids of searches that were forgotten to make room. */
  start(id: Nonce, text: string, systems: readonly SystemName[], now: number): Nonce[] {
    const answers = new Map<SystemName, Answer>()
    for (const system of SYSTEMS) if (systems.includes(system)) answers.set(system, emptyAnswer(system))
    this.#searches.set(id, { id, text, startedAt: now, answers, hits: new Map() })
    const dropped: Nonce[] = []
    for (const old of this.#searches.keys()) {
      if (this.#searches.size <= SEARCHES) break
      this.#searches.delete(old)
      dropped.push(old)
    }
    return dropped
  }

  has(id: Nonce): boolean {
    return this.#searches.has(id)
  }

  forget(id: Nonce): void {
    this.#searches.delete(id)
  }

  /** Takes an answer in; hits may come after the end. Does nothing for a search that is not known. */
  onAnswer(system: SystemName, effect: DiscoveryAnswer, now: number): void {
    const search = this.#searches.get(effect.id)
    const answer = search?.answers.get(system)
    if (search === undefined || answer === undefined) return
    switch (effect.type) {
      case 'hits':
        for (const hit of effect.hits) addHit(search, answer, hit)
        if (answer.found.size === 0) return
        answer.firstHitAt ??= now
        answer.hops = Math.max(answer.hops, effect.hops)
        return
      case 'searchCost':
        answer.messages += effect.messages
        answer.bytes += effect.bytes
        answer.steps.push(...effect.steps.slice(0, STEPS - answer.steps.length))
        return
      case 'searchEnded':
        return this.end(effect.id, system, effect.because, now)
      case 'providers':
        return
    }
  }

  /** Ends what a system has not answered yet. */
  endAll(system: SystemName, because: SearchEnd, now: number): void {
    for (const id of this.#searches.keys()) this.end(id, system, because, now)
  }

  end(id: Nonce, system: SystemName, because: SearchEnd, now: number): void {
    const answer = this.#searches.get(id)?.answers.get(system)
    if (answer === undefined || answer.because !== null) return
    answer.because = because
    answer.endedAt = now
  }

  /** Peers that the hits name for a share, and the systems that found it. */
  sourcesOf(infoHash: InfoHash): { readonly providers: Set<PeerId>; readonly systems: Set<SystemName> } {
    const found = { providers: new Set<PeerId>(), systems: new Set<SystemName>() }
    for (const { hits } of this.#searches.values()) {
      for (const { listing, providers, systems } of hits.values()) {
        if (listing.infoHash !== infoHash) continue
        for (const provider of providers) found.providers.add(provider)
        for (const system of systems) found.systems.add(system)
      }
    }
    return found
  }

  views(): SearchView[] {
    return [...this.#searches.values()].map(({ id, text, startedAt, answers, hits }) => ({
      id,
      text,
      startedAt,
      answers: [...answers.values()].map((answer) => answerView(answer, startedAt)),
      hits: [...hits.values()].map(({ listing, providers, systems }) => ({
        listing,
        providers: [...providers],
        systems: SYSTEMS.filter((system) => systems.has(system)),
      })),
    }))
  }
}

/** Providers looked for by infohash, for shares that want peers. */
export class Locates {
  readonly #open = new Map<Nonce, InfoHash>()

  start(id: Nonce, infoHash: InfoHash): void {
    this.#open.set(id, infoHash)
    // A locate has four answers at most, soon; whatever is older was never ended.
    for (const old of this.#open.keys()) {
      if (this.#open.size <= LIMITS.sharesPerLink) return
      this.#open.delete(old)
    }
  }

  infoHashOf(id: Nonce): InfoHash | undefined {
    return this.#open.get(id)
  }
}

function emptyAnswer(system: SystemName): Answer {
  return {
    system,
    because: null,
    found: new Set(),
    listed: 0,
    messages: 0,
    bytes: 0,
    hops: 0,
    firstHitAt: null,
    endedAt: null,
    steps: [],
  }
}

function addHit(
  search: Search,
  answer: Answer,
  { listing, providers }: { listing: Listing; providers: readonly PeerId[] },
): void {
  const key = `${listing.root}:${listing.infoHash}`
  // What it found counts, shown or not.
  if (answer.found.size < LIMITS.hitsPerSearch) answer.found.add(key)
  let hit = search.hits.get(key)
  if (hit === undefined) {
    // Of the list each system that is asked has its part: one that answers with anything must not keep the others out.
    if (answer.listed >= LIMITS.hitsPerSearch / search.answers.size) return
    answer.listed++
    hit = { listing, providers: new Set(), systems: new Set() }
    search.hits.set(key, hit)
  }
  hit.systems.add(answer.system)
  for (const provider of providers) {
    if (hit.providers.size >= LIMITS.announcePeers) return
    hit.providers.add(provider)
  }
}

function answerView(answer: Answer, startedAt: number): AnswerView {
  const { system, because, found, messages, bytes, hops, firstHitAt, endedAt, steps } = answer
  return {
    system,
    state: because === null ? 'asking' : 'ended',
    because,
    hits: found.size,
    messages,
    bytes,
    hops,
    firstHitMs: firstHitAt === null ? null : firstHitAt - startedAt,
    tookMs: endedAt === null ? null : endedAt - startedAt,
    steps: [...steps],
  }
}
