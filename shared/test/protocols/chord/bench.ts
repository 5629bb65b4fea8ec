import { expect } from 'vitest'
import { parsePeerId, type PeerId } from '../../../src/kernel/ids.ts'
import { defined } from '../../../src/kernel/invariant.ts'
import { createRng } from '../../../src/kernel/rng.ts'
import { ChordNode, type ChordEffect, type ChordInput } from '../../../src/protocols/chord/chord.ts'
import { simKey, simSignature } from '../../../sim/overlay-world.ts'

export const peerOf = (digit: string): PeerId => defined(parsePeerId(digit.repeat(64)), 'peer')
export const self = peerOf('5')

/** A node whose signatures and checks are answered at once, or when the test wants it. */
export class Bench {
  now = 1_700_000_000_000
  isSigning = true
  isChecking = true
  readonly unsigned: Extract<ChordEffect, { type: 'sign' }>[] = []
  readonly unchecked: Extract<ChordEffect, { type: 'verify' }>[] = []
  readonly seen: { readonly effect: ChordEffect; readonly at: number }[] = []
  readonly node = new ChordNode({
    self,
    key: simKey(self),
    rng: createRng(1),
    now: this.now,
    isKeyOf: (peer, key) => key === simKey(peer),
  })

  feed(input: ChordInput): ChordEffect[] {
    const effects = this.node.handle(input, this.now)
    for (const effect of effects) {
      this.seen.push({ effect, at: this.now })
      if (effect.type === 'sign') this.unsigned.push(effect)
      if (effect.type === 'verify') this.unchecked.push(effect)
    }
    if (this.isSigning) this.signAll()
    if (this.isChecking) this.checkAll()
    return effects
  }

  signAll(): void {
    for (const { ticket, text } of this.unsigned.splice(0))
      this.feed({ type: 'signed', ticket, signature: simSignature(simKey(self), text) })
  }

  checkAll(): void {
    for (const { ticket, key, text, signature } of this.unchecked.splice(0))
      this.feed({ type: 'verified', ticket, isValid: signature === simSignature(key, text) })
  }

  /** Wakes whenever the node wants it. A wake in the past again and again would never end. */
  run(ms: number): void {
    const end = this.now + ms
    for (let wakes = 0; this.node.wakeAt() <= end; wakes++) {
      expect(wakes).toBeLessThan(10_000)
      this.now = Math.max(this.now, this.node.wakeAt())
      this.feed({ type: 'wake' })
    }
    this.now = end
  }

  count = (type: ChordEffect['type']) => this.seen.filter(({ effect }) => effect.type === type).length
}
