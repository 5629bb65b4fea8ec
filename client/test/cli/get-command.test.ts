import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import type * as Files from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { parseInfoHash, type InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { EXIT_CODES } from '../../src/cli/failure.ts'
import { fetchWhole, runGet, tellProgress } from '../../src/cli/get-command.ts'
import { Output } from '../../src/cli/output.ts'
import { prepareShare } from '../../src/cli/sharing.ts'
import { lonePeer, SERVER } from './lone-peer.ts'

const disk = vi.hoisted(() => ({ isFull: (_path: string): boolean => false }))

/** The disk, which can be full: files are made but can't be written to. */
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof Files>()
  const open: typeof real.open = async (...parts) => {
    const file = await real.open(...parts)
    if (!disk.isFull(String(parts[0]))) return file
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    return { writeFile: () => Promise.reject(full), close: () => file.close() } as unknown as typeof file
  }
  return { ...real, open }
})

afterEach(() => Object.assign(disk, { isFull: () => false }))

const INFO_HASH = parseInfoHash('ab'.repeat(32)) as InfoHash

/** `get` into a folder of its own; nobody runs a server. */
function startGet() {
  const root = mkdtempSync(join(tmpdir(), 'ringdrop-get-'))
  const [out, stateFolder] = [join(root, 'out'), join(root, 'state')]
  mkdirSync(out)
  const output = new Output({ write: () => true }, { write: () => true }, true, () => performance.now())
  const options = { server: SERVER, isJson: true, stateFolder }
  const command = { name: 'get', options, infoHash: INFO_HASH, out, isSeeding: false, timeoutMs: 1 } as const
  const { signal } = new AbortController()
  return { out, stateFolder, done: runGet(command, output, signal) }
}

describe('a download that finds no room for anything', () => {
  it.each([
    ['where it is to be', 'out'],
    ['where its key is to be', 'state'],
  ])('leaves nothing behind: %s', async (_, place) => {
    disk.isFull = (path) => path.includes(`/${place}/`)
    const { out, done } = startGet()
    await expect(done).rejects.toMatchObject({
      exitCode: EXIT_CODES.files,
      why: expect.stringContaining('space'),
    })
    expect(readdirSync(out)).toEqual([])
  })
})

describe('a download that is there already', () => {
  it('is checked, and how far that is is said', async () => {
    const { peer, out, output, note } = await lonePeer()
    const { signal } = new AbortController()
    writeFileSync(note, new Uint8Array(10 * 1024 * 1024))
    const { info } = await prepareShare([note], output, signal)
    const said = vi.spyOn(output, 'progress')
    const whole = await fetchWhole(
      { peer, output, signal },
      info,
      out,
      1,
      tellProgress(info.infoHash, output),
    )
    expect(whole.paths).toEqual([note])
    expect(said.mock.calls.map(([name, fields]) => [name, fields])).toEqual(
      [0.4, 0.8, 1].map((fraction) => ['checking', { infoHash: info.infoHash, fraction }]),
    )
  })
})
