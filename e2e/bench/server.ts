import { readFileSync } from 'node:fs'
import { createRng } from '@ringdrop/shared/kernel/rng.ts'
import { toHex } from '@ringdrop/shared/kernel/bytes.ts'
import { RedisProcess } from '../../signaling-server/test/redis-process.ts'
import { TestServer } from '../fixtures/server.ts'
import { LoadClient } from './load-client.ts'
import { median, round, type Report } from './report.ts'

export interface ServerBenchOptions {
  readonly rounds: number
  /** Sockets for announces and relays; their bursts are what is sent, so that no limit has to be off. */
  readonly clients: number
  /** Sockets that only stay open. */
  readonly idle: number
  /** Two servers that share a Redis; announces and relays go across. */
  readonly isShared: boolean
}

/** Within the burst of a socket: 100 announces, 200 signals. */
const ANNOUNCES_EACH = 65
/** Before anything is measured, so that the server's code is compiled: a server runs for weeks. */
const WARM_UP_EACH = 30
const RELAYS_EACH = 180
const AT_ONCE = 5
/** Peers in a swarm, most of which fit into an answer. */
const SWARM = 25
/** Between an offer (about 1.5 KB) and a candidate (about 0.4 KB). */
const PAYLOAD = 'x'.repeat(600)
/** Clock ticks a second in /proc (`getconf CLK_TCK`). */
const TICKS = 100
const JOINED_AT_ONCE = 50
const KiB = 1024

/** CPU seconds of a process, all threads. */
function cpuSeconds(pid: number): number {
  const fields =
    readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

function residentKib(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1])
}

interface Running {
  readonly servers: readonly TestServer[]
  readonly redis: RedisProcess | null
}

async function start(isShared: boolean): Promise<Running> {
  const redis = isShared ? await RedisProcess.start() : null
  const env = redis === null ? {} : { REDIS_URL: redis.url }
  const servers = [await TestServer.start(env), ...(isShared ? [await TestServer.start(env)] : [])]
  return { servers, redis }
}

async function stop({ servers, redis }: Running): Promise<void> {
  await Promise.all(servers.map((server) => server.kill()))
  await redis?.close()
}

/** Clients on the servers in turn. */
async function joinAll(servers: readonly TestServer[], count: number): Promise<LoadClient[]> {
  const clients: LoadClient[] = []
  while (clients.length < count) {
    const some = Array.from({ length: Math.min(JOINED_AT_ONCE, count - clients.length) }, (_, at) =>
      LoadClient.join(servers[at % servers.length]?.port ?? 0),
    )
    clients.push(...(await Promise.all(some)))
  }
  return clients
}

interface Cost {
  /** Of one server's CPU time. */
  readonly perSecond: number
  readonly wallPerSecond: number
  readonly redisMicroseconds: number
}

/** What the servers and Redis spend while something runs, for each of so many requests. */
async function measure(running: Running, requests: number, run: () => Promise<void>): Promise<Cost> {
  const { servers, redis } = running
  const spent = () => servers.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0)
  const redisSpent = () => (redis === null ? 0 : cpuSeconds(redis.pid))
  const before = { servers: spent(), redis: redisSpent(), at: performance.now() }
  await run()
  const seconds = (performance.now() - before.at) / 1000
  return {
    perSecond: requests / (spent() - before.servers),
    wallPerSecond: requests / seconds,
    redisMicroseconds: ((redisSpent() - before.redis) * 1e6) / requests,
  }
}

