import { describe, expect, it } from 'vitest'
import { parsePeerId, type PeerId } from '../../../src/kernel/ids.ts'
import { defined } from '../../../src/kernel/invariant.ts'
import { createRng } from '../../../src/kernel/rng.ts'
import { CHORD } from '../../../src/protocols/chord/constants.ts'
import { ChordContext } from '../../../src/protocols/chord/context.ts'
import { coarse } from '../../../src/protocols/chord/position.ts'
import { Sightings } from '../../../src/protocols/chord/sightings.ts'

const peerOf = (name: string): PeerId =>
  defined(parsePeerId(name.charCodeAt(0).toString(16).padEnd(64, '0')), 'peer')
const placeOf = (name: string): number => coarse(peerOf(name))
const never = () => false

/** A few nodes with links between them; messages arrive at once, in order. */
class Net {
  now = 1_000
  sent = 0
  readonly nodes = new Map<PeerId, { context: ChordContext; sightings: Sightings }>()
  readonly sightedAt: PeerId[] = []

  /** @param links as `DA` for a link between D and A. */
  constructor(...links: readonly string[]) {
    for (const name of new Set(links.join(''))) {
      const self = peerOf(name)
      const context = new ChordContext({ self, key: '', rng: createRng(1), now: this.now })
      const sightings = new Sightings(context, () => this.sightedAt.push(self))
      this.nodes.set(self, { context, sightings })
    }
    for (const [a = '', b = ''] of links)
      for (const [x, y] of [[a, b] as const, [b, a] as const]) this.#link(x, y)
    for (const { context } of this.nodes.values())
      for (const link of context.links.values()) {
        const theirs = this.nodes.get(link.peer)?.context.memberLinks() ?? []
        link.hearLinks(
          theirs.map(({ at }) => at),
          [],
        )
      }
  }

  #link(a: string, b: string): void {
    const { context } = this.node(a)
    context.addLink(peerOf(b)).phase = 'member'
    context.phaseChanged()
  }

  node(name: string) {
    return defined(this.nodes.get(peerOf(name)), name)
  }

  /** A peer dies; its neighbours notice, theirs have not heard yet. */
  kill(name: string): void {
    this.nodes.delete(peerOf(name))
    for (const { context } of this.nodes.values()) context.removeLink(peerOf(name))
  }

  lookFor(name: string, ...wanted: string[]) {
    const outlook = this.node(name).sightings.lookFor(wanted.map(placeOf), never)
    this.deliver()
    return outlook
  }

  deliver(): void {
    for (let isBusy = true; isBusy;) {
      isBusy = false
      for (const [from, { context }] of this.nodes)
        for (const effect of context.takeEffects()) {
          if (effect.type !== 'send') continue
          isBusy = true
          this.sent++
          const to = this.nodes.get(effect.to)
          const { message } = effect
          if (message.type === 'seek') to?.sightings.seek(from, message)
          if (message.type === 'sighted') to?.sightings.sighted(from, message.position, message.links)
        }
    }
  }

  pass(ms: number): void {
    this.now += ms
    for (const { context } of this.nodes.values()) context.now = this.now
  }
}

describe('asking around for a peer that may be alive', () => {
  it('finds it four links away, and the shortest way first', () => {
    const net = new Net('DA', 'DE', 'AB', 'BC', 'CX', 'EX')
    expect(net.lookFor('D', 'X')).toEqual({ type: 'wait', until: net.now + CHORD.seekMs })
    expect(net.sightedAt).toContain(peerOf('D'))
    expect(net.lookFor('D', 'X')).toEqual({ type: 'go', to: peerOf('E') })
    const far = new Net('DA', 'AB', 'BC', 'CX')
    far.lookFor('D', 'X')
    for (const [at, to] of ['DA', 'AB', 'BC'])
      expect(far.lookFor(at ?? '', 'X')).toEqual({ type: 'go', to: peerOf(to ?? '') })
  })

  it('does not find it five links away', () => {
    const net = new Net('DA', 'AB', 'BC', 'CE', 'EX')
    net.lookFor('D', 'X')
    net.pass(CHORD.seekMs)
    expect(net.lookFor('D', 'X')).toBeNull()
  })

  it('takes nobody for alive whose neighbours have lost it, whatever others believe', () => {
    const net = new Net('DA', 'AB', 'BX', 'AC', 'CX')
    net.kill('X')
    expect(net.node('A').context.links.get(peerOf('B'))?.beyond).toContain(placeOf('X'))
    expect(net.lookFor('D', 'X')).toMatchObject({ type: 'wait' })
    net.pass(CHORD.seekMs)
    expect(net.lookFor('D', 'X')).toBeNull()
  })

  it('the nearest is waited for, then the next is taken', () => {
    const net = new Net('DA', 'AB', 'BY')
    net.lookFor('D', 'X', 'Y')
    expect(net.lookFor('D', 'X', 'Y')).toMatchObject({ type: 'wait' })
    net.pass(CHORD.seekMs)
    expect(net.lookFor('D', 'X', 'Y')).toEqual({ type: 'go', to: peerOf('A') })
  })

  it('asks again only when what it learnt is old', () => {
    const net = new Net('DA', 'DE', 'AB', 'BX')
    net.lookFor('D', 'X')
    const { sent } = net
    net.pass(CHORD.soughtMs - 1)
    net.lookFor('D', 'X')
    expect(net.sent).toBe(sent)
    net.pass(1)
    net.lookFor('D', 'X')
    expect(net.sent).toBeGreaterThan(sent)
  })

  it('a way whose link is gone is none', () => {
    const net = new Net('DA', 'DE', 'AX', 'EX')
    net.lookFor('D', 'X')
    net.kill('A')
    expect(net.lookFor('D', 'X')).toEqual({ type: 'go', to: peerOf('E') })
    expect(net.node('D').sightings.lookFor([placeOf('X')], () => true)).toBeNull()
  })
})

describe('what strangers say', () => {
  it('counts only when it was asked for, and when it can be', () => {
    const net = new Net('DA', 'AB')
    const { sightings } = net.node('D')
    sightings.sighted(peerOf('A'), placeOf('X'), 1)
    expect(sightings.seenBy(peerOf('A'))).toEqual([])
    net.lookFor('D', 'X')
    for (const links of [0, CHORD.seekTtl + 2, 255]) sightings.sighted(peerOf('A'), placeOf('X'), links)
    expect(sightings.seenBy(peerOf('A'))).toEqual([])
    sightings.sighted(peerOf('A'), placeOf('X'), 2)
    expect(sightings.seenBy(peerOf('A'))).toEqual([{ place: placeOf('X'), links: 2 }])
  })

  it('goes no farther than a question of ours, however far it is meant to go', () => {
    const net = new Net('DA', 'AB', 'BC', 'CE', 'EF', 'FX')
    net.node('A').sightings.seek(peerOf('D'), { type: 'seek', positions: [placeOf('X')], ttl: 255 })
    net.deliver()
    expect(net.node('A').sightings.seenBy(peerOf('B'))).toEqual([])
    // A asked B, and B nobody, since nobody had named a link with X.
    expect(net.sent).toBe(1)
  })

  it('a flood of questions is passed on at a limited rate', () => {
    const net = new Net('DA', 'AB', 'AC')
    for (let place = 0; place < 2_000; place++)
      net.node('A').sightings.seek(peerOf('D'), { type: 'seek', positions: [place], ttl: 2 })
    const passedOn = net.node('A').context.takeEffects().length
    expect(passedOn).toBe(2 * CHORD.seekBurst)
  })
})
