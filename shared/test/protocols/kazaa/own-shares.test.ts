import { describe, expect, it } from 'vitest'
import type { KazaaEffect } from '../../../src/protocols/kazaa/kazaa-api.ts'
import { ChildIndex } from '../../../src/protocols/kazaa/child-index.ts'
import { Harness, guidOf, infoHashOf, listingOf, peerOf, queryOf, sent } from './harness.ts'

const [a, b] = [peerOf(10), peerOf(11)]
const filesOf = (share: number, count: number) =>
  Array.from({ length: count }, (_, file) =>
    listingOf(`share${String(share)} file${String(file)}`, 10_000 * share + file + 1, share),
  )

/** A child, and what its super node's index makes of what it is told. */
class Family extends Harness {
  readonly index = new ChildIndex()

  constructor() {
    super()
    this.learn(this.follow(a))
  }

  learn(effects: readonly KazaaEffect[]): void {
    for (const { message } of sent(effects, 'shareDiff')) {
      if (message.reset) this.index.removeOwner(this.self)
      for (const infoHash of message.remove) this.index.removeShare(this.self, infoHash)
      this.index.add(this.self, message.add)
    }
  }

  publish(share: number, count: number): void {
    this.learn(this.feed({ type: 'publish', infoHash: infoHashOf(share), listings: filesOf(share, count) }))
  }

  finds = (...words: string[]): boolean =>
    this.index.find({ by: 'words', words }, null).hits.some(({ providers }) => providers.includes(this.self))
}

describe('more files of our own than a super node takes', () => {
  it('a share that comes later has its part, and both sides agree', () => {
    const family = new Family()
    family.publish(1, 1_500)
    family.publish(2, 20)
    family.learn(family.pass(6_000))
    expect(family.finds('share1', 'file0')).toBe(true)
    expect(family.finds('share2', 'file19')).toBe(true)
    const [digest] = sent(family.pass(120_000), 'digest')
    expect(digest?.message.digest).toBe(family.index.digestOf(family.self))
  })

  it('what there was no room for has it when another share is gone', () => {
    const family = new Family()
    family.publish(1, 1_000)
    family.publish(2, 600)
    family.learn(family.pass(6_000))
    expect([family.finds('share2', 'file0'), family.finds('share2', 'file599')]).toEqual([true, false])
    family.learn(family.feed({ type: 'withdraw', infoHash: infoHashOf(1) }))
    family.learn(family.pass(6_000))
    expect(family.finds('share2', 'file599')).toBe(true)
    expect(family.finds('share1')).toBe(false)
  })

  it('many shares that come at once are told anew once', () => {
    const family = new Family()
    let messages = 0
    for (let share = 1; share <= 40; share++) {
      const effects = family.feed({
        type: 'publish',
        infoHash: infoHashOf(share),
        listings: filesOf(share, 100),
      })
      messages += sent(effects, 'shareDiff').length
      family.learn(effects)
    }
    const later = family.pass(20_000)
    family.learn(later)
    messages += sent(later, 'shareDiff').length
    expect(messages).toBeLessThan(200)
    for (let share = 1; share <= 40; share++) expect(family.finds(`share${String(share)}`)).toBe(true)
  })

  it('hold for a super node as well', () => {
    const node = new Harness()
    node.feed({ type: 'lead' })
    node.adopt(b)
    for (const [share, count] of [
      [1, 1_500],
      [2, 20],
    ] as const)
      node.feed({ type: 'publish', infoHash: infoHashOf(share), listings: filesOf(share, count) })
    node.pass(6_000)
    const hits = sent(node.message(b, queryOf(1, ['share2', 'file19'])), 'hits')
    expect(hits.map(({ message }) => [message.guid, message.hits[0]?.providers])).toEqual([
      [guidOf(1), [node.self]],
    ])
  })

  it('a file that is shared is confirmed, told or not', () => {
    const family = new Family()
    family.publish(1, 1_500)
    const last = filesOf(1, 1_500)[1_499]
    if (last === undefined) return
    const answer = family.message(a, { type: 'confirm', infoHash: last.infoHash, root: last.root })
    expect(sent(answer, 'confirmed').map(({ message }) => message.isShared)).toEqual([true])
  })
})
