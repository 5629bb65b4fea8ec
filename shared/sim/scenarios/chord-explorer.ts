import { toHex, utf8Encode } from '../../src/kernel/bytes.ts'
import { parsePeerId, type PeerId } from '../../src/kernel/ids.ts'
import { defined } from '../../src/kernel/invariant.ts'
import { createRng } from '../../src/kernel/rng.ts'
import { sha256 } from '../../src/content/sha256.ts'
import type { OverlayEffect, OverlayInput } from '../../src/discovery/overlay.ts'
import type { ChordView } from '../../src/protocols/chord/api.ts'
import type { ChordMessage } from '../../src/protocols/chord/messages.ts'
import { ringFaults, type RingFault, type RingSight } from '../checkers/ring-invariants.ts'
import { simKey } from '../overlay-world.ts'
import { SimRingNode } from './chord-world.ts'

/** What happens to a small ring from outside, in this order, at any moment. */
export type OutsideEvent =
  /** A node starts, and knows the one of this number. */
  | { readonly type: 'join'; readonly knows: number }
  /** The node of this number dies. */
  | { readonly type: 'fail'; readonly node: number }

export interface Exploration {
  /** Nodes that are a perfect ring at the start; 0 or 1: a node alone. */
  readonly settled: number
  readonly events: readonly OutsideEvent[]
  /** Steps in which every order is tried; what follows happens in a fair order. */
  readonly depth: number
  /** Rules that must hold in each state; the ring must be exact in the end. */
  readonly always: readonly RingFault['rule'][]
}

export interface ExplorationResult {
  /** Different states that were reached, and runs that were followed to their end. */
  readonly states: number
  readonly runs: number
  /** The steps that led to each fault. */
  readonly faults: readonly string[]
}

/** Virtual time within which a ring must be exact once nothing more happens from outside. */
const REPAIR_MS = 120_000
const LIST_LENGTH = 2

interface Seat {
  readonly peer: PeerId
  readonly core: SimRingNode
  readonly links: Set<PeerId>
  isAlive: boolean
}

/**
 * A ring of few whose every step is somebody's choice: which message arrives next, which dial ends, which death is
 * noticed, whether a timer runs out first. Cores can't be copied, so a state is reached by its steps, from the start.
 */
class ExploredRing implements RingSight {
  now = 1_700_000_000_000
  readonly #seats: Seat[] = []
  readonly #lanes = new Map<string, ChordMessage[]>()
  readonly #dials: { readonly from: Seat; readonly to: PeerId }[] = []
  readonly #downs: { readonly at: Seat; readonly peer: PeerId }[] = []
  readonly #events: OutsideEvent[] = []

  constructor({ settled, events }: Exploration) {
    for (let i = 0; i < Math.max(1, settled); i++) this.#add()
    if (settled >= 2) this.#settleAll(settled)
    this.#events.push(...events)
  }

  #settleAll(settled: number): void {
    const peers = [...this.sorted()]
    peers.forEach((peer, index) => {
      const others = (step: number) =>
        Array.from({ length: Math.min(LIST_LENGTH, settled - 1) }, (_, i) =>
          defined(peers[(index + step * (i + 1) + settled * LIST_LENGTH) % settled], 'peer'),
        )
      this.#seat(peer).core.node.settle(others(1), others(-1))
    })
    for (const a of this.#seats) for (const b of this.#seats) if (a.peer < b.peer) this.#connect(a, b)
    this.settle()
  }

  sorted(): readonly PeerId[] {
    return this.#seats
      .filter(({ isAlive }) => isAlive)
      .map(({ peer }) => peer)
      .sort()
  }

  isMember = (peer: PeerId): boolean =>
    this.#seats.some((seat) => seat.peer === peer && seat.isAlive && seat.core.node.phase === 'member')

  viewOf(peer: PeerId): ChordView {
    return this.#seat(peer).core.node.view()
  }

