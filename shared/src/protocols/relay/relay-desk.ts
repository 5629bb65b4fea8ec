import { BoundedMap } from '../../kernel/bounded.ts'
import { assertNever, type Core } from '../../kernel/core.ts'
import { Deadlines } from '../../kernel/deadlines.ts'
import type { PeerId } from '../../kernel/ids.ts'
import { TokenBucket } from '../../kernel/token-bucket.ts'
import type { CircuitId } from '../../wire/circuit-description.ts'
import {
  CIRCUITS,
  CIRCUITS_PER_NEIGHBOUR,
  DIAL_MS,
  DIALLING_NEIGHBOURS,
  DIALS,
  IDLE_MS,
  NEIGHBOUR_DIALS,
  PART_BYTES,
  PART_COST_BYTES,
  QUEUE_BYTES,
  QUEUE_PARTS,
  RELAY_BYTES_PER_SECOND,
  UPLOAD_SHARE,
} from './constants.ts'
import type { Refusal, RelayMessage } from './messages.ts'

export type RelayDeskInput =
  | { readonly type: 'message'; readonly from: PeerId; readonly message: RelayMessage }
  /** A link of our own, which is no circuit itself. */
  | { readonly type: 'linkUp' | 'linkDown' | 'dialFailed'; readonly peer: PeerId }
  /** There is no room for a link with a peer that was to be dialled. */
  | { readonly type: 'noRoom'; readonly peer: PeerId }
  /** What the person lets out in all, in bytes a second: circuits have a part of it. */
  | { readonly type: 'limit'; readonly uploadRate: number }
  | { readonly type: 'willing'; readonly isWilling: boolean }
  | { readonly type: 'wake' }

export type RelayDeskEffect =
  | { readonly type: 'send'; readonly to: PeerId; readonly message: RelayMessage }
  /** Somebody asks for a circuit to this peer. Answer: `linkUp`, `dialFailed` or `noRoom`, if any. */
  | { readonly type: 'dial'; readonly peer: PeerId }

type Data = Extract<RelayMessage, { type: 'data' }>

/** `dialling`: whoever asked waits until we have a link with the far end. */
interface Circuit {
  readonly id: CircuitId
  readonly from: PeerId
  readonly to: PeerId
  state: 'dialling' | 'open'
  /** What waits for its turn, by the end that it is for; the end that had a turn stands last. */
  readonly waiting: Map<PeerId, { readonly parts: Data[]; bytes: number }>
}

/**
 * Carries circuits for others: sealed bytes of peers that find no path to each other, under caps. It sees who talks
 * with whom and how much, and nothing else.
 */
export class RelayDesk implements Core<RelayDeskInput, RelayDeskEffect> {
  readonly #circuits = new Map<CircuitId, Circuit>()
  readonly #linked = new Set<PeerId>()
  readonly #ends = new Deadlines<CircuitId>()
  readonly #bucket: TokenBucket
  readonly #dials: TokenBucket
  readonly #neighbourDials = new BoundedMap<PeerId, TokenBucket>(DIALLING_NEIGHBOURS)
  #effects: RelayDeskEffect[] = []
  /** Bytes that were passed on so far. */
  carriedBytes = 0
  #isWilling = true
  #readyAt = Infinity

  constructor(
    readonly self: PeerId,
    now: number,
    /** What goes out of the node in all: what is passed on here is missing there. */
    readonly uploadBucket: TokenBucket,
  ) {
    this.#bucket = new TokenBucket(RELAY_BYTES_PER_SECOND, RELAY_BYTES_PER_SECOND / 4, now)
    this.#dials = bucketOf(DIALS, now)
  }

  get isWilling(): boolean {
    return this.#isWilling
  }

  get circuitCount(): number {
    return this.#circuits.size
  }

