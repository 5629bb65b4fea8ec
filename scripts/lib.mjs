import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Helpers of the set-up scripts. Plain Node without packages: they run before anything is installed. */

export const root = join(import.meta.dirname, '..')

/** Ends with a message that says what to do. */
export function stop(message) {
  console.error(`\n${message}\n`)
  process.exit(1)
}

/** Runs a command with its output shown; returns its exit code. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (error !== undefined) stop(`Could not run ${command}: ${error.message}`)
  return status ?? 1
}

export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  stop(`Ringdrop needs Node 20.19 or newer; this is ${process.versions.node}. See nodejs.org.`)
}

const mtime = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0)

/** Installs packages from the lock file when they are missing or older than it. */
export function installPackages() {
  const installed = mtime(join(root, 'node_modules', '.package-lock.json'))
  if (installed >= mtime(join(root, 'package-lock.json')) && installed > 0) return
  console.log('Installing packages…')
  if (run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']) !== 0)
    stop('npm ci failed; see above.')
}

/** The newest change in a folder, generated and installed folders left out. */
function newestIn(folder) {
  let newest = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name === 'test') continue
    const path = join(folder, entry.name)
    newest = Math.max(newest, entry.isDirectory() ? newestIn(path) : mtime(path))
  }
  return newest
}

/** What the build of each part makes; all of it must be newer than the sources. */
const BUILT = {
  client: ['client/dist/index.html', 'client/cli/dist/ringdrop.js'],
  'signaling-server': ['signaling-server/dist/main.js'],
}

/** Builds client and server when their sources are newer than what was built. */
export function build() {
  const shared = newestIn(join(root, 'shared'))
  const lock = mtime(join(root, 'package-lock.json'))
  for (const [part, files] of Object.entries(BUILT)) {
    const built = Math.min(...files.map((file) => mtime(join(root, file))))
    if (built > Math.max(shared, lock, newestIn(join(root, part)))) continue
    console.log(`Building ${part}…`)
    const quiet = ['run', 'build', '--workspace', part, '--silent', '--', '--logLevel', 'warn']
    if (run('npm', quiet) !== 0) stop(`The build of ${part} failed; see above.`)
  }
}

export const isRoot = () => process.getuid?.() === 0

/** Makes sure that Debian packages are there: installs them when root, else says which are missing. */
export function needDebian(packages) {
  const missing = Object.entries(packages).filter(([, isThere]) => !isThere())
  if (missing.length === 0) return
  const names = missing.map(([name]) => name)
  if (!isRoot() || !existsSync('/usr/bin/apt-get')) {
    stop(`The tests need these packages, please install them: ${names.join(', ')}
On Debian or Ubuntu: sudo apt-get install ${names.join(' ')}`)
  }
  if (!installDebian(names)) stop(`apt-get could not install ${names.join(', ')}; see above.`)
}

/** @returns whether all of them are there now */
function installDebian(names) {
  console.log(`Installing Debian packages: ${names.join(', ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  run('apt-get', ['update', '-qq'], { env })
  return run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], { env }) === 0
}

/** Where it can be had, most specs use Chromium without a desktop's parts: the same engine, and less work for each peer. */
export function offerHeadlessShell() {
  const name = 'chromium-headless-shell'
  if (existsSync(`/usr/bin/${name}`)) return
  // Both share a package of one version: an older Chromium is renewed with it.
  if (isRoot() && existsSync('/usr/bin/apt-get') && installDebian(['chromium', name])) return
  console.log(`Without ${name} the end-to-end specs run in the whole Chromium, which takes longer.`)
}

/** What the tests need besides npm packages. */
export const TEST_PACKAGES = {
  ffmpeg: () => existsSync('/usr/bin/ffmpeg'),
  chromium: () => existsSync('/usr/bin/chromium'),
  coturn: () => existsSync('/usr/bin/turnserver'),
  iproute2: () => existsSync('/usr/sbin/ip') || existsSync('/bin/ip'),
  iptables: () => existsSync('/usr/sbin/iptables'),
  socat: () => existsSync('/usr/bin/socat'),
  'redis-server': () => existsSync('/usr/bin/redis-server'),
  caddy: () => existsSync('/usr/bin/caddy'),
  'firefox-esr': () => existsSync('/usr/bin/firefox-esr'),
  'python3-libtorrent': () => spawnSync('/usr/bin/python3', ['-c', 'import libtorrent']).status === 0,
}