  /** What can happen next, by name. */
  choices(): string[] {
    const names = [...this.#lanes]
      .filter(([, messages]) => messages.length > 0)
      .map(([lane]) => `take ${lane}`)
    this.#dials.forEach((_, index) => names.push(`dial ${String(index)}`))
    this.#downs.forEach((_, index) => names.push(`down ${String(index)}`))
    if (this.#events.length > 0) names.push('outside')
    return [...names, 'timer'].sort()
  }

  step(choice: string): void {
    const [what, which = ''] = choice.split(' ')
    if (what === 'take') this.#take(which)
    else if (what === 'dial') this.#endDial(Number(which))
    else if (what === 'down') {
      const [down] = this.#downs.splice(Number(which), 1)
      if (down !== undefined) this.#feed(down.at, { type: 'linkDown', peer: down.peer })
    } else if (what === 'outside') this.#outside()
    else this.#timer()
  }

  /** In a fair order until nothing is under way, but for timers. */
  settle(): void {
    for (let choice = this.#fair(); choice !== undefined; choice = this.#fair()) this.step(choice)
  }

  /** To the end. @returns what is still wrong when time is over. */
  finish(): RingFault[] {
    const end = this.now + REPAIR_MS
    for (;;) {
      this.settle()
      const faults = this.#faultsAtRest()
      if (faults.length === 0 || this.now >= end) return faults
      this.#timer()
    }
  }

  /** All that can be seen of it from outside. Counters and timers inside of the cores are known by the next alarm. */
  fingerprint(): string {
    const seats = this.#seats.map(({ peer, core, links, isAlive }) => {
      const { state, predecessors, successors } = core.node.view()
      return isAlive ? [state, predecessors, successors, [...links].sort(), core.wakeAt() - this.now] : [peer]
    })
    const dials = this.#dials.map(({ from, to }) => `${from.peer}>${to}`)
    const downs = this.#downs.map(({ at, peer }) => `${at.peer}-${peer}`)
    const lanes = [...this.#lanes].filter(([, messages]) => messages.length > 0).sort()
    const text = JSON.stringify([seats, dials.sort(), downs.sort(), lanes, this.#events.length])
    return toHex(sha256(utf8Encode(text)))
  }

  #faultsAtRest(): RingFault[] {
    const apart = this.sorted().filter((peer) => !this.isMember(peer))
    if (this.sorted().length < 2) return []
    const lost = apart.map((peer) => ({ rule: 'exact' as const, what: `${peer.slice(0, 6)} is no member` }))
    return [...lost, ...ringFaults(this, true)]
  }

  #fair(): string | undefined {
    return this.choices().find((choice) => choice !== 'timer')
  }

  #add(): Seat {
    const number = this.#seats.length
    const peer = defined(parsePeerId(toHex(sha256(utf8Encode(`explored ${String(number)}`)))), 'peer id')
    const options = { self: peer, key: simKey(peer), rng: createRng(number), now: this.now }
    const core = new SimRingNode({ ...options, listLength: LIST_LENGTH }, () => undefined)
    const seat = { peer, core, links: new Set<PeerId>(), isAlive: true }
    this.#seats.push(seat)
    return seat
  }

  #seat(peer: PeerId): Seat {
    return defined(
      this.#seats.find((seat) => seat.peer === peer),
      'seat',
    )
  }

  #outside(): void {
    const event = this.#events.shift()
    if (event?.type === 'join') {
      const known = defined(this.#seats[event.knows], 'known node').peer
      this.#feed(this.#add(), { type: 'candidates', peers: [known] })
    } else if (event !== undefined) {
      const seat = defined(this.#seats[event.node], 'node')
      seat.isAlive = false
      for (const other of seat.links) this.#cut(this.#seat(other), seat.peer)
    }
  }

  /** One end of a link is gone; the other end has still to notice. */
  #cut(at: Seat, peer: PeerId): void {
    if (!at.links.delete(peer)) return
    this.#lanes.delete(`${peer}>${at.peer}`)
    this.#lanes.delete(`${at.peer}>${peer}`)
    if (at.isAlive) this.#downs.push({ at, peer })
  }

