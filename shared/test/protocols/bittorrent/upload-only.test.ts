import { describe, expect, it } from 'vitest'
import { createRng } from '../../../src/kernel/rng.ts'
import { defined } from '../../../src/kernel/invariant.ts'
import { parseSessionId } from '../../../src/kernel/ids.ts'
import { decodeLink, encodeLink } from '../../../src/node/link-codec.ts'
import { Parting } from '../../../src/protocols/bittorrent/upload-only.ts'
import type { ExchangeInput } from '../../../src/protocols/bittorrent/effects.ts'
import type { PeerLink } from '../../../src/protocols/bittorrent/peer-link.ts'
import { Link } from '../../../src/node/links.ts'
import { createSimShare, fullTrees, goodBlock } from '../../../sim/share.ts'
import { A, B, Bench, C, did, told } from './bench.ts'

/** Two files of four blocks. */
const TWO = createSimShare(createRng(9), [4 * 16_384, 4 * 16_384], 65_536)
const FIRST = [0, 1, 2, 3]

/** Who wants the first file alone, and has it. */
const picky = (): Bench => Bench.leecher(FIRST, { selection: [0] }, TWO)
const bits = (byte: number) => ({ type: 'bitfield', bits: new Uint8Array([byte]) }) as const

describe('who has some of the files and wants no more', () => {
  it('says so before it tells what it has, and takes it back when it wants more', () => {
    const bench = picky()
    expect(bench.exchange.state.name).toBe('seeding')
    expect(told(bench.join(A), A, TWO)).toEqual(['uploadOnly', 'haveAllHashes', 'bitfield'])
    expect(told(bench.feed({ type: 'select', files: [0, 1] }), A, TWO)).toEqual(['wantsMore'])
    expect(told(bench.feed({ type: 'select', files: [0] }), A, TWO)).toEqual(['uploadOnly'])
    expect(told(bench.feed({ type: 'select', files: [0] }), A, TWO)).toEqual([])
  })

  it('says so once it has them, and not as a full copy', () => {
    const bench = Bench.leecher([0, 1, 2], { selection: [0] }, TWO)
    expect(told(bench.join(A), A, TWO)).toEqual(['haveAllHashes', 'bitfield'])
    bench.have(A, 3)
    bench.say(A, { type: 'unchoke' })
    bench.say(A, { type: 'piece', piece: 0, begin: 3 * 16_384, bytes: goodBlock(16_384) })
    expect(told(bench.feed({ type: 'blockStored', block: 3 }), A, TWO)).toContain('uploadOnly')
    expect(told(Bench.source().join(A), A)).not.toContain('uploadOnly')
  })

  it('leaves others that want nothing after a while, without blame, and nobody else', () => {
    const bench = picky()
    for (const who of [A, B, C]) bench.join(who)
    bench.say(A, { type: 'uploadOnly' })
    bench.say(A, bits(0xf0))
    bench.say(B, { type: 'haveAll' })
    bench.say(C, bits(0xf0))
    expect(did(bench.wait(9_999))).toEqual([])
    expect(did(bench.wait(1))).toEqual(['drop bothUploadOnly', 'drop bothUploadOnly'])
    expect([...bench.exchange.links.keys()]).toEqual([C])
  })

  it('is left by a full copy, which need not hide from it', () => {
    const bench = Bench.source()
    bench.join(A)
    bench.join(B)
    for (const who of [A, B]) bench.say(who, { type: 'uploadOnly' })
    const said = [...bench.say(A, { type: 'haveNone' }), ...bench.say(B, { type: 'haveNone' })]
    expect([...told(said, A), ...told(said, B)]).toEqual([])
    expect(did(bench.wait(10_000))).toEqual(['drop bothUploadOnly', 'drop bothUploadOnly'])
  })

  it.each([
    ['the other wants more', (bench: Bench) => bench.say(A, { type: 'wantsMore' })],
    ['the other still waits for blocks', (bench: Bench) => bench.say(A, { type: 'interested' })],
    ['we want more', (bench: Bench) => bench.feed({ type: 'select', files: [0, 1] })],
    ['we pause', (bench: Bench) => bench.feed({ type: 'pause' })],
  ])('stays when %s in time', (_, change) => {
    const bench = picky()
    bench.join(A)
    bench.say(A, { type: 'uploadOnly' })
    bench.wait(9_000)
    change(bench)
    expect(did(bench.wait(60_000))).toEqual([])
  })

  it('hears of blocks seldom', () => {
    const bench = Bench.leecher([], {}, TWO)
    bench.join(A)
    bench.join(B)
    bench.say(A, { type: 'haveAll' })
    bench.say(B, { type: 'uploadOnly' })
    bench.say(B, { type: 'haveNone' })
    bench.say(A, { type: 'unchoke' })
    const asked = [...defined(bench.exchange.links.get(A), 'A').outstanding.keys()]
    const [block = -1] = asked
    bench.say(A, { type: 'piece', ...TWO.geometry.rangeOf(block), bytes: goodBlock(16_384) })
    bench.feed({ type: 'blockStored', block })
    expect(told(bench.wait(1_000), B, TWO)).toEqual([])
    expect(told(bench.wait(2_000), B, TWO)).toEqual([`have ${String(block)}+1`])
  })
})