async function load(options: ServerBenchOptions): Promise<{ announces: Cost; relays: Cost }> {
  const running = await start(options.isShared)
  try {
    const rng = createRng(1)
    const clients = await joinAll(running.servers, options.clients)
    const swarms = Array.from({ length: Math.ceil(clients.length / SWARM) }, () => toHex(rng.bytes(32)))
    const announce = (): string => {
      const infoHash = swarms[rng.below(swarms.length)]
      const figures = { left: rng.below(2) * 1000, uploaded: 0, downloaded: 0, numWant: 50 }
      return `["announce",${JSON.stringify({ infoHash, event: 'update', ...figures })}]`
    }
    const announceBy = (each: number) => clients.map(() => Array.from({ length: each }, announce))
    await askAll(clients, announceBy(WARM_UP_EACH))
    const announces = announceBy(ANNOUNCES_EACH)
    const announceCost = await measure(running, clients.length * ANNOUNCES_EACH, () =>
      askAll(clients, announces),
    )
    const signals = clients.map(({ id, key }) =>
      Array.from({ length: RELAYS_EACH }, () => {
        const to = clients[rng.below(clients.length)]?.id ?? id
        const head = { v: 1, kind: 'candidate', to, from: id, key, sid: 'ab'.repeat(16), expiry: 2e12 }
        const envelope = { ...head, payload: PAYLOAD, signature: '00'.repeat(64), route: [] }
        return `["signal",${JSON.stringify(envelope)}]`
      }),
    )
    const total = clients.length * RELAYS_EACH
    const relayCost = await measure(running, total, async () => {
      await askAll(clients, signals)
      const delivered = () => clients.reduce((sum, client) => sum + client.delivered, 0)
      // What went through Redis may still be on its way.
      while (delivered() < total) await new Promise((resolve) => setImmediate(resolve))
    })
    const refused = clients.reduce((sum, client) => sum + client.refused, 0)
    if (refused > 0) throw new Error(`${String(refused)} requests were refused`)
    return { announces: announceCost, relays: relayCost }
  } finally {
    await stop(running)
  }
}

async function askAll(clients: readonly LoadClient[], requests: readonly string[][]): Promise<void> {
  await Promise.all(clients.map((client, at) => client.ask(requests[at] ?? [], AT_ONCE)))
}

/** Memory of a server with so many identified sockets that do nothing. */
async function idleSockets(count: number): Promise<{ kibPerSocket: number; residentMiB: number }> {
  const running = await start(false)
  const [server] = running.servers
  try {
    if (server === undefined) throw new Error('no server')
    await joinAll(running.servers, 20)
    const before = residentKib(server.pid)
    await joinAll(running.servers, count - 20)
    const after = residentKib(server.pid)
    return { kibPerSocket: (after - before) / (count - 20), residentMiB: after / KiB }
  } finally {
    await stop(running)
  }
}

/**
 * What one core of a server does, with validation and all limits on: requests over the CPU seconds that the server
 * spent on them, all its threads together, since the load shares the machine with it.
 */
export async function benchServer(options: ServerBenchOptions, report: Report): Promise<void> {
  const runs: { announces: Cost; relays: Cost }[] = []
  for (let at = 0; at < options.rounds; at++) {
    const run = await load(options)
    runs.push(run)
    const { announces, relays } = run
    report.row({
      round: at + 1,
      announcesPerSecond: round(announces.perSecond),
      announcesPerWallSecond: round(announces.wallPerSecond),
      relaysPerSecond: round(relays.perSecond),
      relaysPerWallSecond: round(relays.wallPerSecond),
    })
  }
  const redis = {
    redisMicrosecondsPerAnnounce: round(median(runs.map((run) => run.announces.redisMicroseconds))),
    redisMicrosecondsPerRelay: round(median(runs.map((run) => run.relays.redisMicroseconds))),
  }
  const idle = options.idle === 0 ? null : await idleSockets(options.idle)
  report.summary({
    servers: options.isShared ? 2 : 1,
    announcesPerSecond: round(median(runs.map((run) => run.announces.perSecond))),
    relaysPerSecond: round(median(runs.map((run) => run.relays.perSecond))),
    ...(options.isShared ? redis : {}),
    ...(idle === null
      ? {}
      : {
          idleSockets: options.idle,
          kibPerSocket: round(idle.kibPerSocket),
          residentMiB: round(idle.residentMiB),
        }),
  })
}
