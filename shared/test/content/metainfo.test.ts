import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Bencode, encodeBencode, keyFromBytes } from '../../src/content/bencode.ts'
import { manyFiles } from './many-files.ts'
import {
  choosePieceBytes,
  createInfo,
  creatingInfo,
  parseInfo,
  type ShareFile,
} from '../../src/content/metainfo.ts'
import { compareBytes, toHex, utf8Encode } from '../../src/kernel/bytes.ts'
import { type FileRoot, parseFileRoot } from '../../src/kernel/ids.ts'
import { nodeSha256 } from './naive-merkle.ts'

const PIECE = 262_144

function rootOf(label: string): FileRoot {
  const root = parseFileRoot(toHex(nodeSha256(utf8Encode(label))))
  if (root === null) throw new Error('not a root')
  return root
}
const file = (path: string, sizeBytes = 1, root = rootOf(path)): ShareFile => ({
  path: path.split('/'),
  sizeBytes,
  root: sizeBytes === 0 ? null : root,
})
const key = (text: string) => keyFromBytes(utf8Encode(text))
const dict = (entries: Record<string, Bencode>) =>
  new Map(Object.entries(entries).map(([k, v]) => [key(k), v]))
const leaf = (length: Bencode = 1n, root: Bencode = nodeSha256(utf8Encode('x'))) =>
  dict({ '': dict({ length, 'pieces root': root }) })

/** An info dictionary with some keys replaced (or removed, when `null`). */
function info(changes: Record<string, Bencode | null> = {}) {
  const base: Record<string, Bencode | null> = {
    'file tree': dict({ a: leaf() }),
    'meta version': 2n,
    name: utf8Encode('a'),
    'piece length': BigInt(PIECE),
    ...changes,
  }
  const kept = Object.entries(base).filter((entry): entry is [string, Bencode] => entry[1] !== null)
  return encodeBencode(dict(Object.fromEntries(kept)))
}
const codeOf = (bytes: Uint8Array) => {
  const result = parseInfo(bytes)
  return result.ok ? 'ok' : result.code
}
const tree = (node: Bencode) => codeOf(info({ 'file tree': node }))

describe('the info of thousands of files', () => {
  const content = { name: 'many', files: manyFiles(2_500), pieceBytes: PIECE }

  it('is the same as ever', () => {
    const made = createInfo(content)
    expect(made.ok && made.value.infoHash).toBe(
      'dae82a148c3f03c314f19ea81b5c8edc4b97d81f7eeeccb93d6183a9923209a3',
    )
  })

  it('is made in steps, none of which is for more than a few of them', () => {
    const steps = creatingInfo(content)
    let count = 0
    let step = steps.next()
    for (; step.done !== true; step = steps.next()) count++
    expect(step.value).toEqual(createInfo(content))
    expect(count).toBeGreaterThan(content.files.length / 8)
  })
})

