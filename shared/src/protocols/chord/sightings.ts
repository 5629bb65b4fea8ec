import { BoundedMap } from '../../kernel/bounded.ts'
import type { PeerId } from '../../kernel/ids.ts'
import { TokenBucket } from '../../kernel/token-bucket.ts'
import { CHORD } from './constants.ts'
import type { ChordContext } from './context.ts'
import type { ChordMessage } from './messages.ts'

/** A place whose peer may be alive, and who knows a way to it. */
interface Sought {
  /** Links that know a way to it, and how many links it has: 1 for one that is linked with it. */
  readonly via: Map<PeerId, number>
  /** Links that want to know. */
  readonly askers: Set<PeerId>
  /** When an answer is no longer waited for; later the outcome holds until `keptUntil`. */
  readonly endsAt: number
  readonly keptUntil: number
}

/** What to do about peers that may be alive: go to a link that knows a way, or wait. */
export type Outlook =
  { readonly type: 'go'; readonly to: PeerId } | { readonly type: 'wait'; readonly until: number }

/**
 * Looks for peers that lists name and nobody around is linked with: all links are asked, all of theirs, and those that
 * one of these names as linked with the place. So everybody up to four links away is found within three
 * round trips, which a question that goes one way after the other would need seconds for. Outcomes are kept for a while.
 */
export class Sightings {
  readonly #context: ChordContext
  readonly #sought = new BoundedMap<number, Sought>(CHORD.soughtPlaces)
  /** Questions of others that we pass on: each becomes one message to every link. */
  readonly #passedOn: TokenBucket
  readonly #onSighted: () => void

  constructor(context: ChordContext, onSighted: () => void) {
    this.#context = context
    this.#onSighted = onSighted
    this.#passedOn = new TokenBucket(CHORD.seekRate, CHORD.seekBurst, context.now)
  }

  /**
   * @param places the most wanted first. @param isOut links that are no way.
   * @returns `null` when none of them is anywhere to be seen.
   */
  lookFor(places: readonly number[], isOut: (peer: PeerId) => boolean): Outlook | null {
    const fresh = places.filter((place) => this.#fresh(place) === undefined).slice(0, CHORD.seekPlaces)
    for (const place of fresh) this.#note(place, null)
    this.#ask(fresh, CHORD.seekTtl, null)
    for (const place of places) {
      const sought = this.#fresh(place)
      if (sought === undefined) continue
      const [way] = this.#waysOf(sought).filter(({ peer }) => !isOut(peer))
      if (way !== undefined) return { type: 'go', to: way.peer }
      if (sought.via.size === 0 && this.#context.now < sought.endsAt)
        return { type: 'wait', until: sought.endsAt }
    }
    return null
  }

  /** Places that a link knows a way to, and how many links it has. */
  seenBy(peer: PeerId): { readonly place: number; readonly links: number }[] {
    const places: { place: number; links: number }[] = []
    for (const [place, { via, keptUntil }] of this.#sought.entries()) {
      const links = via.get(peer)
      if (keptUntil > this.#context.now && links !== undefined) places.push({ place, links })
    }
    return places
  }

  seek(from: PeerId, { positions, ttl }: Extract<ChordMessage, { type: 'seek' }>): void {
    // Nobody's question goes farther than one of ours.
    const left = Math.min(ttl, CHORD.seekTtl)
    const unknown: number[] = []
    for (const place of positions) {
      const known = this.#fresh(place)
      const links = this.#linksTo(place, known, from)
      if (links !== null) this.#context.send(from, { type: 'sighted', position: place, links })
      else if (known !== undefined) known.askers.add(from)
      else if (left > 0) unknown.push(place)
    }
    if (unknown.length === 0 || !this.#passedOn.take(1, this.#context.now)) return
    for (const place of unknown) this.#note(place, from)
    this.#ask(unknown, left - 1, from)
  }

  sighted(from: PeerId, place: number, links: number): void {
    const sought = this.#fresh(place)
    // Only what was asked for counts.
    if (sought === undefined || sought.via.has(from) || sought.via.size >= CHORD.seekWays) return
    if (links < 1 || links > CHORD.seekTtl + 1) return
    sought.via.set(from, links)
    for (const asker of sought.askers)
      if (asker !== from && this.#context.links.has(asker))
        this.#context.send(asker, { type: 'sighted', position: place, links: links + 1 })
    sought.askers.clear()
    this.#onSighted()
  }

  /** Ways over links that are still there, the shortest first. */
  #waysOf({ via }: Sought): { readonly peer: PeerId; readonly links: number }[] {
    const ways = [...via].map(([peer, links]) => ({ peer, links }))
    return ways.filter(({ peer }) => this.#context.links.has(peer)).sort((a, b) => a.links - b.links)
  }

  #note(place: number, asker: PeerId | null): void {
    const { now } = this.#context
    this.#sought.set(place, {
      via: new Map(),
      askers: new Set(asker === null ? [] : [asker]),
      endsAt: now + CHORD.seekMs,
      keptUntil: now + CHORD.soughtMs,
    })
  }

  /** All links, or, for the last step, those that told of a link with one of them: it may have died since. */
  #ask(positions: readonly number[], ttl: number, not: PeerId | null): void {
    if (positions.length === 0) return
    for (const { peer, beyond } of this.#context.memberLinks()) {
      const asked = ttl > 0 ? positions : positions.filter((place) => beyond.includes(place))
      if (peer !== not && asked.length > 0) this.#context.send(peer, { type: 'seek', positions: asked, ttl })
    }
  }

  #fresh(place: number): Sought | undefined {
    const sought = this.#sought.get(place)
    return sought !== undefined && sought.keptUntil > this.#context.now ? sought : undefined
  }

  /** How many links a way over us has, for one who asks; `null` when we know none. Only a link is proof. */
  #linksTo(place: number, known: Sought | undefined, from: PeerId): number | null {
    if (this.#context.memberLinks().some(({ peer, at }) => peer !== from && at === place)) return 1
    const [way] = known === undefined ? [] : this.#waysOf(known).filter(({ peer }) => peer !== from)
    return way === undefined ? null : way.links + 1
  }
}
