import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { join } from 'node:path'
import { expect, test as base } from '@playwright/test'
import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import { freePort } from '../../signaling-server/test/free-port.ts'
import { iceServersFor, TURN_TTL_SECONDS } from '../../signaling-server/src/signaling/ice-servers.ts'
import { TurnClient, type Code, type Credentials } from './turn-client.ts'

const CONFIGURATION = join(import.meta.dirname, '../../deploy/turnserver.conf')
const SECRET = 'of-this-test-only'
const [OK, UNAUTHORIZED, FORBIDDEN, QUOTA] = [0, 401, 403, 486]
/** As in deploy/turnserver.conf. */
const USER_QUOTA = 150
const PEER = 'ab'.repeat(32) as PeerId

/** As our server hands them out, `agoSeconds` ago. */
function issued(peer = PEER, agoSeconds = 0): Credentials {
  const turn = { urls: ['turn:127.0.0.1'], secret: SECRET }
  const [server] = iceServersFor({ stunUrls: [], turn }, peer, Date.now() - agoSeconds * 1000)
  if (server?.username === undefined || server.credential === undefined) throw new Error('no credentials')
  return { username: server.username, credential: server.credential }
}

interface Fixtures {
  readonly client: (credentials: Credentials) => TurnClient
  /** Lines of the configuration that a test can't wait for at full size, as options. */
  readonly smaller: string[]
}

const test = base.extend<Fixtures>({
  smaller: [[], { option: true }],
  client: async ({ browserName: _, smaller }, use) => {
    const port = await freePort()
    const options = [`--listening-port=${String(port)}`, '--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1']
    const rest = [
      '--realm=ringdrop',
      `--static-auth-secret=${SECRET}`,
      `--pidfile=/tmp/turn-${String(port)}.pid`,
    ]
    // The configuration that is deployed; only what its own comments leave to the command line is given here.
    const turn = spawn('turnserver', ['-c', CONFIGURATION, ...options, ...rest, ...smaller], {
      stdio: 'ignore',
    })
    const clients: TurnClient[] = []
    const make = (credentials: Credentials, answerMs?: number) => {
      const client = new TurnClient(port, credentials, answerMs)
      clients.push(client)
      return client
    }
    await expect
      .poll(
        () =>
          make(issued('00'.repeat(32) as PeerId), 200)
            .allocate()
            .catch(() => null),
        { timeout: 20_000 },
      )
      .toBe(OK)
    await use(make)
    for (const client of clients) client.close()
    turn.kill('SIGKILL')
  },
})

test('coturn refuses credentials that expired, were forged or belong to somebody else', async ({
  client,
}) => {
  const [good, late] = [issued(), issued(PEER, TURN_TTL_SECONDS + 5)]
  const forged = createHmac('sha1', 'another secret').update(good.username).digest('base64')
  const longer = `${String(Math.floor(Date.now() / 1000) + 1_000_000)}:${PEER.slice(0, 16)}`
  const bad: Record<string, Credentials> = {
    expired: late,
    'signed with another secret': { ...good, credential: forged },
    'made to last longer': { username: longer, credential: good.credential },
    'of another peer': { username: good.username.replace('abab', 'cdcd'), credential: good.credential },
    'without a password': { ...good, credential: '' },
  }
  const codes: Record<string, Code> = {}
  for (const [name, credentials] of Object.entries(bad)) codes[name] = await client(credentials).allocate()
  expect(codes).toEqual(Object.fromEntries(Object.keys(bad).map((name) => [name, UNAUTHORIZED])))
  expect(await client(good).allocate()).toBe(OK)
})

/** First and last of every range that is no public host, and addresses that matter inside. */
const FORBIDDEN_V4 =
  `0.0.0.0 0.0.0.1 0.255.255.255 10.0.0.0 10.0.0.1 10.255.255.255 100.64.0.0 100.64.0.1 100.127.255.255
127.0.0.1 127.0.0.2 127.0.1.1 127.255.255.255 169.254.0.0 169.254.169.254 169.254.170.2 169.254.255.255 172.16.0.0 172.17.0.1
172.31.255.255 192.0.0.0 192.0.0.8 192.0.0.170 192.0.0.255 192.0.2.0 192.0.2.255 192.88.99.0 192.88.99.255 192.168.0.0
192.168.0.1 192.168.1.1 192.168.255.255 198.18.0.0 198.19.255.255 198.51.100.0 198.51.100.255 203.0.113.0 203.0.113.255
224.0.0.1 224.0.0.251 239.255.255.250 239.255.255.255 240.0.0.0 240.0.0.1 255.255.255.254 255.255.255.255`.split(
    /\s+/,
  )
