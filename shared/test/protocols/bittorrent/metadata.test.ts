import { describe, expect, it } from 'vitest'
import { createRng } from '../../../src/kernel/rng.ts'
import { defined } from '../../../src/kernel/invariant.ts'
import { toHex } from '../../../src/kernel/bytes.ts'
import { parseInfoHash, type PeerId } from '../../../src/kernel/ids.ts'
import { sha256 } from '../../../src/content/sha256.ts'
import { HashTree } from '../../../src/content/merkle.ts'
import type { ExchangeInput } from '../../../src/protocols/bittorrent/effects.ts'
import type { ExchangeMessage } from '../../../src/protocols/bittorrent/messages.ts'
import { createSimShare } from '../../../sim/share.ts'
import { A, asked, B, Bench, did, SHARE, told } from './bench.ts'

const INFO = SHARE.info.infoBytes
const part = (bytes = INFO, totalBytes = bytes.length) =>
  ({ type: 'metadata', part: 0, totalBytes, bytes }) as const

describe('metadata', () => {
  it('is asked of one peer, checked, kept and passed on', () => {
    const bench = Bench.stranger()
    expect(told(bench.join(A), A)).toEqual(['metadataRequest 0'])
    expect(told(bench.join(B, false), B)).toEqual([])
    const effects = bench.say(A, part())
    expect(did(effects)).toEqual(['metadata', 'check'])
    expect(told(effects, B)).toEqual(['metadataReady'])
    expect(told(bench.say(B, { type: 'metadataRequest', part: 0 }), B)).toEqual(['metadata 0'])
    expect(told(bench.say(B, { type: 'metadataRequest', part: 1 }), B)).toEqual(['metadataReject 1'])
  })

  it.each([
    ['another dictionary', part(createSimShare(createRng(9), [5], 65_536).info.infoBytes)],
    ['garbage', part(new Uint8Array(50))],
    ['a part that was not asked for', { ...part(), part: 3 }],
    ['a length that does not fit', part(INFO, INFO.length + 5)],
    ['an endless dictionary', part(INFO, 0xffffffff)],
    ['a dictionary without a last part', part(new Uint8Array(16_384), 0)],
  ])('costs its author the link when it is %s', (_, message) => {
    const bench = Bench.stranger()
    bench.join(A)
    bench.join(B)
    const effects = bench.say(A, message)
    expect(did(effects)).toEqual(['drop badMetadata ban'])
    expect(told(effects, B)).toEqual(['metadataRequest 0'])
  })

  it('costs its author the link when it has the infohash and makes no sense', () => {
    const garbage = new Uint8Array(50)
    const infoHash = defined(parseInfoHash(toHex(sha256(garbage))), 'infohash')
    const bench = Bench.stranger(SHARE, { infoHash })
    for (const who of [A, B]) bench.join(who)
    const effects = bench.say(A, part(garbage))
    expect(did(effects)).toEqual(['drop badMetadata ban'])
    expect(told(effects, B)).toEqual(['metadataRequest 0'])
  })

  describe('of many files', () => {
    const many = createSimShare(
      createRng(8),
      Array.from({ length: 2_000 }, () => 1),
      65_536,
    )
    const bytes = many.info.infoBytes
    const parts = Math.ceil(bytes.length / 16_384)
    const partOf = (at: number) => ({
      type: 'metadata' as const,
      part: at,
      totalBytes: bytes.length,
      bytes: bytes.slice(at * 16_384, (at + 1) * 16_384),
    })
    /** A and B, and all parts from A. @returns what the last part brought about. */
    const fetched = (bench: Bench) => {
      for (const who of [A, B]) bench.join(who)
      return Array.from({ length: parts }, (_, at) => bench.say(A, partOf(at))).at(-1) ?? []
    }

    it('is read in several turns, each due at once, while nobody is asked', () => {
      const bench = Bench.stranger(many)
      let effects = fetched(bench)
      let turns = 0
      for (; did(effects).length === 0; turns++) {
        expect(bench.exchange.wakeAt()).toBeLessThanOrEqual(bench.now)
        expect(told(effects, B)).toEqual([])
        effects = bench.feed({ type: 'wake' })
      }
      expect(turns).toBeGreaterThan(1)
      expect(turns).toBeLessThan(20)
      expect(did(effects)).toEqual(['metadata', 'check'])
      expect(bench.exchange.swarm?.info.files).toHaveLength(2_000)
    })

    it('is read to its end when its author leaves meanwhile', () => {
      const bench = Bench.stranger(many)
      fetched(bench)
      expect(told(bench.leave(A), B)).toEqual([])
      expect(did(bench.wait(0))).toEqual(['metadata', 'check'])
    })
  })

  it('is asked of the next after silence or a refusal', () => {
    const bench = Bench.stranger()
    bench.join(A)
    bench.join(B)
    expect(told(bench.wait(10_000), B)).toEqual(['metadataRequest 0'])
    expect(told(bench.say(B, { type: 'metadataReject', part: 0 }), A)).toEqual(['metadataRequest 0'])
  })

  it('is asked for no more once it is here', () => {
    const bench = Bench.stranger()
    for (const who of [A, B]) bench.join(who)
    bench.say(A, part())
    expect([A, B].flatMap((who) => told(bench.wait(60_000), who))).toEqual([])
  })

  it('is not asked again at once of who refuses', () => {
    const bench = Bench.stranger()
    bench.join(A)
    const refuse = () => told(bench.say(A, { type: 'metadataReject', part: 0 }), A)
    expect(refuse()).toEqual([])
    expect(told(bench.join(B), B)).toEqual(['metadataRequest 0'])
    bench.leave(B)
    expect(told(bench.wait(999), A)).toEqual([])
    expect(told(bench.wait(1), A)).toEqual(['metadataRequest 0'])
    expect(refuse()).toEqual([])
  })

  it('is asked of who was passed over when nobody else is left', () => {
    const bench = Bench.stranger()
    for (const who of [A, B]) bench.join(who)
    expect(told(bench.wait(10_000), B)).toEqual(['metadataRequest 0'])
    expect(told(bench.leave(B), A)).toEqual(['metadataRequest 0'])
  })

  describe('from a slow source', () => {
    const slow = (n: number) =>
      ({ type: 'metadata', part: n, totalBytes: 4 * 1024 * 1024, bytes: new Uint8Array(16_384) }) as const
    /** Sends a part every 9 s from `first` on. @returns what others were told meanwhile. */
    const trickle = (bench: Bench, who: PeerId, other: PeerId, first: number, parts: number) =>
      Array.from({ length: parts }, (_, n) => {
        const effects = [...bench.say(who, slow(first + n)), ...bench.wait(9_000)]
        expect(did(effects)).toEqual([])
        return told(effects, other)
      }).flat()

    it('goes on while there is no other', () => {
      const bench = Bench.stranger()
      bench.join(A)
      trickle(bench, A, B, 0, 20)
      expect(told(bench.join(B), B)).toEqual(['metadataRequest 0'])
    })

    it('is given up after 30 s for another, and later after twice as long', () => {
      const bench = Bench.stranger()
      for (const who of [A, B]) bench.join(who)
      expect(trickle(bench, A, B, 0, 3)).toEqual([])
      expect(trickle(bench, A, B, 3, 1)).toEqual(['metadataRequest 0'])
      // Its last answer comes late, which is no offence, also when it is asked again.
      expect(told(bench.leave(B), A)).toEqual(['metadataRequest 0'])
      expect(did(bench.say(A, slow(4)))).toEqual([])
      expect(told(bench.say(A, slow(0)), A)).toEqual(['metadataRequest 1'])
      expect(did(bench.say(A, slow(7)))).toEqual(['drop badMetadata ban'])
    })

    it('comes to an end when all are slow', () => {
      const bench = Bench.stranger()
      for (const who of [A, B]) bench.join(who)
      trickle(bench, A, B, 0, 4)
      bench.wait(3_000)
      expect(trickle(bench, B, A, 0, 3)).toEqual(['metadataRequest 0'])
      // Both were too slow: now each has a minute.
      expect(trickle(bench, A, B, 0, 5)).toEqual([])
      expect(trickle(bench, A, B, 5, 1)).toEqual(['metadataRequest 0'])
    })
  })

  it('is refused by who has none', () => {
    const bench = Bench.stranger()
    bench.join(A, false)
    expect(told(bench.say(A, { type: 'metadataRequest', part: 0 }), A)).toEqual(['metadataReject 0'])
  })

  it('is given to a peer in no more parts than the largest has, and in more later', () => {
    const bench = Bench.leecher()
    for (const who of [A, B]) bench.join(who)
    const ask = (who: PeerId) => told(bench.say(who, { type: 'metadataRequest', part: 0 }), who)
    for (let part = 0; part < 256; part++) expect(ask(A)).toEqual(['metadata 0'])
    expect(ask(A)).toEqual(['metadataReject 0'])
    expect(ask(B)).toEqual(['metadata 0'])
    bench.wait(1_000)
    expect(ask(A)).toEqual(['metadata 0'])
    bench.wait(30_000)
    const later = Array.from({ length: 1_000 }, () => ask(A)).flat()
    expect(later.filter((text) => text === 'metadata 0')).toHaveLength(256)
  })

  it('may be known later than the link', () => {
    const bench = Bench.stranger()
    bench.join(A, false)
    expect(told(bench.say(A, { type: 'metadataReady' }), A)).toEqual(['metadataRequest 0'])
  })
})

