import type { PeerId } from '../../src/kernel/ids.ts'
import type { ChordMessage } from '../../src/protocols/chord/messages.ts'
import type { OverlayObserver } from '../overlay-world.ts'
import type { LookupResult, RingWorld, SimRingNode } from '../scenarios/chord-world.ts'
import { short } from './checker.ts'

/** One message of a lookup, as it was sent. */
interface Step {
  readonly at: number
  readonly from: PeerId
  readonly to: PeerId
  readonly message: Extract<ChordMessage, { type: 'find' | 'back' | 'found' }>
}

/** Keeps the messages of every lookup under way, and in the end the whole trail of each that failed. */
export class LookupTrails implements OverlayObserver<ChordMessage, SimRingNode> {
  /** One text for each failed lookup. */
  readonly failed: string[] = []
  readonly #ring: RingWorld
  /** Steps of each attempt, and attempts of each asker and key. */
  readonly #steps = new Map<string, Step[]>()
  readonly #attempts = new Map<string, Set<string>>()

  constructor(ring: RingWorld) {
    this.#ring = ring
    ring.world.observers.push(this)
    ring.watchers.push((result) => {
      this.#ended(result)
    })
  }

  effect(
    node: { readonly peer: PeerId },
    effect: { readonly type: string; readonly to?: PeerId; readonly message?: ChordMessage },
  ): void {
    const { message, to } = effect
    if (effect.type !== 'send' || message === undefined || to === undefined) return
    if (message.type !== 'find' && message.type !== 'back' && message.type !== 'found') return
    const steps = this.#steps.get(message.lookup)
    const step = { at: this.#ring.world.now, from: node.peer, to, message }
    if (steps !== undefined) steps.push(step)
    else if (message.type === 'find' && message.origin === node.peer) {
      const name = nameOf(message.origin, message.key)
      const attempts = this.#attempts.get(name) ?? new Set()
      this.#attempts.set(name, attempts.add(message.lookup))
      this.#steps.set(message.lookup, [step])
    }
  }

  #ended(result: LookupResult): void {
    const name = nameOf(result.origin, result.key)
    const attempts = [...(this.#attempts.get(name) ?? [])]
    if (!result.isRight) this.failed.push(this.#describe(result, attempts))
    this.#attempts.delete(name)
    for (const attempt of attempts) this.#steps.delete(attempt)
  }

  #describe({ origin, key, owner, ms }: LookupResult, attempts: readonly string[]): string {
    const right = this.#ring.memberOwnerOf(key)
    const lines = [
      `${short(origin)} asked for ${short(key)} and was told ${owner === null ? 'nothing' : short(owner)}` +
        ` instead of ${short(right)} after ${ms.toFixed(0)} ms`,
      ...this.#around(right),
    ]
    for (const attempt of attempts) {
      lines.push(`  attempt ${short(attempt)}`)
      for (const step of this.#steps.get(attempt) ?? []) lines.push(`    ${this.#line(step)}`)
    }
    return lines.join('\n')
  }

  /** The right owner and its living neighbours, each with the living ones that it is linked with. */
  #around(right: PeerId): string[] {
    const { world } = this.#ring
    const sorted = this.#ring.sorted()
    const index = sorted.indexOf(right)
    return [-2, -1, 0, 1, 2].map((step) => {
      const peer = sorted[(index + step + sorted.length) % sorted.length] ?? right
      const { core, links } = world.node(peer)
      const { predecessors, successors } = core.node.view()
      const lists = [predecessors, successors, [...links].sort()].map((each) => each.map(short).join(' '))
      return `  ${step === 0 ? 'owner' : `owner ${step > 0 ? '+' : ''}${String(step)}`} ${short(peer)}: before ${lists.join(' | after ')}`
    })
  }

  #line({ at, from, to, message }: Step): string {
    const head = `${(at - this.#ring.world.startedAt).toFixed(0)} ${short(from)} -> ${short(to)} ${message.type}`
    if (message.type === 'found') return `${head} owner ${short(message.owner)}`
    const { ttl, visited, dead } = message
    const course = message.type === 'find' ? ` ${message.course}` : ''
    return `${head}${course} ttl ${String(ttl)} visited ${String(visited.length)} dead ${String(dead.length)}`
  }
}

const nameOf = (origin: PeerId, key: string): string => `${origin}:${key.slice(0, 40)}`