/** In other clothes: mapped, translated, tunnelled; loopback, local and documentation. */
const FORBIDDEN_V6 =
  `::1 :: ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:192.168.1.1 ::ffff:169.254.169.254 64:ff9b::7f00:1
64:ff9b::a00:1 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1::1 2002:a00:1::1 fc00::1 fd00::1 fe80::1 ff02::1`.split(
    /\s+/,
  )
const PUBLIC = [
  '8.8.8.8',
  '1.1.1.1',
  '9.255.255.255',
  '11.0.0.0',
  '172.32.0.1',
  '192.169.0.1',
  '223.255.255.255',
]

test('coturn lets nobody reach its own host, private networks or any address that is no public host', async ({
  client,
}) => {
  const turn = client(issued())
  expect(await turn.allocate()).toBe(OK)
  const permitted: string[] = []
  for (const address of [...FORBIDDEN_V4, ...FORBIDDEN_V6])
    if ((await turn.permit(address)) === OK) permitted.push(address)
  expect(permitted).toEqual([])
  expect(await turn.permit('10.0.0.1')).toBe(FORBIDDEN)
  // What refuses everything would have passed until here.
  for (const address of PUBLIC) expect([address, await turn.permit(address)]).toEqual([address, OK])
  console.log(`${String(FORBIDDEN_V4.length + FORBIDDEN_V6.length)} addresses refused`)
})

test('allocations of one peer are counted together, however many credentials it asks for', async ({
  client,
}) => {
  const codes = new Map<Code, number>()
  for (let index = 0; index < USER_QUOTA + 20; index++) {
    // Each of another second, so that the user names differ.
    const code = await client(issued(PEER, index)).allocate()
    codes.set(code, (codes.get(code) ?? 0) + 1)
  }
  console.log(`allocations by their answers: ${JSON.stringify([...codes])}`)
  expect([...codes.keys()].sort()).toEqual([OK, QUOTA])
  expect(codes.get(OK)).toBe(USER_QUOTA)
  // And nobody else is shut out by it.
  expect(await client(issued('cd'.repeat(32) as PeerId)).allocate()).toBe(OK)
})

test.describe('when everybody together has many allocations', () => {
  // 2,000 when it is deployed.
  const TOTAL_QUOTA = 12
  test.use({ smaller: [`--total-quota=${String(TOTAL_QUOTA)}`] })

  test('coturn gives no more of them, to nobody, and those that are there stay', async ({ client }) => {
    const peers = Array.from({ length: TOTAL_QUOTA + 4 }, (_, index) =>
      client(issued(String(index).padStart(2, '0').repeat(32) as PeerId)),
    )
    const codes: Code[] = []
    for (const peer of peers) codes.push(await peer.allocate())
    // One was made by the fixture, to see that the server answers.
    expect(codes).toEqual(peers.map((_, index) => (index < TOTAL_QUOTA - 1 ? OK : QUOTA)))
    expect(await peers[0]?.permit('8.8.8.8')).toBe(OK)
  })
})

test.describe('when one allocation sends without end', () => {
  // 1,250,000 when it is deployed, and no packets to its own host.
  const BYTES_PER_SECOND = 20_000
  test.use({
    smaller: [
      `--max-bps=${String(BYTES_PER_SECOND)}`,
      '--allow-loopback-peers',
      '--allowed-peer-ip=127.0.0.1',
    ],
  })

  test('coturn passes on no more than it may, and others go on', async ({ client }) => {
    const [greedy, modest] = [client(issued()), client(issued('cd'.repeat(32) as PeerId))]
    const sink = createSocket('udp4')
    const received = { greedy: 0, modest: 0 }
    sink.on('message', (packet) => (received[packet[0] === 1 ? 'greedy' : 'modest'] += packet.length))
    await new Promise<void>((resolve) => sink.bind(0, '127.0.0.1', resolve))
    for (const each of [greedy, modest])
      expect([await each.allocate(), await each.permit('127.0.0.1')]).toEqual([OK, OK])
    const { port } = sink.address()
    const startedAt = Date.now()
    let sent = 0
    // 400 KB a second, and 2 KB a second.
    const sending = setInterval(() => {
      for (let count = 0; count < 20; count++) greedy.send('127.0.0.1', port, Buffer.alloc(1_000, 1))
      modest.send('127.0.0.1', port, Buffer.alloc(100, 2))
      sent += 20_000
    }, 50)
    await expect.poll(() => sent, { timeout: 20_000 }).toBeGreaterThan(1_200_000)
    clearInterval(sending)
    const seconds = (Date.now() - startedAt) / 1000
    sink.close()
    console.log(`${String(sent)} bytes sent in ${seconds.toFixed(1)} s, ${String(received.greedy)} passed on`)
    expect(received.greedy).toBeGreaterThan(BYTES_PER_SECOND)
    expect(received.greedy).toBeLessThan(BYTES_PER_SECOND * (seconds + 2))
    expect(received.modest).toBeGreaterThan(1_000)
  })
})
