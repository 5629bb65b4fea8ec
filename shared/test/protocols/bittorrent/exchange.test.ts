import { describe, expect, it } from 'vitest'
import { createRng } from '../../../src/kernel/rng.ts'
import type { ExchangeMessage } from '../../../src/protocols/bittorrent/messages.ts'
import { TokenBucket } from '../../../src/kernel/token-bucket.ts'
import { createSimShare, goodBlock } from '../../../sim/share.ts'
import { A, B, asked, Bench, C, did, peer, SHARE, told } from './bench.ts'

const ALL = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]

describe('an exchange introduces itself', () => {
  it.each([
    ['a source to its only peer', Bench.source(), 'haveAll'],
    ['who has nothing', Bench.leecher(), 'haveNone'],
    ['who has something', Bench.leecher([3]), 'bitfield'],
  ])('%s', (_, bench, greeting) => {
    expect(told(bench.join(A), A)).toEqual(['haveAllHashes', greeting])
  })

  it('says nothing before it knows itself what it has', () => {
    const bench = new Bench()
    expect(told(bench.join(A), A)).toEqual([])
    expect(bench.exchange.state.name).toBe('checking')
    const bits = new Uint8Array([0b1100_0000, 0])
    expect(told(bench.feed({ type: 'checked', bits }), A)).toContain('bitfield')
  })
})

describe('playing', () => {
  const film = createSimShare(createRng(9), [400 * 16_384], 65_536)
  const playing = () => {
    const bench = Bench.leecher([0, 1, 2, 3, 4], {}, film)
    bench.join(A)
    bench.say(A, { type: 'haveAll' })
    return { bench, first: told(bench.say(A, { type: 'unchoke' }), A, film) }
  }

  it('calls off what is not watched and asks for what is', () => {
    const { bench, first } = playing()
    const elsewhere = first.filter((text) => text.startsWith('request')).map((text) => text.slice(8))
    const effects = told(bench.feed({ type: 'play', at: { file: 0, offset: 200 * 16_384 } }), A, film)
    expect(effects.filter((text) => text.startsWith('cancel')).map((text) => text.slice(7))).toEqual(
      elsewhere,
    )
    const wanted = effects.filter((text) => text.startsWith('request'))
    expect(wanted.slice(0, 4)).toEqual(['request 200', 'request 201', 'request 202', 'request 203'])
  })

  it('leaves everything as it is when what is watched is on its way', () => {
    const { bench } = playing()
    bench.feed({ type: 'play', at: { file: 0, offset: 200 * 16_384 } })
    const again = told(bench.feed({ type: 'play', at: { file: 0, offset: 0 } }), A, film)
    expect(again.some((text) => text.startsWith('cancel'))).toBe(true)
    expect(bench.feed({ type: 'play', at: { file: 1, offset: 0 } })).toEqual([])
    expect(bench.feed({ type: 'play', at: null })).toEqual([])
    expect(Bench.stranger().feed({ type: 'play', at: { file: 7, offset: 1e12 } })).toEqual([])
  })
})

it('playing a file that is not wanted calls nothing off', () => {
  const two = createSimShare(createRng(9), [400 * 16_384, 65_536], 65_536)
  const bench = Bench.leecher([], { selection: [0] }, two)
  bench.join(A)
  bench.say(A, { type: 'haveAll' })
  bench.say(A, { type: 'unchoke' })
  expect(bench.feed({ type: 'play', at: { file: 1, offset: 0 } })).toEqual([])
})

