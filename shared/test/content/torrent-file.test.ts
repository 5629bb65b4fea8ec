import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Bencode,
  decodeBencode,
  encodeBencode,
  isDict,
  keyFromBytes,
} from '../../src/content/bencode.ts'
import { fileRootOf, merkleRoot, pieceLayer } from '../../src/content/merkle.ts'
import { createInfo } from '../../src/content/metainfo.ts'
import { exportTorrent, importTorrent } from '../../src/content/torrent-file.ts'
import { concatBytes, fromHex, utf8Encode } from '../../src/kernel/bytes.ts'
import { InvariantError } from '../../src/kernel/invariant.ts'
import { sampleLeaves } from './naive-merkle.ts'

const PIECE = 65_536

/** A share of files with these numbers of blocks, and its torrent. */
function sample(blockCounts: readonly number[]) {
  const pieceLayers = new Map()
  const files = blockCounts.map((count, i) => {
    const leaves = concatBytes(sampleLeaves(count))
    const root = fileRootOf(merkleRoot(leaves))
    if (count > 4) pieceLayers.set(root, pieceLayer(leaves, 4))
    return { path: [`${i}`], sizeBytes: count * 16_384, root }
  })
  const info = createInfo({ name: 'share', files, pieceBytes: PIECE })
  if (!info.ok) throw new Error(info.code)
  return { info: info.value, pieceLayers, torrent: exportTorrent(info.value, pieceLayers) }
}

/** The torrent with some of its outer keys replaced, or removed when `null`. */
function changed(torrent: Uint8Array, changes: Record<string, Bencode | null>) {
  const decoded = decodeBencode(torrent, { maxBytes: 1e7, maxDepth: 50, maxElements: 1e5 })
  if (!decoded.ok || !isDict(decoded.value)) throw new Error('not a torrent')
  const outer = new Map(decoded.value)
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) outer.delete(key)
    else outer.set(key, value)
  }
  return importTorrent(encodeBencode(outer))
}

describe('torrent files', () => {
  const { info, pieceLayers, torrent } = sample([1, 4, 5, 9, 9, 70])

  it('are read back', () => {
    expect(pieceLayers.size).toBe(3)
    expect(importTorrent(torrent)).toEqual({ ok: true, value: { info, pieceLayers } })
    const small = sample([1, 2, 4])
    expect(importTorrent(small.torrent)).toEqual({
      ok: true,
      value: { info: small.info, pieceLayers: new Map() },
    })
  })

  it('are written only with all piece layers', () => {
    expect(() => exportTorrent(info, new Map())).toThrow(InvariantError)
  })

  it('may have other keys, no layers when no file needs them, and layers of other files', () => {
    expect(changed(torrent, { announce: utf8Encode('https://t'), 'creation date': 1n }).ok).toBe(true)
    expect(changed(sample([3]).torrent, { 'piece layers': null }).ok).toBe(true)
    const more = new Map([...pieceLayers].map(([root, layer]) => [keyFromBytes(fromHex(root)), layer]))
    more.set('x', new Uint8Array(32))
    expect(changed(torrent, { 'piece layers': more })).toEqual({ ok: true, value: { info, pieceLayers } })
  })

  it('are refused without their parts', () => {
    expect(changed(torrent, { 'piece layers': null })).toEqual({ ok: false, code: 'missingLayer' })
    expect(changed(torrent, { 'piece layers': [] })).toEqual({ ok: false, code: 'missingLayer' })
    expect(changed(torrent, { 'piece layers': new Map() })).toEqual({ ok: false, code: 'missingLayer' })
    expect(changed(torrent, { info: null })).toEqual({ ok: false, code: 'noInfo' })
    expect(changed(torrent, { info: utf8Encode('x') })).toEqual({ ok: false, code: 'noInfo' })
    expect(changed(torrent, { info: new Map([['pieces', new Uint8Array(20)]]) })).toEqual({
      ok: false,
      code: 'v1Only',
    })
    expect(importTorrent(utf8Encode('le'))).toEqual({ ok: false, code: 'notBencode' })
    expect(importTorrent(concatBytes([torrent, new Uint8Array(1)]))).toEqual({
      ok: false,
      code: 'notBencode',
    })
    expect(importTorrent(new Uint8Array(8 * 1024 * 1024))).toEqual({ ok: false, code: 'tooLong' })
  })

  it('are refused with layers that were tampered with', () => {
    for (const [root, layer] of pieceLayers) {
      const layers = (forged: Uint8Array<ArrayBuffer>) =>
        new Map([...pieceLayers].map(([r, l]) => [keyFromBytes(fromHex(r)), r === root ? forged : l]))
      const flipped = layer.slice()
      flipped[5] ^= 1
      expect(changed(torrent, { 'piece layers': layers(flipped) })).toEqual({
        ok: false,
        code: 'forgedLayer',
      })
      for (const wrong of [layer.slice(32), layer.slice(1), concatBytes([layer, new Uint8Array(32)])]) {
        expect(changed(torrent, { 'piece layers': layers(wrong) })).toEqual({
          ok: false,
          code: 'missingLayer',
        })
      }
    }
  })

  it('never keep their infohash or layers after a changed byte, and never throw', () => {
    fc.assert(
      fc.property(fc.nat(torrent.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const result = importTorrent(torrent.with(at, (torrent[at] ?? 0) ^ flip))
        if (result.ok) expect(result.value.info.infoHash).not.toBe(info.infoHash)
      }),
      { numRuns: 2_000 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
        expect(importTorrent(garbage).ok).toBe(false)
      }),
    )
  })
})
