import { describe, expect, it } from 'vitest'
import { toHex, utf8Encode } from '../../../src/kernel/bytes.ts'
import { parseFileRoot, parseInfoHash, parsePeerId } from '../../../src/kernel/ids.ts'
import { defined } from '../../../src/kernel/invariant.ts'
import { createRng } from '../../../src/kernel/rng.ts'
import { sha256 } from '../../../src/content/sha256.ts'
import { CHORD } from '../../../src/protocols/chord/constants.ts'
import { ChordContext } from '../../../src/protocols/chord/context.ts'
import { rarestOf } from '../../../src/protocols/chord/keeper.ts'
import { Link } from '../../../src/protocols/chord/link.ts'
import { NeighbourList } from '../../../src/protocols/chord/lists.ts'
import {
  apart,
  coarse,
  COARSE_RING,
  clockwise,
  clockwiseFrom,
  distanceOfLevel,
  isBetween,
  isUpTo,
  levelOf,
  positionOf,
  providerKey,
  wordKey,
} from '../../../src/protocols/chord/position.ts'
import { isKeyOf, isPlausible, signedText, type RingRecord } from '../../../src/protocols/chord/record.ts'
import { quotasFor, RecordStore } from '../../../src/protocols/chord/record-store.ts'
import { RoundTrip } from '../../../src/protocols/chord/rtt.ts'
import { at } from './places.ts'

const infoHash = defined(parseInfoHash('a'.repeat(64)), 'infohash')
const NOW = 1_700_000_000_000

describe('ring neighbours', () => {
  const contextOf = (places: readonly number[]): ChordContext => {
    const context = new ChordContext({ self: at(0), key: '', rng: createRng(1), now: NOW, linkCap: 32 })
    context.phase = 'member'
    for (const place of places) context.addLink(at(place)).phase = 'member'
    context.phaseChanged()
    return context
  }
  const links = Array.from({ length: 30 }, (_, index) => 4 + 8 * index)

  it('are not everybody when a list is short: else a full node would never make room', () => {
    const context = contextOf(links)
    context.successors.install([at(4), at(12)])
    context.predecessors.install([at(236)])
    const kept = links.filter((place) => context.isRingNeighbour(at(place)))
    expect(kept).toEqual([...links.slice(0, 8), ...links.slice(-8)])
    // Somebody new right beside us still is one.
    expect(context.isRingNeighbour(at(2))).toBe(true)
    expect(context.isRingNeighbour(at(100))).toBe(false)
  })

  it('are everybody in a ring of few', () => {
    const context = contextOf([4, 100, 200])
    context.successors.install([4, 100, 200].map(at))
    expect([4, 50, 100, 200, 250].every((place) => context.isRingNeighbour(at(place)))).toBe(true)
  })
})

describe('places on the ring', () => {
  it.each([
    [5, 1, 9, true],
    [9, 1, 9, true],
    [1, 1, 9, false],
    [10, 1, 9, false],
    [0, 200, 9, true],
    [250, 200, 9, true],
    [100, 200, 9, false],
    [7, 3, 3, true],
    [3, 3, 3, true],
  ])('%i is up to going from %i to %i: %s', (x, from, to, expected) => {
    expect(isUpTo(at(x), at(from), at(to))).toBe(expected)
    expect(isBetween(at(x), at(from), at(to))).toBe(expected && x !== to)
  })

  it('a key that is the place of a peer belongs to that peer', () => {
    expect(isUpTo(positionOf(at(9)), at(5), at(9))).toBe(true)
    expect(isUpTo(positionOf(at(5)), at(5), at(9))).toBe(false)
  })

  it('order goes round from anywhere', () => {
    expect([10, 200, 90, 91].map(at).sort(clockwiseFrom(at(90)))).toEqual([91, 200, 10, 90].map(at))
  })

  it('distances wrap, and levels begin at powers of two', () => {
    expect(clockwise(coarse(at(255)), coarse(at(1)))).toBe(COARSE_RING / 128)
    expect(apart(coarse(at(255)), coarse(at(1)))).toBe(COARSE_RING / 128)
    expect(levelOf(COARSE_RING / 2)).toBe(159)
    expect(levelOf(distanceOfLevel(130))).toBe(130)
    expect(levelOf(distanceOfLevel(130) * 1.99)).toBe(130)
  })
})