describe('fetching', () => {
  it('is interested as long as the peer has something wanted', () => {
    const bench = Bench.leecher(ALL.filter((block) => block !== 4))
    bench.join(A)
    expect(told(bench.have(A, 3), A)).toEqual([])
    expect(told(bench.have(A, 4), A)).toContain('interested')
    bench.say(A, { type: 'unchoke' })
    expect(did(bench.piece(A, 4))).toEqual(['store 4'])
    const done = bench.feed({ type: 'blockStored', block: 4 })
    expect(told(done, A)).toContain('notInterested')
    expect(did(done)).toContain('completed')
    expect(bench.exchange.state.name).toBe('seeding')
  })

  it('asks when it is unchoked, for each block once, and asks others again after a choke', () => {
    const bench = Bench.leecher()
    for (const who of [A, B]) {
      bench.join(who)
      bench.say(who, { type: 'haveAll' })
    }
    const first = asked(bench.say(A, { type: 'unchoke' }), A)
    const second = asked(bench.say(B, { type: 'unchoke' }), B)
    expect(first).toHaveLength(4)
    expect(second.filter((block) => first.includes(block))).toEqual([])
    expect(bench.exchange.state.name).toBe('leeching')
    bench.say(A, { type: 'choke' })
    for (const block of second) bench.piece(B, block)
    const retried = new Set<number>()
    for (const link of bench.exchange.links.values()) {
      for (const [block, { state }] of link.outstanding)
        if (link.peer === B && state === 'asked') retried.add(block)
    }
    expect(retried.size).toBeGreaterThan(0)
  })

  it('asks another when a request is rejected', () => {
    const bench = Bench.leecher(ALL.filter((block) => block !== 7))
    bench.join(A)
    bench.have(A, 7)
    expect(asked(bench.say(A, { type: 'unchoke' }), A)).toEqual([7])
    bench.join(B)
    bench.have(B, 7)
    bench.say(B, { type: 'unchoke' })
    expect(asked(bench.reject(A, 7), B)).toEqual([7])
  })

  it('returns the blocks of a peer that left', () => {
    const bench = Bench.leecher(ALL.filter((block) => block !== 7))
    for (const who of [A, B]) {
      bench.join(who)
      bench.have(who, 7)
      bench.say(who, { type: 'unchoke' })
    }
    expect(asked(bench.feed({ type: 'peerLeft', peer: A }), B)).toEqual([7])
  })

  it('snubs a peer that delivers nothing for 10 s, and trusts it again when it does', () => {
    const bench = Bench.leecher()
    bench.join(A)
    bench.say(A, { type: 'haveAll' })
    const [first] = asked(bench.say(A, { type: 'unchoke' }), A)
    expect(told(bench.wait(10_000), A).filter((text) => text.startsWith('cancel'))).toHaveLength(4)
    expect(bench.exchange.links.get(A)?.trust).toBe('snubbed')
    bench.piece(A, first ?? -1)
    expect(bench.exchange.links.get(A)?.trust).toBe('trusted')
  })

  it('in the endgame asks a second peer for what the first is slow with, and calls the loser off', () => {
    const bench = Bench.leecher(ALL.slice(2))
    bench.join(A)
    bench.have(A, 0, 2)
    expect(asked(bench.say(A, { type: 'unchoke' }), A)).toHaveLength(2)
    expect(bench.exchange.state.name).toBe('endgame')
    bench.join(B)
    bench.have(B, 0, 2)
    bench.say(B, { type: 'unchoke' })
    const [stolen] = asked(bench.wait(2_000), B)
    expect(stolen).toBeDefined()
    expect(told(bench.piece(B, stolen ?? -1), A)).toContain(`cancel ${String(stolen)}`)
    // It came all the same: a duplicate, and no offence.
    expect(did(bench.piece(A, stolen ?? -1))).toEqual([])
    expect(bench.exchange.swarm?.downloads.duplicateBytes).toBe(16_384)
  })

  it('asks nothing more after one bad block and bans after two', () => {
    const bench = Bench.leecher()
    bench.join(A)
    bench.say(A, { type: 'haveAll' })
    const [first, second] = asked(bench.say(A, { type: 'unchoke' }), A)
    bench.piece(A, first ?? -1)
    const effects = bench.feed({ type: 'blockCorrupt', block: first ?? -1 })
    expect(told(effects, A)).toContain('notInterested')
    expect(asked(effects, A)).toEqual([])
    expect(bench.exchange.links.get(A)?.trust).toBe('quarantined')
    bench.piece(A, second ?? -1)
    expect(did(bench.feed({ type: 'blockCorrupt', block: second ?? -1 }))).toEqual(['drop corruptBlocks ban'])
  })

  it('waits for the download limit', () => {
    const downloadBucket = new TokenBucket(16_384, 16_384, 1_000_000)
    const bench = Bench.leecher([], { downloadBucket })
    bench.join(A)
    bench.say(A, { type: 'haveAll' })
    expect(asked(bench.say(A, { type: 'unchoke' }), A)).toHaveLength(1)
    bench.piece(A, [...(bench.exchange.links.get(A)?.outstanding.keys() ?? [])][0] ?? -1)
    expect(asked(bench.wait(3_000), A).length).toBeGreaterThan(0)
  })
})

