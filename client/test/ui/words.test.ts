import { describe, expect, it } from 'vitest'
import { createLanguage, english as en } from '../../src/lang/language.ts'
import { changesBetween, isOnlyCopy, shouldWarnBeforeClosing, titleOf } from '../../src/lib/activity.ts'
import { PATIENCE_MS, sourcesWords } from '../../src/lib/sources.ts'
import { peerWords, queueWords, serverWords, stateWords } from '../../src/lib/words.ts'
import { zh } from '../../src/lang/zh.ts'
import { appSnapshot, PEER, peerView, shareView } from './views.ts'

const UP = { state: 'up', because: null } as const
const plain = (text: string) => text.replaceAll('\u00a0', ' ')

describe('states', () => {
  it('say whom one waits for', () => {
    expect(stateWords(en, shareView()).label).toBe('Downloading')
    expect(stateWords(en, shareView({ downSpeed: 0 })).label).toBe('Waiting for a source')
    expect(stateWords(en, shareView({ downSpeed: 0, peers: [peerView()] })).label).toBe('Waiting for parts')
    const choked = peerView({ amInterested: true })
    expect(stateWords(en, shareView({ downSpeed: 0, peers: [choked] })).label).toBe('Waiting for a turn')
    expect(stateWords(en, shareView({ state: { name: 'seeding' }, isSource: true })).label).toBe('Sharing')
    expect(stateWords(en, shareView({ state: { name: 'seeding' } })).label).toBe('Complete')
  })

  it('say why and what next when something is wrong', () => {
    const full = stateWords(en, shareView({ state: { name: 'paused', because: 'quota' } }))
    expect(full).toMatchObject({ tone: 'bad' })
    expect(full.detail).toMatch(/full.*resume/i)
    for (const because of ['sourceChanged', 'sourceMissing', 'io'] as const) {
      expect(stateWords(en, shareView({ state: { name: 'failed', because } })).detail).not.toBeNull()
    }
  })

  it('say what goes on without the server', () => {
    expect(serverWords(en, { state: 'down', because: 'unreachable' }).detail).toContain(
      'The server can’t be reached. Transfers between connected peers go on.',
    )
    expect(serverWords(en, { state: 'down', because: null }).tone).toBe('quiet')
  })

  it('tell choking in plain words', () => {
    expect(peerWords(en, peerView({ amInterested: true })).toUs).toBe('you wait for a turn')
    expect(peerWords(en, peerView({ amInterested: true, peerChoking: false })).toUs).toBe('sends to you')
    expect(
      peerWords(en, peerView({ peerInterested: true, amChoking: false, isOptimistic: true })).fromUs,
    ).toBe('gets a trial turn')
    expect(peerWords(en, peerView({ trust: 'quarantined' })).toUs).toContain('bad block')
  })
})

describe('sources', () => {
  const metadata = (tracker: Partial<ReturnType<typeof shareView>['tracker']>) =>
    shareView({
      name: null,
      state: { name: 'metadata' },
      isStarted: false,
      tracker: { state: 'ok', seeders: 0, leechers: 0, seedSeenAgoMs: null, ...tracker },
    })

  it('go from the server to the tracker to the peers', () => {
    expect(sourcesWords(en, null, { state: 'connecting', because: null }, 0).headline).toBe(
      'Connecting to the server…',
    )
    expect(sourcesWords(en, metadata({ state: 'waiting' }), UP, 0).headline).toContain('Asking')
    expect(plain(sourcesWords(en, metadata({ seeders: 2 }), UP, 0).headline)).toBe('Connecting to 2 sources…')
    expect(sourcesWords(en, metadata({}), UP, 0).headline).toBe('Nobody who has this is online.')
    expect(plain(sourcesWords(en, metadata({ seedSeenAgoMs: 3 * 3_600_000 }), UP, 0).headline)).toBe(
      'Nobody who has this is online. Last seen 3 hours ago.',
    )
    expect(sourcesWords(en, metadata({}), { state: 'down', because: 'unreachable' }, 0).headline).toContain(
      'can’t be reached',
    )
    const connected = shareView({
      state: { name: 'offered' },
      peers: [peerView({ isSeed: true }), peerView()],
    })
    expect(plain(sourcesWords(en, connected, UP, 0).headline)).toBe(
      'Connected to 1 source with everything and 1 peer with parts',
    )
  })

  it('never keep anyone waiting without a word', () => {
    for (const share of [
      null,
      metadata({ state: 'waiting' }),
      metadata({ seeders: 1 }),
      metadata({}),
      metadata({ state: 'failed' }),
    ]) {
      for (const server of [
        UP,
        { state: 'connecting', because: null },
        { state: 'down', because: null },
      ] as const) {
        expect(sourcesWords(en, share, server, PATIENCE_MS).detail).not.toBeNull()
      }
    }
  })
})