describe('timeout of a link', () => {
  it('follows RFC 6298 within our bounds', () => {
    const trip = new RoundTrip()
    expect(trip.timeoutMs).toBe(CHORD.firstRtoMs)
    trip.sample(200)
    expect(trip.timeoutMs).toBe(200 + 4 * 100)
    for (let i = 0; i < 50; i++) trip.sample(50)
    expect(trip.timeoutMs).toBe(CHORD.minRtoMs)
    for (let i = 0; i < 50; i++) trip.sample(60_000)
    expect(trip.timeoutMs).toBe(CHORD.maxRtoMs)
  })
})

/** A linked member with lists. */
function member(place: number, successors: number[] = [], predecessors: number[] = []): Link {
  const link = new Link(at(place), 0)
  link.phase = 'member'
  link.successors = successors.map(at)
  link.predecessors = predecessors.map(at)
  return link
}
const nobody = () => false

describe('successor list', () => {
  const list = () => new NeighbourList(at(100), 'clockwise', 3)

  it('is the first live successor and its list, cut to length', () => {
    const successors = list()
    successors.install([110, 120, 130].map(at))
    successors.stabilize([member(110, [121, 130, 140])], nobody)
    expect(successors.peers).toEqual([110, 121, 130].map(at))
  })

  it('rectifies when a member between us and the head appears', () => {
    const successors = list()
    successors.install([110, 120, 130].map(at))
    successors.stabilize([member(110, [120, 130, 140]), member(105, [110, 120, 130])], nobody)
    expect(successors.peers).toEqual([105, 110, 120].map(at))
  })

  it('passes over a dead head', () => {
    const successors = list()
    successors.install([110, 120, 130].map(at))
    successors.drop(at(110))
    successors.stabilize([member(120, [130, 140])], (peer) => peer === at(110))
    expect(successors.peers).toEqual([120, 130, 140].map(at))
  })

  it('does not take a far link for a neighbour while nearer ones are being dialled', () => {
    const successors = list()
    successors.install([110, 120].map(at))
    successors.stabilize([member(10, [20])], nobody)
    expect(successors.peers).toEqual([110, 120].map(at))
  })

  it('knows that it is lost when all its entries died, until the head confirms', () => {
    const successors = list()
    successors.install([at(110)])
    successors.drop(at(110))
    expect(successors.horizon).toBe('lost')
    const far = member(10, [20, 30], [5])
    successors.stabilize([far], nobody)
    expect(successors).toMatchObject({ peers: [10, 20, 30].map(at), horizon: 'lost' })
    far.predecessors = [at(100)]
    successors.stabilize([far], nobody)
    expect(successors.horizon).toBe('known')
  })

  it('keeps what it has when a new head has told no list yet', () => {
    const successors = list()
    successors.install([110, 120, 130].map(at))
    successors.stabilize([member(105)], nobody)
    expect(successors.peers).toEqual([105, 110, 120].map(at))
  })

  it('mirrored, it is the predecessor list', () => {
    const predecessors = new NeighbourList(at(100), 'counterClockwise', 3)
    predecessors.install([90, 80].map(at))
    predecessors.stabilize([member(95, [100], [90, 85, 80])], nobody)
    expect(predecessors.peers).toEqual([95, 90, 85].map(at))
  })
})

