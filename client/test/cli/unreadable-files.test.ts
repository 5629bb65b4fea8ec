import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import type * as Files from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { pickPaths } from '../../src/adapters/node/picked-paths.ts'
import { EXIT_CODES } from '../../src/cli/failure.ts'
import { Output } from '../../src/cli/output.ts'
import { run } from '../../src/cli/run.ts'
import { prepareShare } from '../../src/cli/sharing.ts'
import { SERVER } from './lone-peer.ts'

/** As the system answers whoever may not read a file; the superuser always may. */
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof Files>()
  const open: typeof real.open = (path, ...rest) =>
    String(path).includes('secret')
      ? Promise.reject(Object.assign(new Error('permission denied'), { code: 'EACCES' }))
      : real.open(path, ...rest)
  return { ...real, open }
})
/** Nobody needs to be found. */
vi.mock('../../src/cli/server-gate.ts', () => ({ untilConnected: () => Promise.resolve() }))

const { signal } = new AbortController()

/** A folder with so many files that can be read, and so many that can't. */
function folderWith(plain: number, secret: number): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'ringdrop-unreadable-')), 'picked')
  mkdirSync(join(folder, 'sub'), { recursive: true })
  for (let each = 1; each <= plain; each++) writeFileSync(join(folder, `sub/plain ${String(each)}`), 'a')
  for (let each = 1; each <= secret; each++) writeFileSync(join(folder, `secret ${String(each)}`), 'b')
  return folder
}

/** Shares a folder, and ends that as soon as it is shared. */
async function share(folder: string) {
  const said: string[] = []
  const ending = new AbortController()
  const write = (text: string) => {
    said.push(text)
    if (text.includes('"shared"')) ending.abort(new Error('SIGINT'))
  }
  const code = await run({
    args: ['share', folder, '--json', '--state', join(folder, '../state'), '--server', SERVER],
    env: {},
    home: folder,
    out: { write },
    err: { write },
    signal: ending.signal,
    flush: () => Promise.resolve(),
  })
  return { code, events: said.map((line): Record<string, unknown> => JSON.parse(line)) }
}

describe('a file that can’t be read', () => {
  it('is left out, and the others are shared', async () => {
    const folder = folderWith(2, 1)
    const picked = await pickPaths([folder])
    if (!picked.ok) throw new Error(picked.because)
    expect(picked.files).toHaveLength(2)
    expect(picked.skipped).toEqual([{ path: join(folder, 'secret 1'), because: 'unreadable' }])
  })

  it('is refused where it was named by itself', async () => {
    const path = join(folderWith(0, 1), 'secret 1')
    expect(await pickPaths([path])).toEqual({ ok: false, path, because: 'unreadable' })
  })

  it('is named, and the exit code tells of it though the share was ended in order', async () => {
    const folder = folderWith(1, 2)
    const { code, events } = await share(folder)
    expect(code).toBe(EXIT_CODES.files)
    expect(events.filter(({ event }) => event === 'skipped')).toHaveLength(2)
    expect(events.at(-1)).toMatchObject({
      event: 'failed',
      code: 'files',
      exitCode: EXIT_CODES.files,
      what: 'The share lacks 2 files or folders of what was named.',
      why: expect.stringContaining('secret 1'),
    })
    expect((await share(folderWith(1, 0))).code).toBe(EXIT_CODES.done)
  })

  it('is told from a folder without files', async () => {
    await expect(share(folderWith(0, 1))).resolves.toMatchObject({ code: EXIT_CODES.files })
    const { events } = await share(folderWith(0, 1))
    expect(events.at(-1)).toMatchObject({ event: 'failed', why: 'None of its files can be read.' })
  })

  it('is one of many of which people are told some', async () => {
    const lines: string[] = []
    const stream = { write: (text: string) => lines.push(text) }
    const output = new Output(stream, stream, false, () => performance.now())
    const made = await prepareShare([folderWith(1, 25)], output, signal)
    expect(made.unreadable).toHaveLength(25)
    expect(lines.filter((line) => line.startsWith('Left out: /'))).toHaveLength(20)
    expect(lines).toContain('Left out: 5 more.\n')
  })
})
