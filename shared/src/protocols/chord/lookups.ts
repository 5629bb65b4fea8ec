import { Deadlines } from '../../kernel/deadlines.ts'
import type { Nonce, PeerId } from '../../kernel/ids.ts'
import { CHORD } from './constants.ts'
import type { ChordContext } from './context.ts'
import type { Answer, Ask, ChordMessage, Found, Trace } from './messages.ts'
import { POSITION_DIGITS } from './position.ts'
import { Relay } from './relay.ts'

export interface LookupRequest {
  readonly key: string
  readonly ask: Ask
  /** The link to begin with; left out: the best one. */
  readonly first?: PeerId
  readonly avoid?: readonly PeerId[]
  readonly traced?: boolean
  readonly done: (outcome: LookupOutcome) => void
}

export interface LookupOutcome {
  /** `null`: nobody answered. */
  readonly owner: PeerId | null
  readonly answer: Answer | null
  readonly hops: number
  readonly attempts: number
  /** The link over which the answer came; `null` when it is our own. */
  readonly via: PeerId | null
  readonly trace: Trace | null
}

interface Lookup {
  readonly request: LookupRequest
  readonly endsAt: number
  attempts: number
  readonly firsts: PeerId[]
  /** Attempts under way; the first answer counts. */
  readonly open: Set<Nonce>
  /** The latest attempt, whose deadline is the lookup's. */
  latest: Nonce | null
}

type LookupMessage = Extract<
  ChordMessage,
  { readonly type: 'find' | 'hopAck' | 'back' | 'found' | 'seek' | 'sighted' }
>

type Reply = (ask: Ask, reply: (answer: Answer) => void) => void

/** Questions of our own: each is tried again by another first hop when it fails or takes too long. */
export class Lookups {
  readonly relay: Relay
  readonly #context: ChordContext
  readonly #running = new Map<Nonce, Lookup>()
  readonly #deadlines = new Deadlines<Nonce>()

  constructor(context: ChordContext, answer: Reply) {
    this.#context = context
    this.relay = new Relay(context, {
      answer,
      ended: (lookup, found, from) => {
        this.#ended(lookup, found, from)
      },
    })
  }

  wakeAt(): number {
    return Math.min(this.#deadlines.earliest(), this.relay.wakeAt())
  }

  wake(): void {
    this.relay.wake()
    for (const id of this.#deadlines.due(this.#context.now)) {
      const lookup = this.#running.get(id)
      if (lookup === undefined) continue
      if (this.#context.now < lookup.endsAt && lookup.attempts < CHORD.attempts) this.#attempt(lookup)
      else if (this.#context.now < lookup.endsAt) this.#deadlines.set(id, lookup.endsAt)
      else this.#fail(lookup)
    }
  }

  /** Takes what belongs to lookups, of ours or of others. */
  message(from: PeerId, message: LookupMessage): void {
    const { relay } = this
    switch (message.type) {
      case 'find':
        return relay.find(from, message)
      case 'hopAck':
        return relay.hopAck(from, message.lookup)
      case 'back':
        return relay.back(from, message)
      case 'found':
        return relay.found(from, message)
      case 'seek':
        return relay.sightings.seek(from, message)
      case 'sighted':
        return relay.sightings.sighted(from, message.position, message.links)
    }
  }

  start(request: LookupRequest): void {
    const endsAt = this.#context.now + CHORD.lookupMs
    this.#attempt({ request, endsAt, attempts: 0, firsts: [], open: new Set(), latest: null })
  }

  #attempt(lookup: Lookup): void {
    const { request } = lookup
    const id = this.#context.nonce()
    const routing = this.#context.routing
    this.#running.set(id, lookup)
    lookup.open.add(id)
    lookup.attempts++
    if (lookup.latest !== null) this.#deadlines.clear(lookup.latest)
    lookup.latest = id
    const patienceMs = routing === 'circle' ? CHORD.lookupMs : CHORD.attemptMs
    this.#deadlines.set(id, Math.min(lookup.endsAt, this.#context.now + patienceMs))
    const first = lookup.attempts === 1 ? (request.first ?? null) : null
    // Another first hop than before, if there is one.
    const hasOthers = this.#context.memberLinks().length > lookup.firsts.length
    const taken = this.relay.begin(
      {
        type: 'find',
        lookup: id,
        key: request.key.slice(0, POSITION_DIGITS),
        origin: this.#context.self,
        ask: request.ask,
        routing,
        ttl: routing === 'circle' ? CHORD.circleTtl : CHORD.ttl,
        hops: 0,
        avoid: request.avoid ?? [],
        visited: [],
        dead: [],
        course: 'free',
        trace: request.traced === true ? { path: [this.#context.self], messages: 0, bytes: 0 } : null,
      },
      first,
      hasOthers ? lookup.firsts : [],
    )
    if (taken !== null) lookup.firsts.push(taken)
  }

  #ended(id: Nonce, found: Found | null, from: PeerId | null): void {
    const lookup = this.#running.get(id)
    if (lookup === undefined) return
    if (found === null) {
      this.#close(lookup, id)
      if (lookup.attempts < CHORD.attempts && this.#context.now < lookup.endsAt) return this.#attempt(lookup)
      const [other] = lookup.open
      if (other === undefined) return this.#fail(lookup)
      lookup.latest = other
      this.#deadlines.set(other, lookup.endsAt)
      return
    }
    for (const each of lookup.open) this.#close(lookup, each)
    const { owner, answer, hops, trace } = found
    if (from !== null && owner !== from && owner !== this.#context.self)
      this.#context.emit({ type: 'way', peer: owner, via: from })
    lookup.request.done({ owner, answer, hops, attempts: lookup.attempts, via: from, trace })
  }

  #close(lookup: Lookup, id: Nonce): void {
    lookup.open.delete(id)
    this.#running.delete(id)
    this.#deadlines.clear(id)
    this.relay.forget(id)
  }

  #fail(lookup: Lookup): void {
    for (const id of lookup.open) this.#close(lookup, id)
    const { attempts, request } = lookup
    request.done({ owner: null, answer: null, hops: 0, attempts, via: null, trace: null })
  }
}