describe('serving', () => {
  function serving(): Bench {
    const bench = Bench.leecher([0, 1, 2, 3, 4, 5])
    bench.join(A)
    expect(told(bench.say(A, { type: 'interested' }), A)).toContain('unchoke')
    return bench
  }

  it('reads what is asked and sends it', () => {
    const bench = serving()
    expect(did(bench.request(A, 2))).toEqual(['read 2'])
    expect(told(bench.read(A, 2), A)).toEqual(['piece 2'])
  })

  it('rejects what it lacks, what a choked peer asks, and what cannot be read', () => {
    const bench = serving()
    expect(told(bench.request(A, 9), A)).toEqual(['reject 9'])
    bench.join(B)
    expect(told(bench.request(B, 2), B)).toEqual(['reject 2'])
    bench.request(A, 3)
    expect(told(bench.feed({ type: 'readFailed', to: A, block: 3 }), A)).toEqual(['reject 3'])
  })

  it('rejects what is called off in time, and what is queued when it chokes', () => {
    const bench = serving()
    bench.feed({ type: 'congested', peer: A })
    for (const block of [0, 1, 2]) expect(did(bench.request(A, block))).toEqual([])
    expect(told(bench.cancel(A, 1), A)).toEqual(['reject 1'])
    expect(told(bench.feed({ type: 'pause' }), A)).toEqual(['choke', 'reject 0', 'reject 2'])
  })

  it('goes on when a congested link is writable again', () => {
    const bench = serving()
    bench.feed({ type: 'congested', peer: A })
    bench.request(A, 0)
    expect(did(bench.feed({ type: 'writable', peer: A }))).toEqual(['read 0'])
  })

  it('lets peers take turns by the block', () => {
    const bench = serving()
    bench.join(B)
    bench.say(B, { type: 'interested' })
    for (const who of [A, B]) bench.feed({ type: 'congested', peer: who })
    for (const who of [A, B]) for (const block of [0, 1, 2, 3]) bench.request(who, block)
    const reads = [A, B].flatMap((who) => did(bench.feed({ type: 'writable', peer: who })))
    expect(reads).toHaveLength(4)
    const next = [bench.read(A, 0), bench.read(B, 0)].flatMap(did)
    expect(next).toEqual(['read 2', 'read 2'])
  })

  it('honours the upload limit', () => {
    const bench = Bench.leecher([0, 1, 2], { uploadBucket: new TokenBucket(16_384, 1, 1_000_000) })
    bench.join(A)
    bench.say(A, { type: 'interested' })
    expect(did(bench.request(A, 0))).toEqual(['read 0'])
    expect(did(bench.request(A, 1))).toEqual([])
    expect(did(bench.wait(1_100))).toEqual(['read 1'])
  })

  it.each<[string, (bucket: TokenBucket, bench: Bench) => void]>([
    [
      'the upload limit is lifted',
      (bucket, bench) => {
        bucket.configure(Infinity, 1, bench.now)
      },
    ],
    [
      'another share refills the bucket that all have in common',
      (bucket, bench) => {
        bench.now += 5_000
        expect(bucket.readyAt(bench.now)).toBe(bench.now)
      },
    ],
  ])('goes on when %s', (_, change) => {
    const uploadBucket = new TokenBucket(16_384, 1, 1_000_000)
    const bench = Bench.leecher([0, 1, 2], { uploadBucket })
    bench.join(A)
    bench.say(A, { type: 'interested' })
    for (const block of [0, 1]) bench.request(A, block)
    expect(bench.exchange.wakeAt()).toBeGreaterThan(bench.now)
    change(uploadBucket, bench)
    expect(did(bench.wait(0))).toEqual(['read 1'])
    expect(bench.exchange.wakeAt()).toBeGreaterThan(bench.now)
  })

  it('sleeps while the upload limit lets nothing through', () => {
    const uploadBucket = new TokenBucket(16_384, 1, 1_000_000)
    const bench = Bench.leecher([0, 1, 2], { uploadBucket })
    bench.join(A)
    bench.say(A, { type: 'interested' })
    for (const block of [0, 1]) bench.request(A, block)
    // Another share is a second ahead and took what there was: our alarm is early, once.
    uploadBucket.takeIntoDebt(16_384, bench.now + 2_000)
    bench.now += 2_000
    expect(did(bench.feed({ type: 'wake' }))).toEqual([])
    expect(bench.exchange.wakeAt()).toBeGreaterThan(bench.now)
    expect(did(bench.cancel(A, 1))).toEqual([])
    expect(did(bench.wait(9_000))).toEqual([])
  })

  it('goes on with what is queued when a block cannot be read', () => {
    const bench = serving()
    for (const block of [0, 2, 4]) bench.request(A, block)
    bench.feed({ type: 'readFailed', to: A, block: 0 })
    expect(did(bench.feed({ type: 'readFailed', to: A, block: 2 }))).toEqual([])
    expect([...(bench.exchange.links.get(A)?.reading ?? [])]).toEqual([4])
  })

  it('tells those who lack a block soon, and those who have it later', () => {
    const bench = Bench.leecher()
    for (const who of [A, B]) {
      bench.join(who)
      bench.say(who, { type: 'haveNone' })
    }
    bench.have(A, 4)
    bench.say(A, { type: 'unchoke' })
    bench.piece(A, 4)
    bench.feed({ type: 'blockStored', block: 4 })
    const soon = bench.wait(150)
    expect(told(soon, B)).toContain('have 4+1')
    expect(told(soon, A)).not.toContain('have 4+1')
    expect(told(bench.wait(2_000), A)).toContain('have 4+1')
  })
})

