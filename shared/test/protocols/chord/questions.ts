import { parseNonce } from '../../../src/kernel/ids.ts'
import { defined } from '../../../src/kernel/invariant.ts'
import { createRng } from '../../../src/kernel/rng.ts'
import { ChordContext } from '../../../src/protocols/chord/context.ts'
import type { Find } from '../../../src/protocols/chord/messages.ts'
import { coarse, type Position } from '../../../src/protocols/chord/position.ts'
import { at } from './places.ts'

export const LOOKUP = defined(parseNonce('0'.repeat(32)), 'nonce')

/** The ring's key at so many 256ths of the way round. */
export const keyAt = (place: number): Position => at(place).slice(0, 40) as Position

/** A question that the peer at 10 asked and nobody else has had. */
export const find = (change: Partial<Find>): Find => ({
  ...{ type: 'find', lookup: LOOKUP, key: keyAt(198), origin: at(10), ask: { type: 'locate' } },
  ...{ routing: 'full', ttl: 50, hops: 1, avoid: [], visited: [coarse(at(10))], dead: [] },
  ...{ course: 'free', trace: null },
  ...change,
})

/** What a peer at this place knows at the beginning: nobody. */
export const contextAt = (place: number): ChordContext =>
  new ChordContext({ self: at(place), key: '', rng: createRng(1), now: 1_000 })
