import { describe, expect, it } from 'vitest'
import { parseNonce, type PeerId } from '../../../src/kernel/ids.ts'
import { defined } from '../../../src/kernel/invariant.ts'
import { createRng } from '../../../src/kernel/rng.ts'
import { CHORD } from '../../../src/protocols/chord/constants.ts'
import { ChordContext } from '../../../src/protocols/chord/context.ts'
import type { Course, Find } from '../../../src/protocols/chord/messages.ts'
import { hasLookedEnough, newPass } from '../../../src/protocols/chord/pass.ts'
import { coarse, type Position } from '../../../src/protocols/chord/position.ts'
import { at } from './places.ts'

const LOOKUP = defined(parseNonce('0'.repeat(32)), 'nonce')
const SELF = at(200)
const ASKER = at(10)
const BEFORE = at(190)

function claim(course: Course, visited: readonly PeerId[], tries: number, afterMs: number) {
  const context = new ChordContext({ self: SELF, key: '', rng: createRng(1), now: 1_000 })
  context.predecessors.install([at(199), BEFORE])
  const find: Find = {
    ...{
      type: 'find',
      lookup: LOOKUP,
      key: at(195).slice(0, 40) as Position,
      origin: ASKER,
    },
    ...{ ask: { type: 'locate' }, routing: 'full', ttl: 50, hops: 1, avoid: [], dead: [], trace: null },
    ...{ visited: visited.map(coarse), course },
  }
  const pass = newPass(find, ASKER, [], context)
  pass.tries = tries
  context.now += afterMs
  return hasLookedEnough(context, pass)
}

describe('one who lost its predecessors answers', () => {
  it.each<[string, boolean, ...Parameters<typeof claim>]>([
    ['not before it looked around', false, 'free', [], 0, CHORD.excursionsMs],
    ['not after one way that led to nobody', false, 'free', [], 1, 300],
    ['after three', true, 'free', [], CHORD.excursions, 300],
    ['after one that took so long that who asks may soon give up', true, 'free', [], 1, CHORD.excursionsMs],
    ['after one where the question came from somebody right before the key', true, 'fromAfter', [], 1, 300],
    ['after one where a listed predecessor before the key had it', true, 'free', [BEFORE], 1, 300],
  ])('%s', (_, isEnough, ...parts) => {
    expect(claim(...parts)).toBe(isEnough)
  })
})