describe('offences', () => {
  const whole = { piece: 0, begin: 0, length: 16_384 }
  it.each<[string, string, ExchangeMessage]>([
    [
      'a block never asked for',
      'unrequested',
      { type: 'piece', piece: 0, begin: 0, bytes: goodBlock(16_384) },
    ],
    ['a block of a wrong size', 'badRange', { type: 'piece', piece: 0, begin: 0, bytes: goodBlock(5) }],
    ['a request beyond the share', 'badRange', { ...whole, type: 'request', piece: 99 }],
    ['a request off the grid', 'badRange', { ...whole, type: 'request', begin: 5 }],
    ['a request of another length', 'badRange', { ...whole, type: 'request', length: 32_768 }],
    ['a cancel beyond the share', 'badRange', { ...whole, type: 'cancel', piece: 99 }],
    ['a bitfield of a wrong size', 'badBitfield', { type: 'bitfield', bits: new Uint8Array(9) }],
    ['a bitfield with spare bits', 'badBitfield', { type: 'bitfield', bits: new Uint8Array([0, 1]) }],
    ['a have beyond the share', 'badBitfield', { type: 'have', first: 9, count: 2 }],
    ['an empty have', 'badBitfield', { type: 'have', first: 1, count: 0 }],
    ['a huge have', 'badBitfield', { type: 'have', first: 0xffffffff, count: 0xffffffff }],
  ])('%s', (_, code, message) => {
    const bench = Bench.leecher([1])
    bench.join(A)
    expect(did(bench.say(A, message))).toEqual([`drop ${code} ban`])
    expect(bench.exchange.links.size).toBe(0)
  })

  it('too many requests', () => {
    const big = createSimShare(createRng(2), [600 * 16_384], 262_144)
    const bench = Bench.leecher(Array.from({ length: 600 }, (_, block) => block).slice(1), {}, big)
    bench.join(A)
    bench.say(A, { type: 'interested' })
    bench.feed({ type: 'congested', peer: A })
    const effects = Array.from({ length: 501 }, (_, i) => did(bench.request(A, i + 1))).flat()
    expect(effects).toEqual(['drop tooManyRequests ban'])
  })

  it('messages about blocks before we know the metadata', () => {
    const bench = Bench.stranger()
    bench.join(A, false)
    expect(did(bench.say(A, { type: 'haveAll' }))).toEqual(['drop unexpectedMessage ban'])
  })

  it('two full copies part without blame', () => {
    const bench = Bench.source()
    bench.join(A)
    expect(did(bench.say(A, { type: 'haveAll' }))).toEqual(['drop bothSeeds'])
  })

  it('ignores strangers and what comes from a peer that left', () => {
    const bench = Bench.leecher()
    expect(bench.say(A, { type: 'haveAll' })).toEqual([])
    expect(bench.feed({ type: 'peerLeft', peer: A })).toEqual([])
    expect(bench.read(A, 0)).toEqual([])
  })
})

