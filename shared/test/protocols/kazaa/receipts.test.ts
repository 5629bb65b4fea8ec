import { describe, expect, it } from 'vitest'
import type { Receipt } from '../../../src/protocols/kazaa/messages.ts'
import { CreditBook, ReceiptPurse } from '../../../src/protocols/kazaa/receipts.ts'
import { simKey } from '../../../sim/overlay-world.ts'
import { guidOf, Harness, infoHashOf, peerOf, receiptOf, receivers, sent } from './harness.ts'

const MIB = 1_048_576
const [a, b, c] = [peerOf(10), peerOf(11), peerOf(12)]

/** A node that offers shares 1 to 6. */
function linked(): Harness {
  const node = new Harness()
  for (let share = 1; share <= 6; share++)
    node.feed({ type: 'publish', infoHash: infoHashOf(share), listings: [] })
  for (const peer of [a, b, c]) node.feed({ type: 'linkUp', peer })
  return node
}

describe('receipts', () => {
  it('are signed for every MiB that was verified, and for what is left after a while', () => {
    const node = linked()
    expect(sent(node.feed({ type: 'received', from: a, bytes: MIB - 1 }), 'receipt')).toEqual([])
    const [receipt] = sent(node.feed({ type: 'received', from: a, bytes: 1 }), 'receipt')
    expect(receipt).toMatchObject({
      to: a,
      message: { receipt: { uploader: a, downloader: node.self, bytes: MIB, key: simKey(node.self) } },
    })
    node.feed({ type: 'received', from: a, bytes: 100_000 })
    expect(sent(node.pass(31_000), 'receipt')[0]?.message.receipt.bytes).toBe(100_000)
  })

  it('of a fast source are one in two seconds, for all that came meanwhile', () => {
    const node = linked()
    const bytesOf = (effects: ReturnType<Harness['feed']>) =>
      sent(effects, 'receipt').map(({ message }) => message.receipt.bytes)
    const received = () => bytesOf(node.feed({ type: 'received', from: a, bytes: 3 * MIB }))
    expect([received(), received()]).toEqual([[3 * MIB], []])
    node.pass(1_999)
    expect(received()).toEqual([])
    node.pass(1)
    expect(received()).toEqual([9 * MIB])
    expect([received(), bytesOf(node.pass(31_000))]).toEqual([[], [3 * MIB]])
  })

  it('that are good are kept and shown to others', () => {
    const node = linked()
    node.message(a, { type: 'receipt', receipt: receiptOf(a, node.self, MIB, 1) })
    const effects = node.feed({ type: 'enqueue', peer: b, infoHash: infoHashOf(1) })
    expect(sent(effects, 'present')[0]?.message.receipts).toHaveLength(1)
    expect(receivers(effects, 'enqueue')).toEqual([b])
    expect(sent(node.feed({ type: 'enqueue', peer: a, infoHash: infoHashOf(1) }), 'present')).toEqual([])
  })

  const good = receiptOf(b, a, MIB, 1)
  const forged: [string, Receipt][] = [
    ['another amount', { ...good, bytes: 2 * MIB }],
    ['another uploader', receiptOf(b, c, MIB, 1)],
    ['a signature that is somebody else’s', { ...good, signature: receiptOf(c, a, MIB, 1).signature }],
    ['a key that is not the downloader’s', { ...good, key: simKey(c) }],
    ['signed by the one who shows it', receiptOf(a, a, MIB, 1)],
    ['signed by us, as the one who checks', receiptOf(peerOf(1), a, MIB, 1)],
    ['another nonce', { ...good, nonce: guidOf(2) }],
    ['from the future', { ...good, signedAt: good.signedAt + 3_600_000 }],
    ['too old', { ...good, signedAt: good.signedAt - 40 * 86_400_000 }],
    ['nothing', receiptOf(b, a, 0, 1)],
    ['more than a receipt may say', receiptOf(b, a, 65 * MIB, 1)],
  ]

  it.each(forged)('that are forged count nothing: %s', (_, receipt) => {
    const node = linked()
    node.message(a, { type: 'present', receipts: [receipt] })
    node.message(a, { type: 'enqueue', infoHash: infoHashOf(1), ticket: 0 })
    expect(node.node.view().uploadQueue[0]?.priority).toBe(0)
    expect(node.node.view().counters).toMatchObject({ receiptsVerified: 0, receiptsRefused: 1 })
  })

  it('that are good give credit, each once', () => {
    const node = linked()
    const credit = () => {
      node.message(a, { type: 'dequeue', infoHash: infoHashOf(1) })
      node.message(a, { type: 'enqueue', infoHash: infoHashOf(1), ticket: 0 })
      return node.node.view().uploadQueue[0]?.priority ?? 0
    }
    node.message(a, { type: 'present', receipts: [good] })
    const first = credit()
    expect(first).toBeGreaterThan(0)
    node.message(a, { type: 'present', receipts: [good] })
    expect(credit()).toBe(first)
    node.message(a, { type: 'present', receipts: [receiptOf(c, a, MIB, 2)] })
    expect(credit()).toBeGreaterThan(2 * first)
  })

  it('many at once are checked a few at a time', () => {
    const node = new Harness()
    node.feed({ type: 'linkUp', peer: a })
    const receipts = Array.from({ length: 16 }, (_, i) => receiptOf(peerOf(100 + i), a, MIB, 100 + i))
    let asked = 0
    for (let i = 0; i < 10; i++)
      asked += node.node
        .handle({ type: 'message', from: a, message: { type: 'present', receipts } }, node.now)
        .filter(({ type }) => type === 'verify').length
    expect(asked).toBe(16)
  })
})