describe('manners', () => {
  it('show progress in the title', () => {
    expect(titleOf(en, appSnapshot([shareView()]))).toBe('↓ 42 % · film.mp4')
    expect(titleOf(en, appSnapshot([]))).toBe('Ringdrop')
    expect(titleOf(en, appSnapshot([shareView({ state: { name: 'seeding' }, upSpeed: 5 })]))).toBe(
      '↑ Ringdrop',
    )
  })

  it('warn only while bytes move or the only copy would vanish', () => {
    const seed = shareView({ state: { name: 'seeding' }, isSource: true, missingBytes: 0 })
    const leecher = peerView({ peerInterested: true })
    expect(shouldWarnBeforeClosing(appSnapshot([shareView()]))).toBe(true)
    expect(shouldWarnBeforeClosing(appSnapshot([shareView({ downSpeed: 0 })]))).toBe(false)
    expect(shouldWarnBeforeClosing(appSnapshot([shareView()], { phase: { name: 'follower' } }))).toBe(false)
    expect(isOnlyCopy(seed)).toBe(false)
    expect(isOnlyCopy({ ...seed, peers: [peerView({ progress: 0 })] })).toBe(false)
    expect(isOnlyCopy({ ...seed, peers: [leecher] })).toBe(true)
    // It has what it was told of, and waits for more.
    const waiting = peerView({ progress: 0.5 })
    expect(isOnlyCopy({ ...seed, peers: [waiting] })).toBe(true)
    // Of some of the files: who wants none of them has no need of us.
    expect(isOnlyCopy({ ...seed, missingBytes: 500, peers: [waiting] })).toBe(false)
    expect(isOnlyCopy({ ...seed, missingBytes: 500, peers: [leecher] })).toBe(true)
    for (const seeders of [0, 1]) {
      const counted = { state: 'ok', seeders, leechers: 1, seedSeenAgoMs: 0 } as const
      expect(isOnlyCopy({ ...seed, peers: [leecher], tracker: counted })).toBe(seeders === 0)
    }
  })

  it('speak of what happened, once', () => {
    const before = appSnapshot([shareView({ state: { name: 'endgame' } })])
    const after = appSnapshot([shareView({ state: { name: 'seeding' } })])
    expect(changesBetween(en, before, after)).toEqual(['film.mp4 is complete and verified'])
    expect(changesBetween(en, after, after)).toEqual([])
    expect(changesBetween(en, { ...before, node: null }, after)).toEqual([])
  })
})

it.each([
  [[0, 1, 4], '1 of 3 sources serves you now.'],
  [[0, 0], '2 of 2 sources serve you now.'],
  [[0], '1 of 1 source serves you now.'],
])('queues at %j: %s', (positions, text) => {
  const places = positions.map((position) => ({ peer: PEER, position, etaMs: 0 }))
  expect(plain(queueWords(en, places) ?? '')).toBe(text)
})

it('errors that are shown say what to do', () => {
  for (const { t } of [en, createLanguage('zh', zh)]) {
    const texts = [t.error.unreadable('X'), t.error.nothingDropped, t.error.unknownShare]
    for (const text of [...texts, ...Object.values(t.nearby.refused)])
      expect(text.split(/[.。]\s*/).filter((each) => each !== '').length).toBeGreaterThan(1)
  }
})
