import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { EXIT_CODES } from '../../src/cli/failure.ts'
import { run } from '../../src/cli/run.ts'
import { SERVER } from './lone-peer.ts'

/** Runs a command with a state folder that can't be made, since a file lies in its way: that stops the superuser as well. */
async function runIn(state: string, ...args: string[]) {
  const said: string[] = []
  const write = (text: string) => said.push(text)
  const code = await run({
    args: [...args, '--json', '--state', state],
    env: {},
    home: tmpdir(),
    out: { write },
    err: { write },
    signal: new AbortController().signal,
    flush: () => Promise.resolve(),
  })
  return { code, last: JSON.parse(said.at(-1) ?? '{}') as Record<string, unknown> }
}

const fresh = () => mkdtempSync(join(tmpdir(), 'ringdrop-state-'))

it('a node says which state folder can’t be used, and what to do', async () => {
  const folder = fresh()
  writeFileSync(join(folder, 'file'), '')
  const state = join(folder, 'file/state')
  const out = join(folder, 'out')
  const { code, last } = await runIn(state, 'node', '--out', out, '--server', SERVER)
  expect(code).toBe(EXIT_CODES.files)
  expect(last['what']).toContain(state)
  expect(last['next']).toContain('--state DIR')
})

it('the same when only what the node remembers can’t be written', async () => {
  const state = fresh()
  // Files of a folder that is a file.
  writeFileSync(join(state, 'node'), '')
  mkdirSync(join(state, 'out'))
  const { code, last } = await runIn(
    state,
    ...['node', join(state, 'out'), '--out', join(state, 'out'), '--server', SERVER],
  )
  expect([code, last['what']]).toEqual([EXIT_CODES.files, expect.stringContaining(state)])
})
