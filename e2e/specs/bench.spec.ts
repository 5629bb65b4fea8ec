import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from '@playwright/test'

test('the benchmark page shares, downloads and checks under the policy that the server sets for pages', async () => {
  const args = ['run', '--silent', 'bench', '--', 'transfer', '--json', '--rounds', '1', '--mib', '1']
  const { stdout } = await promisify(execFile)('npm', args, { cwd: join(import.meta.dirname, '../..') })
  const summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>
  expect(summary).toMatchObject({ summary: true, rounds: 1, sha256Ok: true })
})
