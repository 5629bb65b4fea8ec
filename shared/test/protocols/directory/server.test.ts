import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Listing } from '../../../src/discovery/listing.ts'
import { PublishedDigest } from '../../../src/discovery/digest.ts'
import { FILES_PER_PEER, WORDS_PER_PEER } from '../../../src/protocols/directory/constants.ts'
import { DirectoryServer } from '../../../src/protocols/directory/server.ts'
import type { DirectorySearchResponse, DirectoryUpdateRequest } from '../../../src/wire/signaling.ts'
import { infoHashOf, listingOf, peerOf } from '../../discovery/listings.ts'

/** Counts what is hashed, so that work can be told apart from a slow machine. */
function hashCounter(): () => number {
  const { toggle, toggleListings } = PublishedDigest.prototype
  let count = 0
  const shares = vi.spyOn(PublishedDigest.prototype, 'toggle').mockImplementation(function (
    this: PublishedDigest,
    ...share
  ) {
    count++
    toggle.apply(this, share)
  })
  const files = vi.spyOn(PublishedDigest.prototype, 'toggleListings').mockImplementation(function (
    this: PublishedDigest,
    ...part
  ) {
    count += part[1].length
    toggleListings.apply(this, part)
  })
  onTestFinished(() => [shares, files].forEach((spy) => spy.mockRestore()))
  return () => count
}

const [ann, bob, eve] = [peerOf(1), peerOf(2), peerOf(3)]

function directory(room?: number) {
  const core = new DirectoryServer(room)
  const reply = (effects: ReturnType<DirectoryServer['handle']>) => effects[0]?.response
  const update = (
    from: typeof ann,
    change: Partial<DirectoryUpdateRequest>,
    address: string | null = null,
  ) => {
    const request = { reset: false, add: [], withdraw: [], ...change }
    return reply(core.handle({ type: 'update', from, address, request, replyTo: 1 }))
  }
  const list = (from: typeof ann, ...listings: Listing[]) =>
    update(from, { add: listings.map((each) => ({ infoHash: each.infoHash, listings: [each] })) })
  const find = (words: string[], from = eve, limit = 100) => {
    const request = { criteria: { by: 'words', words }, limit } as const
    return (reply(core.handle({ type: 'search', from, request, replyTo: 2 })) as DirectorySearchResponse).hits
  }
  return { core, update, list, find }
}