describe('credit', () => {
  it('of few counterparties counts less, and that of one is capped', () => {
    const book = new CreditBook()
    for (let i = 0; i < 100; i++) book.credit(receiptOf(b, a, 64 * MIB, i))
    const friend = book.creditOf(a)
    expect(friend).toBeLessThan(0.45)
    for (let i = 0; i < 3; i++) book.credit(receiptOf(peerOf(50 + i), c, 32 * MIB, 200 + i))
    expect(book.creditOf(c)).toBeGreaterThan(0.8)
    book.tookFromUs(c, 1_000 * MIB)
    expect(book.creditOf(c)).toBeLessThan(0.1)
  })

  it('for what somebody gave us needs no receipt', () => {
    const book = new CreditBook()
    book.gaveUs(a, 16 * MIB)
    expect(book.creditOf(a)).toBe(0.5)
  })
})

describe('purse', () => {
  it('keeps few of each counterparty and shows many counterparties', () => {
    const purse = new ReceiptPurse()
    for (let i = 0; i < 50; i++) purse.add(receiptOf(b, a, MIB * (1 + (i % 7)), i))
    expect(purse.size).toBe(4)
    for (let i = 0; i < 20; i++) purse.add(receiptOf(peerOf(100 + i), a, MIB, 500 + i))
    const best = purse.best(c)
    expect(best).toHaveLength(16)
    expect(new Set(best.map(({ downloader }) => downloader)).size).toBe(16)
    expect(purse.best(b).some(({ downloader }) => downloader === b)).toBe(false)
  })
})

describe('places in our queue', () => {
  it('are for what we offer, and end with it', () => {
    const node = linked()
    const enqueue = (peer: typeof a, share: number) =>
      receivers(node.message(peer, { type: 'enqueue', infoHash: infoHashOf(share), ticket: 0 }), 'grant')
    for (let share = 20; share < 40; share++) expect(enqueue(a, share)).toEqual([])
    for (const peer of [a, b, c]) expect(enqueue(peer, 1)).toEqual([peer])
    expect(enqueue(a, 2)).toEqual([a])
    expect(enqueue(b, 3)).toEqual([])
    const ended = node.feed({ type: 'withdraw', infoHash: infoHashOf(1) })
    expect(ended.filter(({ type }) => type === 'released' || type === 'serve')).toEqual([
      ...[a, b, c].map((peer) => ({ type: 'released', peer, infoHash: infoHashOf(1) })),
      { type: 'serve', peer: b, infoHash: infoHashOf(3) },
    ])
  })

  it('are served, made to wait, and left', () => {
    const node = linked()
    const enqueue = (peer: typeof a, share: number) =>
      node
        .message(peer, { type: 'enqueue', infoHash: infoHashOf(share), ticket: 0 })
        .flatMap((effect) => (effect.type === 'serve' || effect.type === 'unserve' ? [effect.type] : []))
    for (let share = 1; share <= 4; share++) expect(enqueue(a, share)).toEqual(['serve'])
    expect(enqueue(b, 1)).toEqual(['unserve'])
    const left = node.message(a, { type: 'dequeue', infoHash: infoHashOf(2) })
    expect(left.filter(({ type }) => type !== 'send')).toEqual([
      { type: 'released', peer: a, infoHash: infoHashOf(2) },
      { type: 'serve', peer: b, infoHash: infoHashOf(1) },
    ])
    const done = node.feed({ type: 'uploadDone', peer: b, infoHash: infoHashOf(1) })
    expect(done).toContainEqual({ type: 'released', peer: b, infoHash: infoHashOf(1) })
    expect(node.feed({ type: 'uploadDone', peer: b, infoHash: infoHashOf(9) })).toEqual([])
  })

  it('are given up when the system is switched off, and those who waited are free', () => {
    const node = linked()
    for (let share = 1; share <= 6; share++)
      node.message(a, { type: 'enqueue', infoHash: infoHashOf(share), ticket: 0 })
    const released = node.feed({ type: 'leaving' }).filter(({ type }) => type === 'released')
    expect(released).toEqual(
      [1, 2, 3, 4, 5, 6].map((share) => ({ type: 'released', peer: a, infoHash: infoHashOf(share) })),
    )
  })
})

describe('places in the queues of others', () => {
  it('are asked for again after a reconnect, with their ticket', () => {
    const node = linked()
    node.feed({ type: 'enqueue', peer: a, infoHash: infoHashOf(1) })
    const told = node.message(a, {
      type: 'queued',
      infoHash: infoHashOf(1),
      ticket: 77,
      position: 3,
      etaMs: 9_000,
    })
    expect(told).toEqual([{ type: 'queued', peer: a, infoHash: infoHashOf(1), position: 3, etaMs: 9_000 }])
    node.feed({ type: 'linkDown', peer: a })
    const again = sent(node.feed({ type: 'linkUp', peer: a }), 'enqueue')
    expect(again[0]?.message.ticket).toBe(77)
    expect(node.message(a, { type: 'grant', infoHash: infoHashOf(1) })).toContainEqual({
      type: 'granted',
      peer: a,
      infoHash: infoHashOf(1),
    })
    node.feed({ type: 'dequeue', peer: a, infoHash: infoHashOf(1) })
    expect(receivers(node.message(a, { type: 'grant', infoHash: infoHashOf(1) }), 'dequeue')).toEqual([a])
  })
})
