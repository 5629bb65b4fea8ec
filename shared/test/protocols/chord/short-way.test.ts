import { describe, expect, it } from 'vitest'
import type { PeerId } from '../../../src/kernel/ids.ts'
import { coarse } from '../../../src/protocols/chord/position.ts'
import { Relay } from '../../../src/protocols/chord/relay.ts'
import { at } from './places.ts'
import { contextAt, find, LOOKUP } from './questions.ts'

const [ASKER, OTHER, SELF, OWNER] = [10, 90, 128, 200].map(at) as [PeerId, PeerId, PeerId, PeerId]

/** A member in the middle that has passed a question of the asker on to another, which is all that it was linked with. */
function passedOn() {
  const context = contextAt(128)
  context.phase = 'member'
  const meet = (peer: PeerId) => {
    context.addLink(peer).phase = 'member'
    context.phaseChanged()
  }
  meet(ASKER)
  meet(OTHER)
  context.successors.install([at(220)])
  context.predecessors.install([OTHER])
  const relay = new Relay(context, { answer: () => undefined, ended: () => undefined })
  const sent = () =>
    context
      .takeEffects()
      .flatMap((effect) => (effect.type === 'send' ? [{ to: effect.to, type: effect.message.type }] : []))
  relay.find(ASKER, find({}))
  expect(sent()).toContainEqual({ to: OTHER, type: 'find' })
  return { relay, meet, sent }
}

describe('a question that comes back to a peer on its own way', () => {
  const again = { visited: [ASKER, SELF, OTHER].map(coarse), course: 'sighted', hops: 4 } as const

  it('goes from there to the owner that others were told of, and what is found goes to the asker', () => {
    const { relay, meet, sent } = passedOn()
    meet(OWNER)
    relay.find(OTHER, find(again))
    expect(sent()).toEqual([
      { to: OTHER, type: 'hopAck' },
      { to: OWNER, type: 'find' },
    ])
    const answer = { type: 'located' } as const
    const found = { type: 'found', lookup: LOOKUP, origin: ASKER, owner: OWNER, answer } as const
    relay.found(OWNER, { ...found, hops: 2, ttl: 50, trace: null })
    expect(sent()).toEqual([{ to: ASKER, type: 'found' }])
  })

  it.each([
    ['knows no way', false, again],
    ['is not told that there is one', true, { ...again, course: 'free' as const }],
    ['knows one only to who had it', true, { ...again, visited: [...again.visited, coarse(OWNER)] }],
    ['may not pass it on', true, { ...again, ttl: 2 }],
  ])('is given back by one that %s', (_, isLinked, change) => {
    const { relay, meet, sent } = passedOn()
    if (isLinked) meet(OWNER)
    relay.find(OTHER, find(change))
    expect(sent()).toEqual([
      { to: OTHER, type: 'hopAck' },
      { to: OTHER, type: 'back' },
    ])
  })
})
