import type { PeerId } from '../../src/kernel/ids.ts'
import { CHORD } from '../../src/protocols/chord/constants.ts'
import type { ChordMessage } from '../../src/protocols/chord/messages.ts'
import type { OverlayObserver } from '../overlay-world.ts'
import type { RingWorld, SimRingNode } from '../scenarios/chord-world.ts'
import { check, short } from './checker.ts'

/** Jitter of a round, and a wake that comes a little late. */
const TOLERANCE = 1.2

/** Every member stabilizes as often as it should: a timer that was lost shows here and nowhere else. */
export class RingJobs implements OverlayObserver<ChordMessage, SimRingNode> {
  readonly #lastAt = new Map<PeerId, number>()
  readonly #ring: RingWorld
  #forgivenAt = 0

  constructor(ring: RingWorld) {
    this.#ring = ring
    ring.world.observers.push(this)
  }

  effect(
    node: { readonly peer: PeerId },
    effect: { readonly type: string; readonly message?: ChordMessage },
  ): void {
    if (effect.type === 'send' && effect.message?.type === 'stabilize')
      this.#lastAt.set(node.peer, this.#ring.world.now)
  }

  /** What was left undone until now doesn't count. */
  forgive(): void {
    this.#forgivenAt = this.#ring.world.now
  }

  /** Throws for a member that has been silent for longer than the longest round. */
  inspect(): void {
    const { world } = this.#ring
    for (const { peer, bornAt, core, links } of world.alive()) {
      if (core.node.phase !== 'member' || links.size === 0) continue
      const silentMs = world.now - Math.max(bornAt, this.#forgivenAt, this.#lastAt.get(peer) ?? 0)
      check(
        silentMs <= 2 * CHORD.stabilizeMaxMs * TOLERANCE,
        () => `${short(peer)} has not stabilized for ${String(silentMs)} ms`,
      )
    }
  }
}