it('who wants nothing is told of no hashes until it wants more, and then of each once', () => {
  const bench = new Bench({ trees: new Map() }, TWO)
  bench.feed({ type: 'checked', bits: new Uint8Array(1) })
  for (const who of [A, B, C]) bench.join(who)
  bench.say(B, { type: 'uploadOnly' })
  for (const who of [B, C]) bench.say(who, { type: 'haveNone' })
  const asked = bench.say(A, { type: 'haveAllHashes' })
  const spans = asked.flatMap((effect) =>
    effect.type === 'send' && effect.message.type === 'hashRequest' ? [effect.message] : [],
  )
  const [first] = spans
  if (first === undefined) throw new Error('nothing asked')
  const { root, span } = first
  const held = defined(defined(fullTrees(TWO).get(root), 'tree').servable(span), 'hashes')
  const told = (effects: ReturnType<Bench['say']>) =>
    effects.flatMap((effect) =>
      effect.type === 'send' && effect.message.type === 'haveHashes' ? [effect.to] : [],
    )
  expect(told(bench.say(A, { type: 'hashes', root, span, ...held }))).toEqual([C])
  expect(told(bench.say(B, { type: 'wantsMore' }))).toEqual([B])
  bench.say(B, { type: 'uploadOnly' })
  expect(told(bench.say(B, { type: 'wantsMore' }))).toEqual([])
})

it('looks for those to be left when their wants may have changed, or their time is up, not after every block', () => {
  const bench = picky()
  let looks = 0
  class Watched extends Map<typeof A, PeerLink> {
    override values() {
      looks++
      return super.values()
    }
  }
  const parting = new Parting(new Watched(bench.exchange.links))
  const looksAfter = (input: ExchangeInput, now: number) => {
    const before = looks
    parting.due([input], true, now)
    return looks - before
  }
  const from = A
  const block = { type: 'blockRead', to: A, block: 1, bytes: new Uint8Array() } as const
  const request = {
    type: 'message',
    from,
    message: { type: 'request', piece: 0, begin: 0, length: 1 },
  } as const
  expect([looksAfter(block, 1), looksAfter(request, 2), looksAfter({ type: 'wake' }, 3)]).toEqual([0, 0, 0])
  expect(looksAfter({ type: 'message', from, message: { type: 'notInterested' } }, 4)).toBe(1)
  expect(looksAfter({ type: 'peerJoined', peer: B, hasMetadata: true }, 5)).toBe(1)
})

it('who does not know these words is not sent them: it would take them for an offence', () => {
  const link = new Link(defined(parseSessionId('ab'.repeat(16)), 'sid'), A, 0)
  const { infoHash } = TWO.info
  link.theirs.set(infoHash, 1)
  const sent = () => {
    const frames: string[] = []
    link.sendExchange(infoHash, { type: 'uploadOnly' })
    link.sendExchange(infoHash, { type: 'wantsMore' })
    link.flush((effect) => frames.push(effect.type))
    return frames
  }
  expect(sent()).toEqual([])
  link.knowsUploadOnly = true
  expect(sent()).toEqual(['sendFrame'])
})

it('who says nothing of these words, as peers of before, does not know them', () => {
  const hello = { type: 'hello', systems: ['gnutella'], isRelay: true, knowsUploadOnly: true } as const
  const [id, mask = 0] = encodeLink(hello)
  expect(decodeLink(new Uint8Array([defined(id, 'id'), mask]))).toEqual({ ok: true, value: hello })
  const before = { ...hello, knowsUploadOnly: false }
  expect(decodeLink(new Uint8Array([8, mask & ~0x40]))).toEqual({ ok: true, value: before })
})
