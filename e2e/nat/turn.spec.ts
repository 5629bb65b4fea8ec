import { createHmac } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parsePeerId } from '@ringdrop/shared/kernel/ids.ts'
import { iceServersFor } from '../../signaling-server/src/signaling/ice-servers.ts'
import { scratch } from '../fixtures/files.ts'
import { expect, test } from './fixtures.ts'
import { SERVER_ADDRESS, type Internet } from './internet.ts'

const SECRET = 'of-this-spec-only'
/** Beside the relay of the other specs, which is less strict. */
const PORT = '3500'
const PEER_PORT = '3480'

interface Credentials {
  readonly username: string
  readonly credential: string
}

/** Those that our server gives a peer, made at another time. */
function issued(secondsAgo = 0): Credentials {
  const peer = parsePeerId('5'.repeat(64))
  if (peer === null) throw new Error('no peer id')
  const config = { stunUrls: [], turn: { urls: [`turn:${SERVER_ADDRESS}`], secret: SECRET } }
  const [server] = iceServersFor(config, peer, Date.now() - 1000 * secondsAgo)
  return { username: server?.username ?? '', credential: server?.credential ?? '' }
}

/** Coturn as we deploy it; but this small internet's public addresses are ones that are reserved for documentation. */
async function startRelay(internet: Internet): Promise<void> {
  const deployed = readFileSync(join(import.meta.dirname, '../../deploy/turnserver.conf'), 'utf8')
  const path = join(scratch(), 'turnserver.conf')
  writeFileSync(path, deployed.replace(/^denied-peer-ip=203\.0\.113\..*$/m, ''))
  internet.start(internet.hub, 'turnserver', [
    '-c',
    path,
    `--listening-port=${PORT}`,
    `--listening-ip=${SERVER_ADDRESS}`,
    `--relay-ip=${SERVER_ADDRESS}`,
    `--static-auth-secret=${SECRET}`,
    '--realm=ringdrop',
    '--log-file=/dev/null',
    `--pidfile=/tmp/ringdrop-turn-strict-${String(process.pid)}.pid`,
  ])
  internet.start(internet.hub, 'turnutils_peer', ['-L', SERVER_ADDRESS, '-p', PEER_PORT])
  await expect.poll(() => use(internet, issued(), SERVER_ADDRESS)).toBe('relayed')
}

/** What coturn's own client gets when it wants to send to an address over the relay. */
function use(internet: Internet, { username, credential }: Credentials, to: string, clients = 1): string {
  const who = ['-u', username, '-w', credential, '-p', PORT]
  const what = ['-s', '-c', '-n', '2', '-m', String(clients), '-e', to, '-r', PEER_PORT, SERVER_ADDRESS]
  const text = internet.ask(internet.hub, 'sh', [
    '-c',
    'turnutils_uclient "$@" 2>&1; true',
    'sh',
    ...who,
    ...what,
  ])
  if (text === null) return 'nothing'
  const refused = /error (\d+) \(/.exec(text)?.[1]
  if (refused !== undefined) return refused
  if (text.includes('Cannot complete Allocation')) return 'no allocation'
  return /Total lost packets 0 /.test(text) ? 'relayed' : 'lost'
}

test('the relay as we deploy it serves whom our server names, for an hour, and leads to public addresses alone', async ({
  world: { internet },
}) => {
  await startRelay(internet)
  expect(use(internet, issued(), SERVER_ADDRESS)).toBe('relayed')
  const { username } = issued()
  const forged = createHmac('sha1', 'a guess').update(username).digest('base64')
  expect(use(internet, { username, credential: forged }, SERVER_ADDRESS)).toBe('no allocation')
  // Nobody prolongs what was issued: the time is under the signature.
  const later = username.replace(/^\d+/, (time) => String(Number(time) + 86_400))
  expect(use(internet, { ...issued(), username: later }, SERVER_ADDRESS)).toBe('no allocation')
  expect(use(internet, issued(3_601), SERVER_ADDRESS)).toBe('no allocation')
  for (const inside of [
    '127.0.0.1',
    '10.1.2.3',
    '172.20.0.1',
    '192.168.1.2',
    '169.254.169.254',
    '100.64.1.1',
    '224.0.0.1',
  ])
    expect([inside, use(internet, issued(), inside)]).toEqual([inside, '403'])
})

test('one peer cannot take all places of the relay', async ({ world: { internet } }) => {
  await startRelay(internet)
  expect(use(internet, issued(), SERVER_ADDRESS, 160)).toBe('486')
})
