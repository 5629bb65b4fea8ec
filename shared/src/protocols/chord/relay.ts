import { BoundedMap } from '../../kernel/bounded.ts'
import { Deadlines } from '../../kernel/deadlines.ts'
import type { Nonce, PeerId } from '../../kernel/ids.ts'
import type { RelayHooks } from './api.ts'
import { CHORD } from './constants.ts'
import type { ChordContext } from './context.ts'
import { MAX_AVOIDED, type ChordMessage, type Course, type Find, type Found } from './messages.ts'
import {
  arrived,
  countAnswer,
  countMessage,
  hasLookedEnough,
  isOutdone,
  isSure,
  learn,
  newPass,
  newsOf,
  ownersOutOfReach,
  patienceWith,
  traceOf,
  type Pass,
} from './pass.ts'
import {
  closerHops,
  hopsBefore,
  isLastBefore,
  nearestTo,
  nextHops,
  nextHopTo,
  sightedHops,
  type Candidate,
} from './routing.ts'
import { Sightings } from './sightings.ts'

/**
 * Recursive routing with an acknowledgement for each hop. A hop that stays silent is replaced by the next best
 * after its timeout; a dead end gives the question back. Each node remembers where a question came from, so that
 * the answer returns along the same links; where one of them died, the answer is routed to the asker's place.
 */
export class Relay {
  readonly #context: ChordContext
  readonly #hooks: RelayHooks
  readonly sightings: Sightings
  readonly #seenBy = (peer: PeerId) => this.sightings.seenBy(peer)
  readonly #passes = new BoundedMap<Nonce, Pass>(CHORD.relays)
  readonly #deadlines = new Deadlines<Nonce>()

