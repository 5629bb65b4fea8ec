import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { TestServer } from '../fixtures/server.ts'
import { benchCrowd } from './crowd.ts'
import { benchDirectory } from './directory.ts'
import { benchHidden } from './hidden.ts'
import { benchMemory } from './memory.ts'
import { benchMesh } from './mesh.ts'
import { Report } from './report.ts'
import { benchResponsiveness } from './responsiveness.ts'
import { benchServer } from './server.ts'
import { benchSwarm } from './swarm.ts'
import { benchTransfer } from './transfer.ts'
import { benchWebtorrent } from './webtorrent.ts'

const USAGE = `npm run bench -- transfer|swarm|webtorrent|memory|hidden|responsiveness|mesh|directory|server|crowd [--json] [--rounds N] [--mib N]
  transfer  64 MiB from one browser to another against a bare data channel, 10 rounds; --threads: costs by kind of thread
  swarm     1 seed and 8 leechers with capped uplinks; 1 to 4 without, --fanout-mib to each
  webtorrent  --runs 10 --swarms 3: 64 MiB one to one, 16 MiB one to eight, against WebTorrent, which is fetched when it is first needed
  memory    JavaScript heap during a transfer of 2 GiB
  hidden    32 MiB with both tabs hidden against both visible, built app, 4 rounds; --hidden-for seconds beforehand
  responsiveness  long tasks of both pages of the built app while sharing and during 64 MiB, 3 rounds; --files 2000: in so many files; --folder: in a folder that is dropped
  mesh      links without a server, closed and silent tabs, idle traffic, constructions; --rounds replacements
  crowd     --peers 200: real peers without browsers, in a few processes: connect, share, search, download
  server    announces and relays by one core of the server, memory of idle sockets; --sockets 10000; --redis: two servers
  directory --files 1000000: queries and removals in the directory's core`

const MiB = 1024 * 1024
/** Chromium throttles the timers of a hidden tab at once, and its CPU time after 10 s. */
const HIDDEN_FOR_SECONDS = 11
const SWARM_BYTES = 16 * MiB
const client = join(import.meta.dirname, '../../client')

function build(...options: string[]): void {
  const args = ['vite', 'build', ...options, '--logLevel', 'warn']
  // Standard output is for the figures.
  if (spawnSync('npx', args, { cwd: client, stdio: ['inherit', 2, 'inherit'] }).status !== 0)
    throw new Error('the build failed')
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    runs: { type: 'string' },
    swarms: { type: 'string' },
    mib: { type: 'string' },
    'fanout-mib': { type: 'string' },
    files: { type: 'string' },
    folder: { type: 'boolean', default: false },
    peers: { type: 'string' },
    'hidden-for': { type: 'string' },
    sockets: { type: 'string' },
    redis: { type: 'boolean', default: false },
    threads: { type: 'boolean', default: false },
  },
})
const report = new Report(values.json)
const count = (text: string | undefined, fallback: number): number =>
  text === undefined ? fallback : Number(text)

/** Benchmarks that need the bench page and real browsers. */
async function inBrowsers(what: string | undefined): Promise<void> {
  build('--config', 'bench/vite.config.ts')
  const server = await TestServer.start({ CLIENT_DIR: join(client, 'bench/dist') })
  try {
    if (what === 'transfer')
      await benchTransfer(
        server.url,
        count(values.rounds, 10),
        count(values.mib, 64) * MiB,
        values.threads,
        report,
      )
    else if (what === 'swarm') {
      const [runs, bytes] = [count(values.rounds, 3), count(values.mib, 16) * MiB]
      const fanoutBytes = count(values['fanout-mib'], bytes / MiB) * MiB
      await benchSwarm(server.url, { runs, bytes, fanoutBytes }, report)
    } else if (what === 'webtorrent') {
      const [runs, swarms] = [count(values.runs, 10), count(values.swarms, 3)]
      const bytes = count(values.mib, 64) * MiB
      await benchWebtorrent(server.url, { runs, swarms, bytes, swarmBytes: SWARM_BYTES }, report)
    } else if (what === 'mesh') await benchMesh(server, count(values.rounds, 12), report)
    else await benchMemory(server.url, count(values.mib, 2048) * MiB, report)
  } finally {
    await server.kill()
  }
}

/** Benchmarks of the built app. */
async function inApp(what: 'hidden' | 'responsiveness'): Promise<void> {
  build()
  const server = await TestServer.start()
  try {
    const bytes = (fallback: number) => count(values.mib, fallback) * MiB
    if (what === 'hidden') {
      const hiddenForMs = count(values['hidden-for'], HIDDEN_FOR_SECONDS) * 1000
      await benchHidden(server.url, count(values.rounds, 4), bytes(32), hiddenForMs, report)
    } else {
      const load = { bytes: bytes(64), files: count(values.files, 1), isDropped: values.folder }
      await benchResponsiveness(server.url, count(values.rounds, 3), load, report)
    }
  } finally {
    await server.kill()
  }
}

/** Peers in processes of their own, against the built server. */
async function inProcesses(): Promise<void> {
  const server = await TestServer.start()
  try {
    await benchCrowd(server, count(values.peers, 200), report)
  } finally {
    await server.kill()
  }
}

/** Benchmark of the server alone, as it is built. */
async function ofServer(): Promise<void> {
  const args = ['run', 'build', '-w', 'signaling-server', '--silent', '--', '--logLevel', 'warn']
  const cwd = join(client, '..')
  if (spawnSync('npm', args, { cwd, stdio: ['inherit', 2, 'inherit'] }).status !== 0)
    throw new Error('the build failed')
  const idle = values.redis ? 0 : count(values.sockets, 10_000)
  const options = { rounds: count(values.rounds, 3), clients: 500, idle, isShared: values.redis }
  await benchServer(options, report)
}

const [what] = positionals
if (what === 'directory') benchDirectory(count(values.files, 1_000_000), report)
else if (what === 'crowd') await inProcesses()
else if (what === 'server') await ofServer()
else if (what === 'hidden' || what === 'responsiveness') await inApp(what)
else if (['transfer', 'swarm', 'webtorrent', 'memory', 'mesh'].includes(what ?? '')) await inBrowsers(what)
else console.log(USAGE)