describe('commands', () => {
  it('pause calls requests off, resume asks anew', () => {
    const bench = Bench.leecher()
    bench.join(A)
    bench.say(A, { type: 'haveAll' })
    bench.say(A, { type: 'unchoke' })
    const paused = told(bench.feed({ type: 'pause' }), A)
    expect(paused.filter((text) => text.startsWith('cancel'))).toHaveLength(4)
    expect(paused).toContain('notInterested')
    expect(bench.exchange.state).toEqual({ name: 'paused', because: 'person' })
    const resumed = bench.feed({ type: 'resume' })
    expect(told(resumed, A)).toContain('interested')
    expect(asked(resumed, A).length).toBeGreaterThan(0)
  })

  it('a full disk pauses fetching but not serving', () => {
    const bench = Bench.leecher([0])
    bench.join(A)
    bench.say(A, { type: 'haveAll' })
    bench.say(A, { type: 'interested' })
    const [block] = asked(bench.say(A, { type: 'unchoke' }), A)
    bench.piece(A, block ?? -1)
    bench.feed({ type: 'storeFailed', block: block ?? -1, code: 'quota' })
    expect(bench.exchange.state).toEqual({ name: 'paused', because: 'quota' })
    expect(did(bench.request(A, 0))).toEqual(['read 0'])
    bench.feed({ type: 'resume' })
    expect(bench.exchange.state.name).toBe('leeching')
  })

  it('fetches only chosen files, and more when more are chosen', () => {
    const share = createSimShare(createRng(3), [65_536, 65_536, 65_536], 65_536)
    const bench = Bench.leecher([], { selection: [1] }, share)
    bench.join(A)
    bench.say(A, { type: 'haveAll' })
    bench.say(A, { type: 'unchoke' })
    const link = bench.exchange.links.get(A)
    expect([...(link?.outstanding.keys() ?? [])].sort()).toEqual([4, 5, 6, 7])
    for (const block of [4, 5, 6, 7]) {
      bench.piece(A, block)
      bench.feed({ type: 'blockStored', block })
    }
    expect(bench.exchange.state.name).toBe('seeding')
    bench.feed({ type: 'select', files: [1, 2] })
    expect(bench.exchange.state.name).toBe('endgame')
    expect([...(link?.outstanding.keys() ?? [])].sort((a, b) => a - b)).toEqual([8, 9, 10, 11])
  })

  it('an offered share moves nothing until the person says so', () => {
    const bench = new Bench({ start: 'offer' })
    bench.join(A)
    bench.say(A, { type: 'haveAll' })
    expect(asked(bench.say(A, { type: 'unchoke' }), A)).toEqual([])
    expect(asked(bench.feed({ type: 'download', files: null }), A)).toHaveLength(4)
  })

  it('a source whose file changed fails, and leaves those who would wait for it', () => {
    const bench = Bench.source()
    bench.join(A)
    bench.join(B)
    bench.say(A, { type: 'haveNone' })
    bench.say(A, { type: 'interested' })
    bench.request(A, 0)
    const effects = bench.feed({ type: 'readFailed', to: A, block: 0 })
    expect(bench.exchange.state).toEqual({ name: 'failed', because: 'sourceChanged' })
    const left = [A, B].map((peer) => ({ type: 'dropPeer', peer, code: 'shareFailed', ban: false }))
    expect(effects).toEqual(expect.arrayContaining(left))
    expect(bench.exchange.links.size).toBe(0)
  })
})

