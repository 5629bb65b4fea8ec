import { describe, expect, it } from 'vitest'
import { parseFileRoot, parseInfoHash, type FileRoot, type InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import type { HitView } from '@ringdrop/shared/node/searches.ts'
import type { ShareView } from '@ringdrop/shared/node/snapshot.ts'
import { badgeOf, completedBetween } from '../../src/lib/activity.ts'
import { english } from '../../src/lang/language.ts'
import { faviconOf } from '../../src/lib/favicon.ts'
import { filterHits, kindOf, sizeClassOf } from '../../src/lib/file-kind.ts'
import { canStream, previewOf } from '../../src/lib/preview.ts'
import { linePoints, SAMPLES, withSample, type Sample } from '../../src/lib/sparkline.ts'
import { listed, steady, type ListView } from '../../src/lib/transfer-list.ts'
import { appSnapshot, INFO_HASH, shareView } from './views.ts'

const hash = (digit: string) => parseInfoHash(digit.repeat(64)) as InfoHash

describe('the list of transfers', () => {
  const shares = [
    shareView({
      infoHash: hash('1'),
      name: 'b 10.txt',
      addedAt: 1,
      totalBytes: 30,
      isSource: true,
      upSpeed: 9,
      state: { name: 'seeding' },
    }),
    shareView({
      infoHash: hash('2'),
      name: 'B 9.txt',
      addedAt: 3,
      totalBytes: 10,
      downSpeed: 0,
      verifiedBytes: 900,
    }),
    shareView({
      infoHash: hash('3'),
      name: 'a.txt',
      addedAt: 2,
      totalBytes: 20,
      downSpeed: 0,
      state: { name: 'paused', because: 'quota' },
    }),
  ]
  const names = (view: Partial<ListView>) =>
    listed(english, shares, { text: '', filter: 'all', order: 'added', ...view }).map(({ name }) => name)

  it.each<[Partial<ListView>, string[]]>([
    [{}, ['B 9.txt', 'a.txt', 'b 10.txt']],
    [{ order: 'name' }, ['a.txt', 'B 9.txt', 'b 10.txt']],
    [{ order: 'size' }, ['b 10.txt', 'a.txt', 'B 9.txt']],
    [{ order: 'speed' }, ['b 10.txt', 'B 9.txt', 'a.txt']],
    [{ filter: 'shared' }, ['b 10.txt']],
    [{ filter: 'downloads', order: 'progress' }, ['a.txt', 'B 9.txt']],
    [{ filter: 'stopped' }, ['a.txt']],
    [{ filter: 'active' }, ['b 10.txt']],
    [{ text: ' B ' }, ['B 9.txt', 'b 10.txt']],
    [{ text: 'nothing' }, []],
  ])('%j', (view, expected) => expect(names(view)).toEqual(expected))

  it('keeps its order and what is in it while somebody is at a card; what is gone is gone, what is new comes first', () => {
    const [b10, b9, a] = shares as [ShareView, ShareView, ShareView]
    const added = shareView({ infoHash: hash('4'), name: 'new.txt' })
    const resumed: ShareView = { ...a, state: { name: 'leeching' } }
    const held = steady([b10, resumed, added], [added, resumed], [b9, a, b10])
    expect(held).toEqual([added, resumed, b10])
  })
})

describe('kinds of files', () => {
  it.each([
    ['film.MP4', 'video'],
    ['song.flac', 'audio'],
    ['picture.jpeg', 'image'],
    ['drawing.svg', 'image'],
    ['notes.md', 'document'],
    ['paper.pdf', 'document'],
    ['all.tar', 'archive'],
    ['setup.exe', 'program'],
    ['data', 'other'],
  ])('%s is %s', (name, kind) => expect(kindOf(name)).toBe(kind))

  it('filter hits together with sizes', () => {
    const hit = (name: string, sizeBytes: number): HitView => ({
      listing: { name, sizeBytes, root: parseFileRoot('ab'.repeat(32)) as FileRoot, infoHash: INFO_HASH },
      providers: [],
      systems: ['ring'],
    })
    const hits = [hit('a.mp4', 5e6), hit('b.mp4', 2e9), hit('c.txt', 5e6)]
    const names = (kind: 'all' | 'video', size: 'all' | 'small') =>
      filterHits(hits, { kind, size }).map(({ listing }) => listing.name)
    expect(names('all', 'all')).toEqual(['a.mp4', 'b.mp4', 'c.txt'])
    expect(names('video', 'small')).toEqual(['a.mp4'])
    expect([sizeClassOf(10e6), sizeClassOf(10e6 + 1), sizeClassOf(1e9 + 1)]).toEqual([
      'small',
      'medium',
      'large',
    ])
  })
})

describe('what is shown of strangers', () => {
  it.each([
    'page.html',
    'drawing.svg',
    'paper.pdf',
    'page.xhtml',
    'a.js',
    'noending',
    '.htaccess',
    'trick.png.html',
    'x.swf',
  ])('nothing of %s', (name) => expect(previewOf(name)).toBeNull())

  it('has its type from us, never from the file', () => {
    expect(previewOf('A.PNG')).toEqual({ kind: 'image', type: 'image/png' })
    expect(previewOf('note.txt')).toEqual({ kind: 'text', type: 'text/plain' })
    const film = previewOf('film.webm')
    expect(film !== null && canStream(film)).toBe(true)
  })
})

describe('the speed chart', () => {
  it('keeps two minutes and draws the newest at the right', () => {
    let samples: Sample[] = []
    for (let i = 0; i < SAMPLES + 5; i++) samples = withSample(samples, { down: i, up: 0 })
    expect(samples).toHaveLength(SAMPLES)
    expect(samples[0]?.down).toBe(5)
    expect(linePoints([0, 10], 10)).toBe(`${String(SAMPLES - 2)},1.000 ${String(SAMPLES - 1)},0.000`)
    expect(linePoints([0], 0)).toContain(',1.000')
  })
})

describe('the icon', () => {
  it('shows the furthest download in steps, an offer before all, and nothing otherwise', () => {
    expect(badgeOf(appSnapshot([]))).toBeNull()
    expect(badgeOf(appSnapshot([shareView({ verifiedBytes: 429 })]))).toEqual({
      kind: 'progress',
      fraction: 0.4,
    })
    expect(faviconOf(null)).toBe('./favicon.svg')
    expect(decodeURIComponent(faviconOf({ kind: 'progress', fraction: 0.4 }))).toContain(
      'stroke-dasharray="40 100"',
    )
  })

  it('a finished download is told once', () => {
    const before = appSnapshot([shareView({ state: { name: 'endgame' } })])
    const after = appSnapshot([shareView({ state: { name: 'seeding' } })])
    expect(completedBetween(before, after)).toHaveLength(1)
    expect(completedBetween(after, after)).toEqual([])
    expect(completedBetween({ ...before, node: null }, after)).toEqual([])
  })
})