  /** Whether links with this peer are needed for others. */
  needs(peer: PeerId): boolean {
    for (const { from, to } of this.#circuits.values()) if (from === peer || to === peer) return true
    return false
  }

  handle(input: RelayDeskInput, now: number): RelayDeskEffect[] {
    this.#dispatch(input, now)
    for (const id of this.#ends.due(now)) this.#giveUp(id)
    this.#drain(now)
    return this.#effects.splice(0)
  }

  wakeAt(): number {
    const isWaiting = [...this.#circuits.values()].some(({ waiting }) => waiting.size > 0)
    return Math.min(this.#ends.earliest(), isWaiting ? this.#readyAt : Infinity)
  }

  #dispatch(input: RelayDeskInput, now: number): void {
    switch (input.type) {
      case 'message':
        return this.#onMessage(input.from, input.message, now)
      case 'linkUp':
        this.#linked.add(input.peer)
        for (const circuit of this.#circuits.values())
          if (circuit.to === input.peer && circuit.state === 'dialling') this.#connect(circuit, now)
        return
      case 'linkDown':
        this.#linked.delete(input.peer)
        for (const circuit of [...this.#circuits.values()])
          if (circuit.from === input.peer || circuit.to === input.peer) this.#close(circuit, input.peer)
        return
      case 'dialFailed':
      case 'noRoom':
        for (const circuit of [...this.#circuits.values()])
          if (circuit.to === input.peer && circuit.state === 'dialling')
            this.#giveUp(circuit.id, input.type === 'noRoom' ? 'busy' : 'unreachable')
        return
      case 'limit': {
        const rate = Math.min(RELAY_BYTES_PER_SECOND, input.uploadRate * UPLOAD_SHARE)
        return this.#bucket.configure(rate, rate / 4, now)
      }
      case 'willing':
        this.#isWilling = input.isWilling
        if (!input.isWilling) for (const circuit of [...this.#circuits.values()]) this.#close(circuit, null)
        return
      case 'wake':
        return
      default:
        assertNever(input)
    }
  }

  #onMessage(from: PeerId, message: RelayMessage, now: number): void {
    if (message.type === 'open') return this.#onOpen(from, message.circuit, message.to, now)
    const circuit = this.#circuits.get(message.circuit)
    // Who is not of a circuit has no say in it.
    if (circuit === undefined || (circuit.from !== from && circuit.to !== from)) return
    const other = circuit.from === from ? circuit.to : circuit.from
    if (message.type === 'close') return this.#close(circuit, from)
    if (circuit.state !== 'open') return
    this.#ends.set(circuit.id, now + IDLE_MS)
    if (message.type === 'credit') this.#send(other, message)
    else if (message.type === 'data') this.#onData(circuit, from, other, message)
  }

  #onOpen(from: PeerId, id: CircuitId, to: PeerId, now: number): void {
    const refuse = (reason: Refusal) => this.#send(from, { type: 'refused', circuit: id, reason })
    if (!this.#isWilling) return refuse('unwilling')
    const asked = [...this.#circuits.values()].filter((circuit) => circuit.from === from).length
    if (this.#circuits.size >= CIRCUITS || asked >= CIRCUITS_PER_NEIGHBOUR || this.#circuits.has(id))
      return refuse('busy')
    if (to === this.self || to === from || !this.#linked.has(from)) return refuse('unreachable')
    if (!this.#linked.has(to) && !this.#mayDial(from, now)) return refuse('busy')
    const circuit: Circuit = { id, from, to, state: 'dialling', waiting: new Map() }
    this.#circuits.set(id, circuit)
    this.#ends.set(id, now + DIAL_MS)
    if (this.#linked.has(to)) this.#connect(circuit, now)
    else this.#effects.push({ type: 'dial', peer: to })
  }

  #mayDial(from: PeerId, now: number): boolean {
    const own = this.#neighbourDials.get(from) ?? bucketOf(NEIGHBOUR_DIALS, now)
    this.#neighbourDials.set(from, own)
    // Who asks for too many must not use up what is there for others.
    return own.take(1, now) && this.#dials.take(1, now)
  }

  /** The far end is told first, so that it knows the circuit before anything else speaks of it. */
  #connect(circuit: Circuit, now: number): void {
    circuit.state = 'open'
    this.#ends.set(circuit.id, now + IDLE_MS)
    this.#send(circuit.to, { type: 'incoming', circuit: circuit.id, from: circuit.from })
    this.#send(circuit.from, { type: 'opened', circuit: circuit.id })
  }

  #onData(circuit: Circuit, from: PeerId, to: PeerId, part: Data): void {
    const queue = circuit.waiting.get(to) ?? { parts: [], bytes: 0 }
    circuit.waiting.set(to, queue)
    // A small one that waits must not keep all that it came with.
    const isSmall = part.bytes.length * 2 < part.bytes.buffer.byteLength
    queue.parts.push(isSmall ? { ...part, bytes: part.bytes.slice() } : part)
    queue.bytes += part.bytes.length
    // An end that does not keep to its window would have us hold whatever it sends.
    const isTooMuch = queue.bytes > QUEUE_BYTES || queue.parts.length > QUEUE_PARTS
    if (isTooMuch || part.bytes.length > PART_BYTES || part.bytes.length === 0) {
      this.#send(from, { type: 'close', circuit: circuit.id })
      this.#close(circuit, from)
    }
  }

  /** One part of each circuit in turn, and of its directions, as long as the allowance lasts. */
  #drain(now: number): void {
    for (const circuit of this.#circuits.values()) {
      const { waiting } = circuit
      const [next] = waiting
      if (next === undefined) continue
      const [to, queue] = next
      const part = queue.parts[0]
      if (part === undefined) continue
      const cost = part.bytes.length + PART_COST_BYTES
      if (!this.#bucket.takeIntoDebt(cost, now)) break
      // Not asked of it: the node's own uploads would take all that it has, and they make up for the debt.
      this.uploadBucket.charge(cost, now)
      this.#ends.set(circuit.id, now + IDLE_MS)
      queue.parts.shift()
      queue.bytes -= part.bytes.length
      this.carriedBytes += part.bytes.length
      this.#send(to, part)
      waiting.delete(to)
      if (queue.parts.length > 0) waiting.set(to, queue)
      // Behind the others, also for the next time: often the allowance is for a single part.
      this.#circuits.delete(circuit.id)
      this.#circuits.set(circuit.id, circuit)
    }
    this.#readyAt = this.#bucket.readyAt(now)
  }

  #giveUp(id: CircuitId, reason: Refusal = 'unreachable'): void {
    const circuit = this.#circuits.get(id)
    if (circuit === undefined) return
    if (circuit.state === 'open') return this.#close(circuit, null)
    this.#forget(circuit)
    this.#send(circuit.from, { type: 'refused', circuit: id, reason })
  }

  /** @param by who is gone or knows already. */
  #close(circuit: Circuit, by: PeerId | null): void {
    this.#forget(circuit)
    for (const end of [circuit.from, circuit.to])
      if (end !== by && this.#linked.has(end)) this.#send(end, { type: 'close', circuit: circuit.id })
  }

  #forget({ id }: Circuit): void {
    this.#circuits.delete(id)
    this.#ends.clear(id)
  }

  #send(to: PeerId, message: RelayMessage): void {
    this.#effects.push({ type: 'send', to, message })
  }
}

const bucketOf = ({ burst, everyMs }: { burst: number; everyMs: number }, now: number) =>
  new TokenBucket(1000 / everyMs, burst, now)