describe('block hashes', () => {
  const root = defined(SHARE.info.files[0]?.root, 'root')
  const span = defined(HashTree.fromLeaves(defined(SHARE.leaves.get(root), 'leaves')).servable(0), 'span')
  const hashless = () => Bench.leecher([], { trees: new Map() })

  it('are fetched before any block is asked for', () => {
    const bench = hashless()
    bench.join(A)
    bench.say(A, { type: 'haveAll' })
    expect(asked(bench.say(A, { type: 'unchoke' }), A)).toEqual([])
    expect(told(bench.say(A, { type: 'haveAllHashes' }), A)).toEqual(['hashRequest 0'])
    bench.join(B)
    bench.say(B, { type: 'haveNone' })
    const effects = bench.say(A, { type: 'hashes', root, span: 0, ...span })
    expect(did(effects)).toEqual(['hashes'])
    expect(asked(effects, A)).toHaveLength(4)
    expect(told(effects, B)).toEqual(['haveHashes 0'])
    expect(told(bench.say(B, { type: 'hashRequest', root, span: 0 }), B)).toEqual(['hashes 0'])
  })

  it('cost their author the link when they are wrong', () => {
    const bench = hashless()
    bench.join(A)
    bench.say(A, { type: 'haveAllHashes' })
    const hashes = span.hashes.slice()
    hashes[0] = (hashes[0] ?? 0) ^ 1
    const message = { type: 'hashes', root, span: 0, hashes, proof: span.proof } as const
    expect(did(bench.say(A, message))).toEqual(['drop badHashes ban'])
  })

  it('are asked of another after silence, a refusal, or when the peer leaves', () => {
    const bench = hashless()
    for (const who of [A, B]) bench.join(who)
    bench.say(A, { type: 'haveAllHashes' })
    bench.say(B, { type: 'haveHashes', root, span: 0 })
    expect(told(bench.wait(10_000), B)).toEqual(['hashRequest 0'])
    expect(told(bench.say(B, { type: 'hashReject', root, span: 0 }), A)).toEqual(['hashRequest 0'])
    bench.wait(1_000)
    bench.say(B, { type: 'haveAllHashes' })
    expect(told(bench.feed({ type: 'peerLeft', peer: A }), B)).toEqual(['hashRequest 0'])
  })

  it.each<[string, ExchangeMessage]>([
    ['who has all', { type: 'haveAllHashes' }],
    ['who has the span', { type: 'haveHashes', root, span: 0 }],
  ])('are asked again a second later of %s and refused', (_, offer) => {
    const bench = hashless()
    bench.join(A)
    expect(told(bench.say(A, offer), A)).toEqual(['hashRequest 0'])
    for (let round = 0; round < 3; round++) {
      expect(told(bench.say(A, { type: 'hashReject', root, span: 0 }), A)).toEqual([])
      // Neither does it help to come back, or to offer again.
      bench.leave(A)
      bench.join(A)
      expect(told(bench.say(A, offer), A)).toEqual([])
      expect(told(bench.wait(999), A)).toEqual([])
      expect(told(bench.wait(1), A)).toEqual(['hashRequest 0'])
    }
    bench.say(A, { type: 'hashReject', root, span: 0 })
    bench.join(B)
    expect(told(bench.say(B, offer), B)).toEqual(['hashRequest 0'])
  })

  it('leave a paused share asleep when they are refused', () => {
    const bench = hashless()
    bench.join(A)
    bench.say(A, { type: 'haveAllHashes' })
    bench.feed({ type: 'pause' })
    bench.say(A, { type: 'hashReject', root, span: 0 })
    bench.wait(1_000)
    expect(bench.exchange.wakeAt()).toBeGreaterThan(bench.now + 1_000)
  })

  it.each<[string, ExchangeInput]>([
    ['the share is paused', { type: 'pause' }],
    ['the file is not wanted any more', { type: 'select', files: [1] }],
    ['it is fetched on', { type: 'wake' }],
  ])('are given up when nobody answers, also when %s', (_, input) => {
    const two = createSimShare(createRng(6), [3 * 16_384, 3 * 16_384], 65_536)
    const bench = Bench.leecher([], { trees: new Map() }, two)
    bench.join(A)
    expect(told(bench.say(A, { type: 'haveAllHashes' }), A)).toContain('hashRequest 0')
    bench.feed(input)
    for (let wakes = 0; wakes < 10; wakes++) {
      bench.now = Math.max(bench.now, bench.exchange.wakeAt())
      bench.feed({ type: 'wake' })
      expect(bench.exchange.wakeAt()).toBeGreaterThan(bench.now)
    }
  })

  it('are given up wherever they stand in the row', () => {
    const many = createSimShare(createRng(7), [4 * 512 * 16_384], 1_048_576)
    const bench = Bench.leecher([], { trees: new Map() }, many)
    for (const who of [A, B]) bench.join(who)
    const asked = [A, B].flatMap((who) => told(bench.say(who, { type: 'haveAllHashes' }), who))
    expect(asked).toHaveLength(2)
    for (let wakes = 0; wakes < 10; wakes++) {
      bench.now = Math.max(bench.now, bench.exchange.wakeAt())
      bench.feed({ type: 'wake' })
      expect(bench.exchange.wakeAt()).toBeGreaterThan(bench.now)
    }
  })

  it('are refused by who lacks them', () => {
    const bench = hashless()
    bench.join(A)
    expect(told(bench.say(A, { type: 'hashRequest', root, span: 0 }), A)).toEqual(['hashReject 0'])
    expect(told(bench.say(A, { type: 'hashRequest', root, span: 77 }), A)).toEqual(['hashReject 77'])
  })
})