describe('checking what is there', () => {
  it('stays paused when it was paused meanwhile, and goes on when asked', () => {
    const bench = Bench.source({ start: 'check' })
    bench.feed({ type: 'pause' })
    expect(bench.exchange.state.name).toBe('checking')
    bench.feed({ type: 'checked', bits: new Uint8Array([0xff, 0xc0]) })
    expect(bench.exchange.state).toEqual({ name: 'paused', because: 'person' })
    bench.feed({ type: 'resume' })
    expect(bench.exchange.state.name).toBe('seeding')
  })
})

describe('super-seeding', () => {
  it('shows each peer other blocks, and more as they spread', () => {
    const bench = Bench.source()
    const [first, second] = [bench.join(A), bench.join(B)]
    expect([told(first, A), told(second, B)]).toEqual([
      expect.arrayContaining(['haveAll']),
      expect.arrayContaining(['haveAll']),
    ])
    // Nothing is hidden from one alone, nor while the other only looks.
    expect(told(bench.say(A, { type: 'haveNone' }), A)).toEqual([])
    const both = bench.say(B, { type: 'haveNone' })
    expect(told(both, A)).toEqual(['haveNone', 'unchoke', 'have 0+4'])
    expect(told(both, B)).toEqual(['haveNone', 'unchoke', 'have 4+4'])
    expect(told(bench.request(A, 5), A)).toEqual(['reject 5'])
    expect(did(bench.request(A, 0))).toEqual(['read 0'])
  })

  it('ends when there is nothing left to hide', () => {
    const bench = Bench.source()
    for (const who of [A, B, C]) bench.join(who)
    for (const who of [A, B, C]) bench.say(who, { type: 'haveNone' })
    const effects = [A, B].flatMap((who, index) => [
      ...bench.have(who, 0, 10),
      ...(index === 0 ? [] : bench.wait(0)),
    ])
    expect(told(effects, C)).toContain('haveAll')
    expect(bench.exchange.swarm?.isSuperSeeding).toBe(false)
  })

  it('reveals nothing that somebody has already', () => {
    const bench = Bench.source()
    bench.join(A)
    bench.say(A, { type: 'haveNone' })
    bench.have(A, 0, 6)
    bench.join(B)
    const shown = bench.say(B, { type: 'haveNone' })
    expect(told(shown, A).filter((text) => text.startsWith('have '))).toEqual(['have 6+4'])
  })

  it('gives up hiding when nobody passes anything on', () => {
    const bench = Bench.source()
    for (const who of [A, B]) bench.join(who)
    for (const who of [A, B]) bench.say(who, { type: 'haveNone' })
    const later = bench.wait(40_000)
    expect(told(later, A)).toContain('haveAll')
    expect(told(later, B)).toContain('haveAll')
  })

  it('gives up hiding when one leecher is left', () => {
    const bench = Bench.source()
    for (const who of [A, B]) bench.join(who)
    for (const who of [A, B]) bench.say(who, { type: 'haveNone' })
    expect(told(bench.leave(B), A)).toContain('haveAll')
  })
})

it('peer exchange names the others, once', () => {
  const bench = Bench.leecher()
  bench.join(A)
  const named = bench
    .join(B)
    .flatMap((effect) =>
      effect.type === 'send' && effect.message.type === 'peers' ? [effect.message.peers] : [],
    )
  expect(named).toEqual([[A]])
  const learned = bench.say(A, { type: 'peers', peers: [peer(9)] })
  expect(learned).toEqual([{ type: 'peersLearned', from: A, peers: [peer(9)] }])
  expect(SHARE.geometry.blockCount).toBe(10)
})

it('takes no more names from a peer than an honest one has', () => {
  const bench = Bench.leecher()
  bench.join(A)
  const learned = Array.from({ length: 10 }, (_, n) => bench.say(A, { type: 'peers', peers: [peer(20 + n)] }))
  expect(learned.flat()).toHaveLength(3)
  bench.wait(60_000)
  expect(bench.say(A, { type: 'peers', peers: [peer(40)] })).toHaveLength(1)
})
