import { expect, it } from 'vitest'
import { createRng } from '../../../src/kernel/rng.ts'
import { Me, noCounts } from '../../../src/protocols/kazaa/context.ts'
import { LeaderBook } from '../../../src/protocols/kazaa/leader-book.ts'
import { Links } from '../../../src/protocols/kazaa/links.ts'
import { peerOf } from './harness.ts'

const [self, a, b] = [peerOf(1), peerOf(10), peerOf(11)]

const bookOf = () => {
  const nothing = () => undefined
  const parts = { me: new Me(0, true), counters: noCounts(), emit: nothing, send: nothing }
  return new LeaderBook({ self, rng: createRng(1), ...parts }, new Links())
}

it('who names super nodes without end pushes out nobody but those that it named', () => {
  const book = bookOf()
  const known = Array.from({ length: 15 }, (_, i) => peerOf(500 + i))
  for (const peer of known) book.learn(peer, a)
  // One that said so itself, and is named by others, too.
  book.learn(peerOf(600), b)
  book.learn(peerOf(600), null)
  for (let i = 0; i < 1_000; i++) book.learn(peerOf(10_000 + i), b)
  const left = book.dialable(0)
  expect(left).toEqual(expect.arrayContaining([...known, peerOf(600)]))
  // What it named last may be true.
  expect(left).toContain(peerOf(10_999))
  expect(left.length).toBeLessThan(50)
})