describe('reports of a link', () => {
  it('are changes: counts say which of the named peers are which', () => {
    const link = new Link(at(100), 0)
    const base = { type: 'notify' as const, phase: 'member' as const, removed: [] }
    link.hear({ ...base, successorCount: 2, predecessorCount: 1, added: [110, 120, 90].map(at) })
    expect(link).toMatchObject({ successors: [110, 120].map(at), predecessors: [at(90)] })
    link.hear({
      ...base,
      successorCount: 2,
      predecessorCount: 1,
      added: [at(105)],
      removed: [coarse(at(120))],
    })
    expect(link).toMatchObject({ successors: [105, 110].map(at), predecessors: [at(90)] })
  })

  it('that name ever more peers are cut', () => {
    const link = new Link(at(100), 0)
    for (let i = 0; i < 100; i++)
      link.hear({ phase: 'member', successorCount: 255, predecessorCount: 255, added: [at(i)], removed: [] })
    expect(link.successors.length).toBeLessThanOrEqual(32)
    for (let i = 0; i < 50; i++)
      link.hearLinks(
        Array.from({ length: 20 }, (_, j) => i * 20 + j),
        [],
      )
    expect(link.beyond.length).toBeLessThanOrEqual(128)
  })
})

const listing = {
  root: defined(parseFileRoot('b'.repeat(64)), 'root'),
  infoHash,
  name: 'summer/beach.jpg',
  sizeBytes: 5,
}
const base: RingRecord = {
  key: providerKey(infoHash),
  kind: 'provider',
  infoHash,
  listing: null,
  provider: at(1),
  publicKey: '04',
  sequence: NOW,
  expiresAt: NOW + CHORD.recordLifeMs,
  signature: '00',
}

describe('records', () => {
  const ok = () => true
  it.each<[string, Partial<RingRecord>, boolean]>([
    ['a provider', {}, true],
    ['a word of the name', { kind: 'word', key: wordKey('beach'), listing }, true],
    ['a word taken back', { kind: 'withdrawn', key: wordKey('beach'), listing }, true],
    ['one that is expired', { expiresAt: NOW }, false],
    ['one that lives too long', { expiresAt: NOW + 10 * CHORD.recordLifeMs }, false],
    ['one from the future', { sequence: NOW + 86_400_000 }, false],
    ['a key that does not follow', { key: wordKey('beach') }, false],
    ['a word that is not in the name', { kind: 'word', key: wordKey('winter'), listing }, false],
    ['a word without a file', { kind: 'word', key: wordKey('beach') }, false],
    ['a provider with a file', { listing }, false],
    [
      'a file of another share',
      {
        kind: 'word',
        key: wordKey('beach'),
        listing: { ...listing, infoHash: defined(parseInfoHash('c'.repeat(64)), 'infohash') },
      },
      false,
    ],
  ])('%s', (_, change, expected) => {
    expect(isPlausible({ ...base, ...change }, NOW, ok)).toBe(expected)
  })

  it('need the provider’s own key', () => {
    const publicKey = '04'.repeat(65)
    const provider = defined(parsePeerId(toHex(sha256(Buffer.from(publicKey, 'hex')))), 'peer')
    expect(isKeyOf(provider, publicKey)).toBe(true)
    expect(isKeyOf(at(1), publicKey)).toBe(false)
    expect(isPlausible({ ...base, publicKey }, NOW, isKeyOf)).toBe(false)
    expect(isPlausible({ ...base, publicKey, provider }, NOW, isKeyOf)).toBe(true)
  })

  it('are signed with every field', () => {
    const changes: Partial<RingRecord>[] = [
      { key: 'x' },
      { kind: 'withdrawn' },
      { infoHash: defined(parseInfoHash('c'.repeat(64)), 'infohash') },
      { listing },
      { listing: { ...listing, name: 'other' } },
      { provider: at(2) },
      { publicKey: '05' },
      { sequence: 1 },
      { expiresAt: 1 },
    ]
    const texts = new Set([base, ...changes.map((change) => ({ ...base, ...change }))].map(signedText))
    expect(texts.size).toBe(changes.length + 1)
  })
})

