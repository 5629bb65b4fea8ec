import { expect, it } from 'vitest'
import type { Nonce, PeerId } from '../../../src/kernel/ids.ts'
import { defined } from '../../../src/kernel/invariant.ts'
import { infoHashOf } from '../../discovery/listings.ts'
import { CHORD } from '../../../src/protocols/chord/constants.ts'
import type { Answer } from '../../../src/protocols/chord/messages.ts'
import { providerKey } from '../../../src/protocols/chord/position.ts'
import { signedText, type RingRecord } from '../../../src/protocols/chord/record.ts'
import { simKey, simSignature } from '../../../sim/overlay-world.ts'
import { Bench, peerOf, self } from './bench.ts'

const OTHERS = ['6', '7', '8', '9', 'a'].map(peerOf)
/** A share whose key is right behind our place, so that the others come before us. */
const infoHash = defined(
  Array.from({ length: 500 }, (_, n) => infoHashOf(n)).find((each) => /^5[6-9a-f]/.test(providerKey(each))),
  'a share',
)
const provider = peerOf('c')

/** That this peer has the share, signed as it should be, or by nobody. */
function record(bench: Bench, isForged = false): RingRecord {
  const publicKey = simKey(provider)
  const dates = { sequence: bench.now, expiresAt: bench.now + CHORD.recordLifeMs }
  const about = { key: providerKey(infoHash), kind: 'provider', infoHash, listing: null } as const
  const unsigned = { ...about, provider, publicKey, ...dates }
  return {
    ...unsigned,
    signature: isForged ? '0'.repeat(128) : simSignature(publicKey, signedText(unsigned)),
  }
}

type Holder = 'holds' | 'lies' | 'hasNone' | 'silent'

/** Asks for the providers of a share; holders answer in turn. @returns how the search ended, and how many were asked. */
function search(holders: readonly Holder[]) {
  const bench = new Bench()
  for (const peer of OTHERS) bench.feed({ type: 'linkUp', peer })
  const lists = { successorCount: 5, predecessorCount: 5, added: [self, ...OTHERS], removed: [] }
  for (const from of OTHERS)
    bench.feed({ type: 'message', from, message: { type: 'notify', phase: 'member', ...lists } })
  const id = 'f'.repeat(32) as Nonce
  let [next, seen] = [0, bench.seen.length]
  const answerOf = (holder: Holder): Answer => ({
    type: 'records',
    records: holder === 'hasNone' ? [] : [record(bench, holder === 'lies')],
  })
  bench.feed({ type: 'search', id, criteria: { by: 'infoHash', infoHash }, limit: 20 })
  for (let step = 0; step < 400; step++) {
    for (; seen < bench.seen.length; seen++) {
      const { effect } = bench.seen[seen] ?? {}
      if (effect?.type !== 'send' || effect.message.type !== 'find') continue
      const { lookup, ask } = effect.message
      const holder = holders[next] ?? 'silent'
      if (ask.type !== 'getProviders' || holder === 'silent') continue
      const owner: PeerId = OTHERS[next++] ?? self
      const reply = { answer: answerOf(holder), hops: 1, ttl: 60, trace: null, origin: self }
      bench.feed({ type: 'message', from: effect.to, message: { type: 'found', lookup, owner, ...reply } })
    }
    bench.run(25)
  }
  const ends = bench.seen.flatMap(({ effect }) => (effect.type === 'searchEnded' ? [effect.because] : []))
  return { ends, asked: next, found: bench.count('providers') }
}

it.each<[string, readonly Holder[], string, number]>([
  ['three that hold it', ['holds', 'holds', 'holds'], 'complete', 3],
  ['a liar after two good answers', ['holds', 'holds', 'lies'], 'complete', 3],
  ['a liar between good answers', ['holds', 'lies', 'holds'], 'complete', 3],
  ['a liar first', ['lies', 'holds', 'holds'], 'complete', 3],
  ['one that has nothing after a good answer', ['holds', 'hasNone', 'hasNone'], 'complete', 3],
  ['nobody more after a good answer', ['holds', 'silent'], 'complete', 1],
  ['liars alone', ['lies', 'lies', 'lies', 'lies', 'lies'], 'failed', 5],
])(
  'the search for the providers of a share ends as what was found says: %s',
  (_, holders, because, asked) => {
    const outcome = search(holders)
    expect(outcome).toMatchObject({ ends: [because], asked })
    expect(outcome.found).toBe(holders.filter((holder) => holder === 'holds').length)
  },
)
