import { describe, expect, it } from 'vitest'
import type { PeerId } from '../../../src/kernel/ids.ts'
import { CHORD } from '../../../src/protocols/chord/constants.ts'
import type { Course } from '../../../src/protocols/chord/messages.ts'
import { hasLookedEnough, newPass } from '../../../src/protocols/chord/pass.ts'
import { coarse } from '../../../src/protocols/chord/position.ts'
import { at } from './places.ts'
import { contextAt, find, keyAt } from './questions.ts'

const ASKER = at(10)
const BEFORE = at(190)

function claim(course: Course, visited: readonly PeerId[], tries: number, afterMs: number) {
  const context = contextAt(200)
  context.predecessors.install([at(199), BEFORE])
  const pass = newPass(find({ key: keyAt(195), visited: visited.map(coarse), course }), ASKER, [], context)
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
