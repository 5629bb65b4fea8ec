import { describe, expect, it } from 'vitest'
import type { PeerId } from '../../../src/kernel/ids.ts'
import { guidOf, Harness, listingOf, peerOf, receivers, sent } from './harness.ts'

const [liar, honest] = [peerOf(10), peerOf(11)]
const criteria = { by: 'words' as const, words: ['song'] }

/**
 * One super node names a source that the other one does not know, search after search; asked, the source says that it has the file,
 * or that it has not.
 * @returns how often a source was asked, and which super nodes the child left.
 */
function accuse(sources: readonly PeerId[], isShared: boolean | ((source: PeerId) => boolean)) {
  const node = new Harness()
  node.follow(liar)
  node.follow(honest, 'standbyChild')
  for (const source of sources) node.meet(source, 'child')
  let disputes = 0
  const left: PeerId[] = []
  for (let n = 0; n < 60 && left.length === 0; n++) {
    const effects = node.feed({ type: 'search', id: guidOf(100 + n), criteria, limit: 10 })
    const guid = sent(effects, 'query')[0]!.message.guid
    const source = sources[disputes % sources.length]!
    const hits = [{ listing: listingOf('song', 5), providers: [source] }]
    node.message(liar, { type: 'hits', guid, hops: 1, hits, providers: [] })
    for (let second = 0; second < 20; second++) {
      const [question] = sent(node.pass(1_000), 'confirm')
      if (question === undefined) continue
      disputes++
      const { infoHash, root } = question.message
      const says = typeof isShared === 'boolean' ? isShared : isShared(question.to)
      const answer = { type: 'confirmed' as const, infoHash, root, isShared: says }
      left.push(...receivers(node.message(question.to, answer), 'leave'))
    }
  }
  return { disputes, left }
}

describe('a super node that leaves out what a source swears to share', () => {
  it('is left when three sources say so', () => {
    expect(accuse([peerOf(20), peerOf(21), peerOf(22)], true)).toEqual({ disputes: 3, left: [honest] })
  })

  it.each([1, 2])('is not left for the word of %i, however often: they may lie together', (count) => {
    const sources = [peerOf(20), peerOf(21)].slice(0, count)
    expect(accuse(sources, true)).toEqual({ disputes: count, left: [] })
  })
})

describe('a super node that names sources which have nothing', () => {
  it('is left when three say so', () => {
    expect(accuse([peerOf(20), peerOf(21), peerOf(22)], false)).toEqual({ disputes: 3, left: [liar] })
  })

  it.each([1, 2])('is not left for the word of %i, however often: they may deny what they share', (count) => {
    const sources = [peerOf(20), peerOf(21)].slice(0, count)
    expect(accuse(sources, false)).toEqual({ disputes: count, left: [] })
  })

  it('is not left while as many others have what it names', () => {
    const sources = Array.from({ length: 6 }, (_, n) => peerOf(20 + n))
    const honestly = [2, 4, 5].map((index) => sources[index])
    expect(accuse(sources, (source) => honestly.includes(source)).left).not.toContain(liar)
  })
})