  constructor(context: ChordContext, hooks: RelayHooks) {
    this.#context = context
    this.#hooks = hooks
    this.sightings = new Sightings(context, () => {
      for (const pass of [...this.#passes.values()]) if (pass.state === 'seeking') this.#advance(pass)
    })
  }

  wakeAt(): number {
    return this.#deadlines.earliest()
  }

  wake(): void {
    for (const lookup of this.#deadlines.due(this.#context.now)) {
      const pass = this.#passes.get(lookup)
      if (pass?.state === 'sent' || pass?.state === 'seeking') this.#advance(pass)
      else if (pass?.state === 'acknowledged' && pass.next !== null) this.#passOver(pass, pass.next)
    }
  }

  /** Sends a question of our own. @param not first hops that others of its attempts took. @returns the first hop. */
  begin(find: Find, first: PeerId | null, not: readonly PeerId[]): PeerId | null {
    const pass = this.#remember(find, null, not)
    if (first === null) this.#advance(pass)
    else if (this.#context.links.has(first)) this.#send(pass, first, 'free')
    else this.#giveBack(pass)
    return pass.next
  }

  /** Our own question is of no interest any longer. */
  forget(lookup: Nonce): void {
    const pass = this.#passes.get(lookup)
    if (pass !== undefined) this.#finish(pass)
  }

  find(from: PeerId, find: Find): void {
    this.#context.send(from, { type: 'hopAck', lookup: find.lookup })
    const ttl = find.ttl - 1
    const known = this.#passes.get(find.lookup)
    if (known !== undefined && this.#takesShortWay(known, find, ttl)) return
    if (find.origin === this.#context.self) return this.#cameHome(from, find, known)
    // Who gave it back may have learnt of a way since.
    const isAgain = known !== undefined && !(find.course === 'sighted' && known.state === 'over')
    if (isAgain || ttl <= 0) return this.#sendBack(from, find.lookup, ttl)
    this.#advance(this.#remember(arrived(find, this.#context.self), from, []))
  }

  hopAck(from: PeerId, lookup: Nonce): void {
    const pass = this.#passes.get(lookup)
    if (pass?.state !== 'sent' || pass.next !== from) return
    pass.state = 'acknowledged'
    this.#deadlines.clear(lookup)
    this.#context.links.get(from)?.roundTrip.sample(this.#context.now - pass.sentAt)
    const patienceMs = patienceWith(this.#context, from, pass)
    if (patienceMs !== null) this.#deadlines.set(lookup, this.#context.now + patienceMs)
  }

  /** A holder took the question and says nothing: the next one is asked as if it were not there. */
  #passOver(pass: Pass, silent: PeerId): void {
    if (pass.find.avoid.length < MAX_AVOIDED)
      pass.find = { ...pass.find, avoid: [...pass.find.avoid, silent] }
    this.#advance(pass)
  }

  back(from: PeerId, message: Extract<ChordMessage, { type: 'back' }>): void {
    const { lookup, ttl, visited, dead } = message
    const pass = this.#passes.get(lookup)
    if (pass === undefined || pass.next !== from || pass.state === 'over') return
    countMessage(pass, message)
    learn(pass, visited, dead)
    // An excursion has a small allowance of its own.
    pass.ttl = pass.isClaimed ? pass.ttl - 1 : Math.min(pass.ttl - 1, ttl)
    this.#advance(pass)
  }

  found(from: PeerId, found: Found): void {
    const pass = this.#passes.get(found.lookup)
    if (pass === undefined) return this.#route(found, from)
    if (pass.state === 'over') return
    this.#finish(pass)
    this.#reply(pass, found, from)
  }

  /** A question that went over a lost link goes another way. */
  linkDown(peer: PeerId): void {
    const passes = [...this.#passes.values()]
    for (const pass of passes)
      if (pass.next === peer && (pass.state === 'sent' || pass.state === 'acknowledged')) this.#advance(pass)
  }

  /**
   * Somebody who has the question from us, over others, was told that a way to whom it seeks leads over us: from here it
   * goes there, and no longer by those others. @returns whether there is such a way.
   */
  #takesShortWay(pass: Pass, { key, course, visited, dead }: Find, ttl: number): boolean {
    if (course !== 'sighted' || pass.state === 'over' || ttl <= 1) return false
    const hadIt = new Set([...pass.visited, ...visited])
    const [best] = sightedHops(this.#context, key, pass.tried, hadIt, this.#seenBy)
    if (best === undefined) return false
    learn(pass, visited, dead)
    pass.isClaimed = false
    pass.ttl = ttl
    this.#send(pass, best.peer, 'sighted')
    return true
  }

  /** A question that began by another's link came back to us: we own the key ourselves, or it is lost. */
  #cameHome(from: PeerId, find: Find, pass: Pass | undefined): void {
    if (pass?.previous !== null || pass.state === 'over' || !this.#context.owns(find.key, find.avoid))
      return this.#sendBack(from, find.lookup, find.ttl - 1)
    this.#answer(pass)
  }

  #remember(find: Find, previous: PeerId | null, not: readonly PeerId[]): Pass {
    const pass = newPass(find, previous, not, this.#context)
    const dropped = this.#passes.set(find.lookup, pass)
    if (dropped !== undefined) this.#deadlines.clear(dropped)
    return pass
  }

  /** Answers, or sends the question on to the best peer that was not tried. */
  #advance(pass: Pass): void {
    const context = this.#context
    const { find } = pass
    this.#deadlines.clear(find.lookup)
    if (context.now >= pass.endsAt) return this.#finish(pass)
    // Who is only joining may ask through others, but is no way for them.
    if (context.phase === 'joining' && pass.previous !== null) return this.#giveBack(pass)
    if (isSure(context, pass)) return this.#answer(pass)
    // Who lost its neighbours looks around a little before it takes the key for its own.
    const isOwner = context.mayOwn(find.key, find.avoid) && !isOutdone(context, pass)
    pass.isClaimed = isOwner
    if (isOwner && pass.tries > 0 && this.#looksOut(pass)) return
    if (isOwner && hasLookedEnough(context, pass)) return this.#answer(pass)
    if (pass.tries === 0) this.#nameDead(pass)
    const course = isOwner ? 'closer' : this.#courseOf(find)
    // It would leave this side of the key for good: whoever is listed on the other one may be alive.
    const isLeaving = course === 'fromAfter' && find.course !== course
    if (isLeaving && this.#looksOut(pass)) return
    const [best] = this.#candidates(pass, isOwner, course)
    if (best !== undefined && pass.ttl > 1) return this.#send(pass, best.peer, course)
    if (isOwner) return this.#answer(pass)
    this.#giveBack(pass)
  }

  /** Somebody nearer to the key is listed and may be alive: goes there or waits for word of it. @returns whether it does. */
  #looksOut(pass: Pass): boolean {
    if (this.#context.now >= this.#context.seeksUntil) return false
    const places = ownersOutOfReach(this.#context, pass)
    const outlook = this.sightings.lookFor(places, (peer) => pass.tried.has(peer))
    if (outlook === null || pass.ttl <= 1) return false
    if (outlook.type === 'go') this.#send(pass, outlook.to, 'sighted')
    else {
      pass.state = 'seeking'
      pass.next = null
      this.#deadlines.set(pass.find.lookup, Math.min(outlook.until, pass.endsAt))
    }
    return true
  }

  /** Who stands before the key and knows nobody between sends it to the other side, for good. */
  #courseOf({ key, routing, course }: Find): Course {
    return routing === 'full' && course === 'free' && isLastBefore(this.#context, key) ? 'fromAfter' : course
  }

  #candidates({ find, tried, visited, dead, tries }: Pass, isOwner: boolean, course: Course): Candidate[] {
    const context = this.#context
    if (course === 'sighted') return sightedHops(context, find.key, tried, visited, this.#seenBy)
    // One who stands after the key and knows nobody before it looks on the key's other side, too.
    if (isOwner && tries === 1) return hopsBefore(context, find.key, tried, visited)
    if (course === 'closer' && !isOwner) return closerHops(context, find.key, tried, visited)
    // After many steps the lists of links have misled it, as they do when many just died.
    const looksAhead = find.ttl > CHORD.ttl - CHORD.looksAheadFor
    const isFromAfter = course === 'fromAfter'
    return nextHops(context, find, tried, { visited, dead, usesLists: tries === 0, looksAhead, isFromAfter })
  }

  /** Others may believe that they reach dead peers through us: those nearest to the key are named. */
  #nameDead({ find, dead: named }: Pass): void {
    for (const place of nearestTo(find.key, this.#context.deadPlaces(), CHORD.deadNamed)) named.add(place)
  }

  #send(pass: Pass, to: PeerId, course: Course): void {
    const { find } = pass
    const trace = traceOf(pass)
    const visited = [...pass.visited].slice(-CHORD.visited)
    const dead = nearestTo(find.key, pass.dead, CHORD.dead)
    const isShort = find.course === 'fromAfter' || course === 'sighted'
    const excursionTtl = isShort ? CHORD.shortExcursionTtl : CHORD.excursionTtl
    const ttl = pass.isClaimed ? Math.min(pass.ttl, excursionTtl) : pass.ttl
    const message: Find = { ...find, ttl, visited, dead, course, trace }
    pass.next = to
    pass.state = 'sent'
    pass.sentAt = this.#context.now
    pass.tries++
    pass.tried.add(to)
    countMessage(pass, message)
    this.#context.send(to, message)
    const timeout = this.#context.links.get(to)?.roundTrip.timeoutMs ?? CHORD.firstRtoMs
    this.#deadlines.set(find.lookup, this.#context.now + timeout)
  }

  #answer(pass: Pass): void {
    pass.state = 'acknowledged'
    pass.next = null
    const { find } = pass
    this.#hooks.answer(find.ask, (answer) => {
      if (pass.state === 'over') return
      this.#finish(pass)
      const { lookup, origin, hops, trace } = find
      const owner = this.#context.self
      const found: Found = { type: 'found', lookup, origin, owner, answer, hops, ttl: CHORD.ttl, trace }
      this.#reply(pass, found, null)
    })
  }

  #reply(pass: Pass, found: Found, from: PeerId | null): void {
    if (pass.previous === null) return this.#hooks.ended(pass.find.lookup, found, from)
    const message = countAnswer(found)
    if (this.#context.links.has(pass.previous)) this.#context.send(pass.previous, message)
    else this.#route(message, from)
  }

  /** The way back is broken or not ours: towards the asker's place. */
  #route(found: Found, from: PeerId | null): void {
    if (found.origin === this.#context.self || found.ttl <= 1) return
    const next = nextHopTo(this.#context, found.origin)
    if (next !== null && next !== from) this.#context.send(next, { ...found, ttl: found.ttl - 1 })
  }

  #giveBack(pass: Pass): void {
    this.#finish(pass)
    const { lookup } = pass.find
    if (pass.previous === null) this.#hooks.ended(lookup, null, null)
    else this.#sendBack(pass.previous, lookup, pass.ttl, pass)
  }

  #sendBack(to: PeerId, lookup: Nonce, ttl: number, pass: Pass | null = null): void {
    const news = pass === null ? { visited: [], dead: [] } : newsOf(pass)
    this.#context.send(to, { type: 'back', lookup, ttl: Math.max(0, ttl), ...news })
  }

  #finish(pass: Pass): void {
    pass.state = 'over'
    pass.next = null
    this.#deadlines.clear(pass.find.lookup)
  }
}
