import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import {
  build,
  checkNode,
  installPackages,
  isRoot,
  needDebian,
  offerHeadlessShell,
  root,
  run,
  stop,
  TEST_PACKAGES,
} from './lib.mjs'

/**
 * `npm test`: installs what is missing and runs everything: checks, unit tests and simulations, contract
 * suites in a real browser, end-to-end specs. Ends with one plain line of counts over all suites.
 */
const results = join(root, '.cache')
const total = { passed: 0, failed: 0, skipped: 0 }
let isRed = false
/** Names of what failed, said again at the end: logs are long, and often only their end is kept. */
const failures = []

function read(file) {
  const path = join(results, file)
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null
}

function suite(name, [command, ...args]) {
  console.log(`\n== ${name}`)
  const started = Date.now()
  report(name, run(command, args, { env: process.env }), started)
}

function report(name, code, started) {
  if (code !== 0) {
    isRed = true
    failures.push(`${name}: exit ${code}`)
  }
  console.log(
    `== ${name}: ${code === 0 ? 'ok' : `exit ${code}`}, ${Math.round((Date.now() - started) / 1000)} s`,
  )
}

/** In the time that others leave: what measures and waits is not to notice. */
const idly = (command) =>
  existsSync('/usr/bin/chrt') ? ['chrt', '-i', '0', ...command] : ['nice', '-n', '19', ...command]

/**
 * Runs beside others.
 * @returns what waits for its end and prints it
 */
function beside(name, [command, ...args], env = {}) {
  const started = Date.now()
  const log = join(results, `${name.replace(/\W+/g, '-')}.log`)
  const out = openSync(log, 'w')
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', out, out],
    env: { ...process.env, ...env },
  })
  const ended = new Promise((resolve) => {
    child.once('error', () => resolve(1))
    child.once('exit', (code) => resolve(code ?? 1))
  })
  return async () => {
    const code = await ended
    console.log(`\n== ${name}\n${readFileSync(log, 'utf8')}`)
    report(name, code, started)
  }
}

function addVitest(file) {
  const report = read(file)
  if (report === null) return void (total.failed += 1)
  total.passed += report.numPassedTests
  total.failed += report.numFailedTests
  total.skipped += report.numPendingTests + (report.numTodoTests ?? 0)
  for (const { name, message, assertionResults } of report.testResults) {
    const failed = assertionResults.filter(({ status }) => status === 'failed')
    for (const { fullName, failureMessages } of failed) addFailure(name, fullName, failureMessages[0])
    if (failed.length === 0 && message) addFailure(name, 'the file itself', message)
  }
}

function addFailure(file, test, message = '') {
  failures.push(`${relative(root, file)} > ${test}\n${message.split('\n').slice(0, 12).join('\n')}`)
}

function addPlaywright(file) {
  const report = read(file)
  if (report === null) return void (total.failed += 1)
  total.passed += report.stats.expected
  total.failed += report.stats.unexpected + report.stats.flaky
  total.skipped += report.stats.skipped
  const visit = ({ suites = [], specs = [] }) => {
    for (const { ok, file, title, tests } of specs)
      if (!ok) {
        const results = tests.flatMap(({ results }) => results)
        addFailure(file, title, results.find(({ error }) => error)?.error.message)
      }
    suites.forEach(visit)
  }
  visit(report)
}

checkNode()
if (!process.argv.includes('--no-install')) {
  installPackages()
  needDebian(TEST_PACKAGES)
  offerHeadlessShell()
}
rmSync(results, { recursive: true, force: true })
mkdirSync(results, { recursive: true })
const vitest = ['npx', 'vitest', 'run', '--reporter=default', '--reporter=json']
suite('unit tests, simulations, contracts in Chromium', [...vitest, '--outputFile.json=.cache/vitest.json'])
addVitest('vitest.json')
build()
const playwright = (config, ...args) => ['npx', 'playwright', 'test', '--config', config, ...args]
const specs = (project) => playwright('e2e/playwright.config.ts', '--project', project)
const endOfStatic = beside('format, lint, types', idly(['npm', 'run', '--silent', 'check:static']))
suite('end to end', specs('specs'))
addPlaywright('e2e.json')
// Routers, the dead and the sleeping are waited for at times: side by side they take 750 s instead of some 870.
const endOfPatient = beside('end to end, what waits', specs('patient'), {
  E2E_REPORT: 'patient',
})
if (isRoot()) {
  suite('over routers, relays and a full disk', playwright('e2e/nat/playwright.config.ts'))
  addPlaywright('nat.json')
} else {
  console.log(
    '\n== over routers, relays and a full disk: skipped, since network namespaces and mounts need root',
  )
  total.skipped += 1
}
await endOfPatient()
addPlaywright('patient.json')
await endOfStatic()
if (failures.length > 0) console.log(`\n== what failed\n${failures.join('\n\n')}`)
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
if (isRed || total.failed > 0) stop('Something failed; see above.')
if (total.passed === 0) stop('No test ran.')