  #take(lane: string): void {
    const message = this.#lanes.get(lane)?.shift()
    const [from, to] = lane.split('>').map((each) => this.#seat(defined(parsePeerId(each), 'peer')))
    if (message === undefined || from === undefined || to === undefined) return
    if (to.links.has(from.peer)) this.#feed(to, { type: 'message', from: from.peer, message })
  }

  #endDial(index: number): void {
    const [dial] = this.#dials.splice(index, 1)
    if (dial === undefined || !dial.from.isAlive || dial.from.links.has(dial.to)) return
    const to = this.#seat(dial.to)
    if (to.isAlive && to.core.accepts(dial.from.peer)) this.#connect(dial.from, to)
    else this.#feed(dial.from, { type: 'dialFailed', peer: dial.to })
  }

  #connect(a: Seat, b: Seat): void {
    a.links.add(b.peer)
    b.links.add(a.peer)
    this.#feed(a, { type: 'linkUp', peer: b.peer })
    this.#feed(b, { type: 'linkUp', peer: a.peer })
  }

  /** The earliest alarm; what is under way stays under way. */
  #timer(): void {
    const alive = this.#seats.filter(({ isAlive, core }) => isAlive && core.wakeAt() < Infinity)
    const [first] = alive.sort((a, b) => a.core.wakeAt() - b.core.wakeAt())
    this.now = first === undefined ? this.now + REPAIR_MS : Math.max(this.now, first.core.wakeAt())
    if (first !== undefined) this.#feed(first, { type: 'wake' })
  }

  #feed(seat: Seat, input: OverlayInput<ChordMessage>): void {
    if (!seat.isAlive) return
    for (const effect of seat.core.handle(input, this.now)) this.#apply(seat, effect)
  }

  #apply(seat: Seat, effect: OverlayEffect<ChordMessage>): void {
    if (effect.type === 'send' && seat.links.has(effect.to)) {
      const lane = `${seat.peer}>${effect.to}`
      this.#lanes.set(lane, [...(this.#lanes.get(lane) ?? []), effect.message])
    } else if (effect.type === 'dial') this.#dials.push({ from: seat, to: effect.peer })
    else if (effect.type === 'release') {
      const other = this.#seat(effect.peer)
      this.#cut(seat, effect.peer)
      this.#cut(other, seat.peer)
    }
  }
}

/** Tries every order of the first steps, leaving out those that lead to a state that was seen, and follows each to its end. */
export function explore(exploration: Exploration): ExplorationResult {
  const seen = new Set<string>()
  const faults: string[] = []
  let runs = 0
  let frontier: readonly string[][] = [[]]
  const reach = (steps: readonly string[]): ExploredRing => {
    const ring = new ExploredRing(exploration)
    for (const step of steps) ring.step(step)
    return ring
  }
  const tell = (steps: readonly string[], what: readonly RingFault[]) =>
    faults.push(
      `${steps.map((step) => step.replaceAll(/([0-9a-f]{6})[0-9a-f]{58}/g, '$1')).join(', ')}: ${JSON.stringify(what)}`,
    )
  for (let depth = 0; depth <= exploration.depth; depth++) {
    const next: string[][] = []
    for (const steps of frontier) {
      const ring = reach(steps)
      const fingerprint = ring.fingerprint()
      if (seen.has(fingerprint)) continue
      seen.add(fingerprint)
      const broken = ringFaults(ring).filter(({ rule }) => exploration.always.includes(rule))
      if (broken.length > 0) tell(steps, broken)
      for (const choice of ring.choices()) next.push([...steps, choice])
      const inTheEnd = ring.finish()
      runs++
      if (inTheEnd.length > 0) tell(steps, inTheEnd)
    }
    frontier = next
  }
  return { states: seen.size, runs, faults }
}
