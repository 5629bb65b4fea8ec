import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { root } from './lib.mjs'

/**
 * `npm run planted`: puts known mistakes into the sources, one at a time and in memory only, and expects the tests to
 * turn red. `npm run planted -- WORDS` takes only bugs whose name has these words. Prints how many were caught.
 */
const { PLANTED_BUGS } = await import(join(root, 'shared/test/planted/bugs.ts'))

/** Longer than any of the tests takes on a busy machine. */
const HANGS_MS = 240_000

/** @returns `caught` and by which file, `missed`, or `broken` when the tests did not even run. */
function tryBug(number, { tests }) {
  const folder = mkdtempSync(join(tmpdir(), 'planted-'))
  const report = join(folder, 'report.json')
  const options = [
    '--config',
    'shared/test/planted/vitest.config.ts',
    '--bail',
    '1',
    '--reporter=json',
    `--outputFile=${report}`,
  ]
  const child = spawn('npx', ['vitest', 'run', ...options, ...tests.map((each) => `shared/test/${each}`)], {
    cwd: root,
    env: { ...process.env, PLANTED: String(number) },
    stdio: 'ignore',
    // A group of its own, to be killed with everything that it started.
    detached: true,
  })
  // A mistake that makes a core spin shows itself by that; the test run can't end it.
  const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), HANGS_MS)
  return new Promise((resolve) => {
    child.on('exit', (_, signal) => {
      clearTimeout(timer)
      if (signal === 'SIGKILL') return resolve({ outcome: 'caught', by: 'it hangs' })
      try {
        const { testResults, numFailedTests, numPassedTests } = JSON.parse(readFileSync(report, 'utf8'))
        const red = testResults.find(({ assertionResults }) =>
          assertionResults.some(({ status }) => status === 'failed'),
        )
        if (numFailedTests > 0) resolve({ outcome: 'caught', by: relative(root, red?.name ?? '') })
        else
          resolve({
            outcome:
              testResults.some(({ status }) => status === 'failed') || numPassedTests === 0
                ? 'broken'
                : 'missed',
          })
      } catch {
        resolve({ outcome: 'broken' })
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    })
  })
}

const words = process.argv.slice(2).join(' ')
const waiting = PLANTED_BUGS.map((bug, number) => ({ bug, number })).filter(({ bug }) =>
  bug.name.includes(words),
)
const total = { caught: 0, missed: 0 }
async function work() {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { outcome, by } = await tryBug(next.number, next.bug)
    total[outcome === 'caught' ? 'caught' : 'missed'] += 1
    console.log(`${outcome}: ${next.bug.name}${by === undefined ? '' : ` (${by})`}`)
  }
}
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work))
console.log(`${total.caught} of ${total.caught + total.missed} planted bugs caught`)
process.exitCode = total.missed > 0 ? 1 : 0
