import { describe, expect, it } from 'vitest'
import type { PeerId } from '../../../src/kernel/ids.ts'
import { defined } from '../../../src/kernel/invariant.ts'
import type { ChordMessage } from '../../../src/protocols/chord/messages.ts'
import { coarse } from '../../../src/protocols/chord/position.ts'
import { Relay } from '../../../src/protocols/chord/relay.ts'
import { at } from './places.ts'
import { contextAt, find, LOOKUP } from './questions.ts'

const [ASKER, SELF, OTHER, ELSEWHERE] = [10, 128, 90, 91].map(at) as [PeerId, PeerId, PeerId, PeerId]
const [DEAD, DEAD_TOO] = [coarse(at(197)), coarse(at(199))]

describe('a question that is given back', () => {
  it('names whom it reached and who is dead as far as its sender does not know yet', () => {
    const context = contextAt(128)
    context.phase = 'member'
    for (const peer of [ASKER, OTHER]) context.addLink(peer).phase = 'member'
    context.phaseChanged()
    context.successors.install([at(220)])
    context.predecessors.install([OTHER])
    const relay = new Relay(context, { answer: () => undefined, ended: () => undefined })
    const sent = () =>
      context.takeEffects().flatMap((effect) => (effect.type === 'send' ? [effect.message] : []))
    const to = <Type extends ChordMessage['type']>(messages: ChordMessage[], type: Type) =>
      defined(
        messages.find((message) => message.type === type) as Extract<ChordMessage, { type: Type }>,
        type,
      )

    relay.find(ASKER, find({ dead: [DEAD] }))
    // What goes on names all.
    expect(to(sent(), 'find')).toMatchObject({ visited: [coarse(ASKER), coarse(SELF)], dead: [DEAD] })

    const news = { visited: [coarse(OTHER), coarse(ELSEWHERE)], dead: [DEAD_TOO] }
    relay.back(OTHER, { type: 'back', lookup: LOOKUP, ttl: 40, ...news })
    const { visited, dead } = to(sent(), 'back')
    expect(visited.toSorted()).toEqual([SELF, OTHER, ELSEWHERE].map(coarse).toSorted())
    expect(dead).toEqual([DEAD_TOO])
  })
})