describe('createInfo', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 })
  const files = fc
    .uniqueArray(fc.tuple(fc.array(name, { minLength: 1, maxLength: 4 }), fc.nat(3 * PIECE)), {
      minLength: 1,
      maxLength: 12,
      selector: ([path]) => path.join('\0'),
    })
    .filter((list) =>
      list.every(([a]) => list.every(([b]) => a === b || a.some((part, depth) => part !== b[depth]))),
    )

  it('is read back by parseInfo, whatever the order of the files', () => {
    fc.assert(
      fc.property(files, name, (list, shareName) => {
        const given = list.map(([path, sizeBytes]): ShareFile => ({
          path,
          sizeBytes,
          root: sizeBytes === 0 ? null : rootOf(path.join('\0')),
        }))
        const made = createInfo({ name: shareName, files: given, pieceBytes: PIECE })
        const reversed = createInfo({ name: shareName, files: given.toReversed(), pieceBytes: PIECE })
        if (!made.ok) throw new Error(made.code)
        expect(reversed).toEqual(made)
        expect(parseInfo(made.value.infoBytes)).toEqual(made)
        expect(made.value.infoHash).toBe(toHex(nodeSha256(made.value.infoBytes)))
        expect(made.value.totalBytes).toBe(given.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))
        const ordered = given.toSorted((a, b) => comparePaths(a.path, b.path))
        expect(made.value.files).toEqual(ordered)
      }),
    )
  })

  it('knows a single file by its name', () => {
    const single = createInfo({ name: 'a', files: [file('a')], pieceBytes: PIECE })
    const other = createInfo({ name: 'b', files: [file('a')], pieceBytes: PIECE })
    expect(single.ok && single.value.isSingleFile).toBe(true)
    expect(single.ok && single.value.infoBytes).toEqual(
      info({ 'file tree': dict({ a: leaf(1n, nodeSha256(utf8Encode('a'))) }) }),
    )
    expect(other.ok && other.value.isSingleFile).toBe(false)
  })

  it.each<[string, Partial<Parameters<typeof createInfo>[0]>, string]>([
    ['no files', { files: [] }, 'badTree'],
    ['too many files', { files: Array.from({ length: 10_001 }, (_, i) => file(`${i}`)) }, 'tooManyFiles'],
    ['a twin', { files: [file('a/b'), file('a/b')] }, 'nameClash'],
    ['a file, then a folder', { files: [file('a'), file('a/b')] }, 'nameClash'],
    ['a folder, then a file', { files: [file('a/b'), file('a')] }, 'nameClash'],
    ['an empty path', { files: [{ path: [], sizeBytes: 0, root: null }] }, 'badName'],
    ['an empty name', { files: [file('a//b')] }, 'badName'],
    ['a long name', { files: [file('é'.repeat(128))] }, 'badName'],
    ['a deep path', { files: [file('a/'.repeat(32) + 'b')] }, 'tooDeep'],
    ['a negative size', { files: [file('a', -1)] }, 'badFile'],
    ['a broken size', { files: [file('a', 0.5)] }, 'badFile'],
    ['a root of nothing', { files: [{ path: ['a'], sizeBytes: 0, root: rootOf('') }] }, 'badFile'],
    ['a size without root', { files: [{ path: ['a'], sizeBytes: 1, root: null }] }, 'badFile'],
    ['one root of two sizes', { files: [file('a', 1, rootOf('')), file('b', 2, rootOf(''))] }, 'rootClash'],
    ['no name', { name: '' }, 'badName'],
    ['a long share name', { name: 'x'.repeat(256) }, 'badName'],
    ['a small piece', { pieceBytes: 8_192 }, 'badPieceLength'],
    ['an odd piece', { pieceBytes: 3 * 16_384 }, 'badPieceLength'],
    ['a broken piece', { pieceBytes: 0.5 }, 'badPieceLength'],
    ['a huge piece', { pieceBytes: 2 ** 25 }, 'badPieceLength'],
    ['too many pieces', { files: [file('a', 65_536 * PIECE + 1)] }, 'tooManyPieces'],
    ['an uncountable total', { files: [file('a', 2 ** 53 - 1), file('b', 1)] }, 'tooLarge'],
  ])('refuses %s', (_, change, code) => {
    expect(createInfo({ name: 'share', files: [file('a')], pieceBytes: PIECE, ...change })).toEqual({
      ok: false,
      code,
    })
  })

  it('keeps raw names', () => {
    const names = ['..', '.', 'CON', 'a\\b', '\u202Eexe.txt', '\0', '<b>', 'e\u0301', 'é']
    const made = createInfo({ name: '../..', files: names.map((name) => file(name)), pieceBytes: PIECE })
    expect(made.ok && made.value.name).toBe('../..')
    expect(made.ok && made.value.files.map(({ path }) => path[0]).toSorted()).toEqual(names.toSorted())
  })

  it('takes the largest share that is allowed', () => {
    const files = Array.from({ length: 10_000 }, (_, i) => file(`folder ${i % 100}/file ${i}`))
    const made = createInfo({ name: 'many', files, pieceBytes: PIECE })
    expect(made.ok && made.value.files.length).toBe(10_000)
    const large = createInfo({
      name: 'a',
      files: [file('a', 2 ** 40)],
      pieceBytes: choosePieceBytes([2 ** 40]),
    })
    expect(large.ok && large.value.totalBytes).toBe(2 ** 40)
    const deep = createInfo({ name: 'a', files: [file('a/'.repeat(31) + 'b')], pieceBytes: PIECE })
    expect(deep.ok).toBe(true)
  })
})

function comparePaths(a: readonly string[], b: readonly string[]): number {
  for (const [depth, part] of a.entries()) {
    const difference = compareBytes(utf8Encode(part), utf8Encode(b[depth] ?? ''))
    if (difference !== 0) return difference
  }
  return 0
}