describe('the directory server', () => {
  it('groups sources, and ranks what more people have first', () => {
    const { list, find } = directory()
    list(ann, listingOf('rare song.mp3', 1), listingOf('song.mp3', 2))
    list(bob, listingOf('song.mp3', 2))
    expect(find(['song']).map(({ listing, providers }) => [listing.name, providers])).toEqual([
      ['song.mp3', [ann, bob]],
      ['rare song.mp3', [ann]],
    ])
    expect(find(['song'], eve, 1)).toHaveLength(1)
  })

  it('does not offer people their own files', () => {
    const { list, find } = directory()
    list(ann, listingOf('mine.txt', 1))
    expect(find(['mine'], ann)).toEqual([])
  })

  it('changes by differences, starts anew on reset, and forgets who is gone', () => {
    const { core, update, list, find } = directory()
    list(ann, listingOf('one.txt', 1), listingOf('two.txt', 2))
    update(ann, { withdraw: [infoHashOf(1), infoHashOf(77)] })
    expect(find(['txt']).map(({ listing }) => listing.name)).toEqual(['two.txt'])
    update(ann, { reset: true, add: [{ infoHash: infoHashOf(3), listings: [listingOf('three.txt', 3)] }] })
    expect(find(['txt']).map(({ listing }) => listing.name)).toEqual(['three.txt'])
    core.handle({ type: 'peerGone', peer: ann })
    expect([find(['txt']), core.sizes]).toEqual([[], { files: 0, peers: 0 }])
  })

  it('knows providers of an unlisted share by infohash alone', () => {
    const { core, update } = directory()
    update(ann, { add: [{ infoHash: infoHashOf(5), listings: [] }] })
    const ask = (from: typeof ann) => {
      const request = { criteria: { by: 'infoHash', infoHash: infoHashOf(5) }, limit: 10 } as const
      return core.handle({ type: 'search', from, request, replyTo: 3 })[0]?.response
    }
    expect(ask(bob)).toEqual({ ok: true, hits: [], peers: [ann] })
    expect(ask(ann)).toEqual({ ok: true, hits: [], peers: [] })
  })

  it('takes no more of one peer than it may list, and keeps what it had', () => {
    const { update, core } = directory()
    const many = Array.from({ length: FILES_PER_PEER }, (_, n) => listingOf(`file ${String(n)}`, n + 1, 1))
    const add = (listings: Listing[]) => update(ann, { add: [{ infoHash: infoHashOf(1), listings }] })
    expect(add(many)).toMatchObject({ ok: true })
    expect(add([listingOf('one more', 9_999, 1)])).toEqual({ ok: false, code: 'full' })
    expect(core.sizes).toEqual({ files: FILES_PER_PEER, peers: 1 })
    // What fits is taken although something else of the same update does not.
    const both = [listingOf('too much', 9_999, 2), listingOf('unlisted', 9_999, 3)]
    const answer = update(ann, {
      add: both.map((each, at) => ({ infoHash: each.infoHash, listings: at === 0 ? [each] : [] })),
    })
    expect([answer, core.sharesOf(ann).has(infoHashOf(3))]).toEqual([{ ok: false, code: 'full' }, true])
  })

  it('does no more work than an update brings files, and none for one that brings nothing', () => {
    const { update, core } = directory()
    const share = infoHashOf(1)
    const many = Array.from({ length: FILES_PER_PEER }, (_, n) => listingOf(`file ${String(n)}`, n + 1, 1))
    const hashed = hashCounter()
    const hashes = (add: DirectoryUpdateRequest['add']) => {
      const before = hashed()
      const answer = update(ann, { add })
      return [(answer as { ok: boolean }).ok, hashed() - before]
    }
    const first = many.slice(0, -1)
    expect(hashes([{ infoHash: share, listings: first }])).toEqual([true, 1 + first.length])
    const nothing = Array.from({ length: 100 }, () => ({ infoHash: share, listings: [] }))
    expect(hashes(nothing)).toEqual([true, 0])
    expect(hashes([{ infoHash: share, listings: first.slice(0, 50) }])).toEqual([true, 0])
    expect(hashes([...nothing, { infoHash: share, listings: many.slice(-2) }])).toEqual([true, 1])
    // In parts or at once, it is the same.
    const whole = directory().update(ann, { add: [{ infoHash: share, listings: many }] })
    expect(update(ann, {})).toEqual(whole)
    expect(core.sizes).toEqual({ files: FILES_PER_PEER, peers: 1 })
  })

  it('lets no address take what others need, and hurts a school class behind one address not at all', () => {
    const MiB = 1024 * 1024
    const { core, update } = directory(4 * MiB)
    /** Lists 60 files a peer until one is refused. @returns the peers that were taken */
    const fill = (first: number, address: string | null) => {
      for (let n = first; n < first + 1_000; n++) {
        const listings = Array.from({ length: 60 }, (_, at) =>
          listingOf(`file ${String(n * 60 + at)}`, at, n),
        )
        const answer = update(peerOf(n), { add: [{ infoHash: infoHashOf(n), listings }] }, address)
        if (!('digest' in answer!)) return n - first
      }
      return 1_000
    }
    const first = fill(1_000, 'greedy')
    expect(first).toBeGreaterThan(4)
    expect(fill(2_000, 'greedy')).toBe(0)
    // As many greedy ones as a fifth, each time a fifth of the rest: somebody with little still finds room.
    for (let n = 1; n < 8; n++) fill(3_000 + n * 1_000, `greedy ${String(n)}`)
    expect(fill(20_000, 'honest')).toBeGreaterThan(0)
    // What is taken back counts no more.
    for (let n = 0; n < first; n++) {
      if (n % 2 === 0) core.handle({ type: 'peerGone', peer: peerOf(1_000 + n) })
      else update(peerOf(1_000 + n), { withdraw: [infoHashOf(1_000 + n)] })
    }
    expect(fill(30_000, 'greedy')).toBeGreaterThan(0)
    expect(fill(40_000, null)).toBeGreaterThan(fill(50_000, 'greedy'))
    const whole = directory()
    const files = (child: number, from: number) =>
      Array.from({ length: 50 }, (_, n) =>
        listingOf(`IMG_${String(child)} ${String(from + n)}.jpg`, from + n, child),
      )
    for (let child = 0; child < 40; child++)
      for (let from = 0; from < 500; from += 50) {
        const add = [{ infoHash: infoHashOf(child), listings: files(child, from) }]
        expect(whole.update(peerOf(child), { add }, 'school')).toMatchObject({ ok: true })
      }
  })

  it('is full by the memory that names take, of one peer and of all, and has room again when somebody goes', () => {
    const MiB = 1024 * 1024
    const { core, update } = directory(3 * MiB)
    const named = (file: number) =>
      Array.from({ length: 32 }, (_, n) => `${String(file)}x${String(n)}`.padEnd(15, 'y')).join(' ')
    /** Lists until the directory says that it is full. @returns files taken */
    const fill = (from: typeof ann, nameOf: (file: number) => string) => {
      const before = core.sizes.files
      for (let file = 0; file < FILES_PER_PEER; file += 50) {
        const listings = Array.from({ length: 50 }, (_, n) => listingOf(nameOf(file + n), file + n + 1, 1))
        const answer = update(from, { add: [{ infoHash: infoHashOf(1), listings }] })
        if (!('digest' in answer!)) break
      }
      return core.sizes.files - before
    }
    expect(fill(ann, named)).toBe(200)
    expect(fill(bob, () => 'short.txt')).toBe(0)
    // Shares without files take memory as well, and what is there already takes no more.
    expect(update(eve, { add: [{ infoHash: infoHashOf(2), listings: [] }] })).toEqual({
      ok: false,
      code: 'full',
    })
    expect(update(ann, { add: [{ infoHash: infoHashOf(1), listings: [] }] })).toMatchObject({ ok: true })
    core.handle({ type: 'peerGone', peer: ann })
    expect(fill(bob, () => 'short.txt')).toBeGreaterThan(2_000)
    const one = directory()
    const longest = Array.from({ length: 2_000 }, (_, n) => listingOf(named(n), n + 1, 1))
    for (let at = 0; at < longest.length; at += 50)
      one.update(ann, { add: [{ infoHash: infoHashOf(1), listings: longest.slice(at, at + 50) }] })
    expect(one.core.sizes.files).toBe(Math.ceil(WORDS_PER_PEER / 32 / 50) * 50)
    const unlisted = Array.from({ length: FILES_PER_PEER + 1 }, (_, n) => ({
      infoHash: infoHashOf(n + 1),
      listings: [],
    }))
    expect(update(eve, { reset: true, add: unlisted })).toEqual({ ok: false, code: 'full' })
  })
})
