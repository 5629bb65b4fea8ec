import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeBencode, encodeBencode, isDict } from '../../src/content/bencode.ts'
import { fileRootOf, merkleRoot, pieceLayer } from '../../src/content/merkle.ts'
import { createInfo, parseInfo, type ShareFile } from '../../src/content/metainfo.ts'
import { exportTorrent, importTorrent } from '../../src/content/torrent-file.ts'
import { concatBytes } from '../../src/kernel/bytes.ts'
import type { FileRoot } from '../../src/kernel/ids.ts'
import { blockHashes } from './naive-merkle.ts'

interface OracleCase {
  case: string
  name: string
  infoHash: string
  pieceBytes: number
  files: { path: string; sizeBytes: number; root: string }[]
}

const script = new URL('../oracle/make-torrents.py', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'ringdrop-libtorrent-'))
let cases: OracleCase[] = []

const ANY = { maxBytes: 2 ** 24, maxDepth: 100, maxElements: 100_000 }
const ZERO_ROOT = '0'.repeat(64)

beforeAll(() => {
  // Debian's Python has Debian's libtorrent; another `python3` in PATH has not.
  const run = spawnSync('/usr/bin/python3', [script, folder], { encoding: 'utf8' })
  if (run.status !== 0) {
    throw new Error(
      `the oracle needs /usr/bin/python3 with python3-libtorrent: ${run.stderr || run.error?.message}`,
    )
  }
  cases = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as OracleCase[]
}, 60_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The share of a case, made by us from the files on disk. */
function ours(oracle: OracleCase): {
  files: ShareFile[]
  pieceLayers: Map<FileRoot, Uint8Array<ArrayBuffer>>
} {
  const pieceLayers = new Map<FileRoot, Uint8Array<ArrayBuffer>>()
  const files = oracle.files.map(({ path }): ShareFile => {
    const bytes = readFileSync(join(folder, oracle.case, 'content', path))
    const isSingle = path === oracle.name
    const parts = isSingle ? [oracle.name] : path.split('/').slice(1)
    if (bytes.length === 0) return { path: parts, sizeBytes: 0, root: null }
    const leaves = concatBytes(blockHashes(bytes))
    const root = fileRootOf(merkleRoot(leaves))
    if (bytes.length > oracle.pieceBytes)
      pieceLayers.set(root, pieceLayer(leaves, oracle.pieceBytes / 16_384))
    return { path: parts, sizeBytes: bytes.length, root }
  })
  return { files, pieceLayers }
}

describe('against libtorrent', () => {
  it('has the cases that matter', () => {
    expect(cases.length).toBeGreaterThanOrEqual(12)
    const sizes = cases.flatMap((oracle) => oracle.files.map((file) => file.sizeBytes))
    expect(Math.max(...sizes)).toBeGreaterThan(2 * 8 * 1024 * 1024)
    expect(sizes).toContain(0)
  })

  it('makes the same info dictionary, infohash, roots and order from the same files', () => {
    for (const oracle of cases) {
      const theirs = readFileSync(join(folder, oracle.case, 'case.torrent'))
      const { files } = ours(oracle)
      // The order in which files are found on disk must not matter.
      const info = createInfo({ name: oracle.name, files: files.toReversed(), pieceBytes: oracle.pieceBytes })
      if (!info.ok) throw new Error(`${oracle.case}: ${info.code}`)
      expect(info.value.infoHash, oracle.case).toBe(oracle.infoHash)
      const at = theirs.indexOf(Buffer.from('4:info')) + 6
      expect(
        theirs.subarray(at, at + info.value.infoBytes.length).equals(info.value.infoBytes),
        oracle.case,
      ).toBe(true)
      const listed = info.value.files.map((file) => ({
        path: info.value.isSingleFile ? file.path.join('/') : [oracle.name, ...file.path].join('/'),
        sizeBytes: file.sizeBytes,
        root: file.root ?? ZERO_ROOT,
      }))
      expect(listed, oracle.case).toEqual(oracle.files)
      expect(info.value.isSingleFile).toBe(oracle.case.startsWith('single'))
    }
  }, 60_000)

  it('exports the same info and piece layers', () => {
    for (const oracle of cases) {
      const { files, pieceLayers } = ours(oracle)
      const info = createInfo({ name: oracle.name, files, pieceBytes: oracle.pieceBytes })
      if (!info.ok) throw new Error(info.code)
      const theirs = decodeBencode(readFileSync(join(folder, oracle.case, 'case.torrent')), ANY)
      if (!theirs.ok || !isDict(theirs.value)) throw new Error('libtorrent wrote no dictionary')
      const kept = new Map([...theirs.value].filter(([key]) => key === 'info' || key === 'piece layers'))
      expect(exportTorrent(info.value, pieceLayers), oracle.case).toEqual(encodeBencode(kept))
    }
  }, 60_000)

  it('imports the torrent that libtorrent wrote', () => {
    for (const oracle of cases) {
      const torrent = importTorrent(readFileSync(join(folder, oracle.case, 'case.torrent')))
      if (!torrent.ok) throw new Error(`${oracle.case}: ${torrent.code}`)
      expect(torrent.value.info.infoHash).toBe(oracle.infoHash)
      expect(torrent.value.info.name).toBe(oracle.name)
      expect(torrent.value.pieceLayers).toEqual(ours(oracle).pieceLayers)
      expect(parseInfo(torrent.value.info.infoBytes)).toEqual({ ok: true, value: torrent.value.info })
    }
  }, 60_000)
})