describe('parseInfo', () => {
  it('ignores keys that it does not know, which change the infohash all the same', () => {
    const plain = parseInfo(info())
    const hybrid = parseInfo(
      info({ pieces: new Uint8Array(20), length: 1n, private: 1n, source: utf8Encode('s') }),
    )
    if (!plain.ok || !hybrid.ok) throw new Error('refused')
    expect(hybrid.value.files).toEqual(plain.value.files)
    expect(hybrid.value.infoHash).not.toBe(plain.value.infoHash)
    expect(tree(dict({ a: dict({ '': dict({ length: 0n, attr: utf8Encode('x') }) }) }))).toBe('ok')
  })

  it('keeps a copy', () => {
    const bytes = info()
    const parsed = parseInfo(bytes)
    bytes.fill(0)
    expect(parsed.ok && parsed.value.infoBytes).toEqual(info())
  })

  it('refuses hostile dictionaries', () => {
    expect(codeOf(info())).toBe('ok')
    expect(codeOf(new Uint8Array(4 * 1024 * 1024 + 1))).toBe('tooLong')
    expect(codeOf(utf8Encode('i1e'))).toBe('notBencode')
    expect(codeOf(utf8Encode('le'))).toBe('notBencode')
    expect(codeOf(utf8Encode('d'))).toBe('notBencode')
    expect(codeOf(new Uint8Array([...info(), 0]))).toBe('notBencode')
    expect(codeOf(info({ zzz: Array.from({ length: 260_000 }, () => 0n) }))).toBe('notBencode')
    expect(codeOf(info({ 'meta version': null, pieces: new Uint8Array(20) }))).toBe('v1Only')
    expect(codeOf(info({ 'meta version': null }))).toBe('badVersion')
    expect(codeOf(info({ 'meta version': 3n }))).toBe('badVersion')
    expect(codeOf(info({ 'meta version': utf8Encode('2') }))).toBe('badVersion')
  })

  it('refuses hostile names of shares', () => {
    for (const name of [null, 1n, new Uint8Array(), Uint8Array.of(0xff), utf8Encode('x'.repeat(256))]) {
      expect(codeOf(info({ name }))).toBe('badName')
    }
  })

  it('refuses hostile piece lengths', () => {
    for (const length of [null, 0n, -16_384n, 16_383n, 49_152n, 2n ** 25n, 2n ** 62n, utf8Encode('262144')]) {
      expect(codeOf(info({ 'piece length': length }))).toBe('badPieceLength')
    }
  })

  it('refuses hostile trees', () => {
    expect(codeOf(info({ 'file tree': null }))).toBe('badTree')
    for (const node of [
      1n,
      [],
      dict({}),
      dict({ a: 1n }),
      dict({ a: dict({}) }),
      dict({ a: leaf(), b: dict({}) }),
    ]) {
      expect(tree(node)).toBe('badTree')
    }
    expect(tree(leaf())).toBe('badName')
    expect(tree(new Map([['\xff', leaf()]]))).toBe('badName')
    expect(tree(new Map([['\xc0\xaf', leaf()]]))).toBe('badName')
    expect(tree(new Map([['\xed\xa0\x80', leaf()]]))).toBe('badName')
    expect(tree(dict({ ['x'.repeat(256)]: leaf() }))).toBe('badName')
    expect(tree(dict({ a: dict({ '': dict({ length: 0n }), b: leaf() }) }))).toBe('nameClash')
    for (const broken of [
      1n,
      [],
      dict({}),
      dict({ length: 1n }),
      dict({ length: -1n }),
      dict({ length: 2n ** 60n }),
    ]) {
      expect(tree(dict({ a: dict({ '': broken }) }))).toBe('badFile')
    }
    for (const root of [1n, new Uint8Array(31), new Uint8Array(33), new Uint8Array()]) {
      expect(tree(dict({ a: leaf(1n, root) }))).toBe('badFile')
    }
    expect(tree(dict({ a: leaf(1n), b: leaf(2n) }))).toBe('rootClash')
    expect(tree(dict({ a: leaf(2n ** 53n - 1n), b: leaf(1n, new Uint8Array(32)) }))).toBe('tooLarge')
    expect(tree(dict({ a: leaf(2n ** 53n - 1n) }))).toBe('tooManyPieces')
    let deep = leaf()
    for (let i = 0; i < 32; i++) deep = dict({ a: deep })
    expect(tree(deep)).toBe('ok')
    expect(tree(dict({ a: deep }))).toBe('tooDeep')
    const many = Array.from({ length: 10_001 }, (_, i) => [key(`${i}`), leaf()] as const)
    expect(tree(new Map(many))).toBe('tooManyFiles')
  })

  it('never throws on garbage', () => {
    const good = info()
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, byte]) => good.with(at, byte)),
          fc.nat(good.length).map((end) => good.subarray(0, end)),
        ),
        (bytes) => {
          const parsed = parseInfo(bytes)
          if (parsed.ok) expect(parsed.value.infoHash).toBe(toHex(nodeSha256(bytes)))
        },
      ),
      { numRuns: 5_000 },
    )
  })
})

describe('choosePieceBytes', () => {
  it('is 256 KiB until a share has more than 65,536 pieces', () => {
    expect(choosePieceBytes([])).toBe(PIECE)
    expect(choosePieceBytes([1, 0, 5e9])).toBe(PIECE)
    expect(choosePieceBytes([65_536 * PIECE])).toBe(PIECE)
    expect(choosePieceBytes([65_536 * PIECE, 1])).toBe(2 * PIECE)
    expect(choosePieceBytes([65_536 * PIECE + 1])).toBe(2 * PIECE)
    expect(choosePieceBytes([2 ** 40])).toBe(2 ** 24)
    expect(choosePieceBytes([2 ** 50])).toBe(2 ** 24)
  })
})