describe('the store', () => {
  const quotas = { perProvider: 2, inAll: 4 }
  const word = (text: string, provider = 1, sequence = NOW): RingRecord => ({
    ...base,
    kind: 'word',
    key: wordKey(text),
    listing: { ...listing, name: text },
    provider: at(provider),
    sequence,
    signature: toHex(utf8Encode(`${text}${String(provider)}${String(sequence)}`)),
  })
  const all = () => true

  it('keeps the newest version only', () => {
    const store = new RecordStore()
    expect(store.put(word('a'), quotas, all)).toBe('stored')
    expect(store.put(word('a'), quotas, all)).toBe('older')
    expect(store.put(word('a', 1, NOW - 1), quotas, all)).toBe('older')
    expect(store.put(word('a', 1, NOW + 1), quotas, all)).toBe('stored')
    expect(store.size).toBe(1)
    expect(store.at(wordKey('a'), NOW).map(({ record }) => record.sequence)).toEqual([NOW + 1])
  })

  it('shows nothing that was taken back or is expired', () => {
    const store = new RecordStore()
    store.put(word('a'), quotas, all)
    store.put({ ...word('a', 1, NOW + 1), kind: 'withdrawn' }, quotas, all)
    store.put(word('b'), quotas, all)
    expect(store.at(wordKey('a'), NOW)).toEqual([])
    expect(store.at(wordKey('b'), NOW + CHORD.recordLifeMs)).toEqual([])
    store.expire(NOW + CHORD.recordLifeMs)
    expect(store.size).toBe(0)
  })

  it('throws away by the clock that counts, not by a date that is wrong for a while', () => {
    const store = new RecordStore()
    store.put(word('a'), quotas, all, 1_000)
    store.expire(999)
    expect(store.at(wordKey('a'), NOW + 2 * CHORD.recordLifeMs)).toEqual([])
    expect(store.at(wordKey('a'), NOW)).toHaveLength(1)
    store.expire(1_000)
    expect(store.size).toBe(0)
  })

  it('has a quota for each provider and one for all, and prefers shares to words', () => {
    const store = new RecordStore()
    for (const text of ['a', 'b']) expect(store.put(word(text), quotas, all)).toBe('stored')
    expect(store.put(word('c'), quotas, all)).toBe('full')
    expect(store.put(base, quotas, all)).toBe('stored')
    for (const text of ['a', 'b']) expect(store.put(word(text, 2), quotas, all)).toBe('stored')
    expect(store.put(word('a', 3), quotas, all)).toBe('full')
    expect(store.put(word('a', 3), quotas, (key) => key === wordKey('a'))).toBe('stored')
    expect(store.size).toBeLessThanOrEqual(quotas.inAll)
  })

  it('has room for a share whose provider has more words than its quota, as the ring has grown', () => {
    const store = new RecordStore()
    const roomy = { perProvider: 10, inAll: 100 }
    for (let i = 0; i < 10; i++) expect(store.put(word(`w${String(i)}`), roomy, all)).toBe('stored')
    const small = { ...roomy, perProvider: 4 }
    expect(store.put(base, small, all)).toBe('stored')
    expect(store.size).toBe(small.perProvider)
    const later = { ...base, sequence: NOW + 1, signature: '01' }
    expect(store.put(later, small, all)).toBe('stored')
    expect(store.at(base.key, NOW).map(({ record }) => record.sequence)).toEqual([NOW + 1])
  })

  it.each([
    [1, 2_000],
    [9, 222],
    [1_000, 64],
  ])('a ring of %i gives a provider room for %i', (size, expected) => {
    expect(quotasFor(size).perProvider).toBe(expected)
  })
})

it.each([
  [['summer'], 'summer'],
  [['the', 'beach', 'sunris'], 'beach'],
  [[], null],
])('of %j the rarest-looking whole word is %s', (words, expected) => {
  expect(rarestOf(words)).toBe(expected)
})
