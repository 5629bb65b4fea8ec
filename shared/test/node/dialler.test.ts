import { describe, expect, it } from 'vitest'
import { Dialler } from '../../src/node/dialler.ts'
import { infoHashOf, peerOf } from '../discovery/listings.ts'

const share = infoHashOf(1)
const [ann, eve] = [peerOf(1), peerOf(2)]
const peers = (from: number, count: number) => Array.from({ length: count }, (_, n) => peerOf(from + n))

function due(dialler: Dialler) {
  return [...dialler.due(share, 0)].map(({ peer }) => peer)
}

describe('the dialler', () => {
  it('keeps what the tracker and others named, however many one peer makes up', () => {
    const dialler = new Dialler(peerOf(999))
    const [real, heard, made] = [peers(100, 50), peers(200, 50), peers(1_000, 2_000)]
    for (const peer of real) dialler.learn(share, peer, null)
    for (const peer of heard) dialler.learn(share, peer, ann)
    for (const peer of made) dialler.learn(share, peer, eve)
    const known = due(dialler)
    expect(known).toEqual(expect.arrayContaining([...real, ...heard]))
    expect(known).toHaveLength(150)
    // The latest of what it named is kept.
    expect(known).toContain(made.at(-1))
  })

  it('keeps what the tracker named when many peers make up more than there is room for', () => {
    const dialler = new Dialler(peerOf(999))
    const real = peers(100, 50)
    for (const peer of real) dialler.learn(share, peer, null)
    for (let teller = 0; teller < 8; teller++)
      for (const peer of peers(1_000 + teller * 100, 60)) dialler.learn(share, peer, peerOf(10 + teller))
    expect(due(dialler)).toEqual(expect.arrayContaining(real))
    expect(due(dialler)).toHaveLength(200)
  })

  it('does not count against a peer what others name too', () => {
    const dialler = new Dialler(peerOf(999))
    const both = peers(100, 60)
    for (const peer of both) for (const teller of [ann, eve]) dialler.learn(share, peer, teller)
    // The first ten were named by one of them alone for a moment, but never more than one at a time.
    expect(due(dialler)).toEqual(both)
  })

  it('remembers a few ways to a peer, the latest', () => {
    const dialler = new Dialler(peerOf(999))
    const tellers = peers(10, 20)
    for (const teller of tellers) dialler.learn(share, ann, teller)
    expect([...dialler.due(share, 0)].map(({ via }) => [...via])).toEqual([tellers.slice(-8)])
  })
})
