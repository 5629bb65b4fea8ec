import { spawn, type StdioOptions } from 'node:child_process'
import { existsSync, mkdtempSync, openSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CliFailure, endedBy, OutputRefused } from '../../src/cli/failure.ts'
import { run } from '../../src/cli/run.ts'

const ENTRY = join(import.meta.dirname, '../../src/cli/ringdrop.ts')
/** A server that nobody runs: what is to end does so before that is found out. */
const NOWHERE = ['--server', 'http://127.0.0.1:1']

/** The command in a process of its own, whose output nobody reads, or which goes to a full disk. */
async function runTo(sink: 'nobody' | 'fullDisk', args: readonly string[]) {
  const stdio: StdioOptions = ['ignore', sink === 'nobody' ? 'pipe' : openSync('/dev/full', 'w'), 'pipe']
  const child = spawn(process.execPath, ['--import', 'tsx', ENTRY, ...args], { stdio })
  child.stdout?.destroy()
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, said }
}

describe('a command whose output is refused', () => {
  it.each([
    ['nobody', 130],
    ['fullDisk', 6],
  ] as const)('ends in order and says so: %s', async (sink, expected) => {
    const root = mkdtempSync(join(tmpdir(), 'ringdrop-output-'))
    const [out, state] = [join(root, 'out'), join(root, 'state')]
    const link = 'ab'.repeat(32)
    const args = ['get', link, '--out', out, '--state', state, '--json', ...NOWHERE]
    expect((await runTo(sink, args)).code).toBe(expected)
    expect(existsSync(join(state, 'peers/1/key.json'))).toBe(true)
    expect(readdirSync(join(state, 'peers/1'))).not.toContain('lock')
    expect(readdirSync(out, { recursive: true }).filter((name) => String(name).endsWith('.lock'))).toEqual([])
  })

  it.each([
    ['nobody', 130],
    ['fullDisk', 6],
  ] as const)('is not done, though nothing is left to do: %s', async (sink, expected) => {
    const { code, said } = await runTo(sink, ['--help'])
    expect(code).toBe(expected)
    expect(said).toMatch(/^Stopped.*\n {2}Why: .+\n {2}Next: .+\n$/)
  })
})

it.each([
  ['Ctrl-C', new Error('SIGINT'), 130],
  ['a broken pipe', new OutputRefused(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })), 130],
  ['a full disk', new OutputRefused(Object.assign(new Error('no space left'), { code: 'ENOSPC' })), 6],
])('a command that is ended by %s has its exit code', (_, reason, expected) => {
  const failure = endedBy(reason)
  expect(failure).toBeInstanceOf(CliFailure)
  expect(failure.exitCode).toBe(expected)
})

it('a command that fails ends when its last word is on its way, as the process does not wait for that', async () => {
  const said: string[] = []
  const write = (text: string) => said.push(text)
  const code = await run({
    args: ['fetch', '--json'],
    env: {},
    home: '/home/me',
    out: { write },
    err: { write },
    signal: new AbortController().signal,
    flush: () => Promise.resolve(void write('flushed')),
  })
  expect(code).toBe(2)
  expect(said).toEqual([expect.stringContaining('"failed"'), 'flushed'])
})
