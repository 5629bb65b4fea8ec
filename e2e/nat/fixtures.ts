import {
  test as base,
  chromium,
  expect,
  type Browser,
  type BrowserContext,
  type Locator,
} from '@playwright/test'
import { SERVER_ENTRY } from '../fixtures/server.ts'
import { Cli } from '../fixtures/cli.ts'
import { WITHOUT_SERVICE_WORKER } from '../fixtures/test.ts'
import { App } from '../pages/app.ts'
import { CHROMIUM } from '../playwright.config.ts'
import { Internet, SERVER_ADDRESS, SERVER_ADDRESS_6, type Home, type IpVersion } from './internet.ts'

const PORT = 8080
const SECRET = 'of-this-test-only'
/** Not the head of the column, which shows the arrow too. */
const ENDS = /^(host|srflx|prflx|relay) ↔ (host|srflx|prflx|relay)/

/** One browser in one computer of a home. */
export class Resident {
  constructor(
    readonly app: App,
    /** Everything that the page sent to the server. */
    readonly sent: readonly string[],
  ) {}

  /** Kinds of candidates at both ends of each connection, as the network page tells them: `srflx ↔ relay udp`. */
  async paths(): Promise<string[]> {
    const table = await this.connections()
    await expect(table.getByText(ENDS).first()).toBeVisible()
    return (await table.getByText(ENDS).allInnerTexts()).map((text) => text.trim())
  }

  /** The table of connections of the network page. */
  async connections(): Promise<Locator> {
    await this.app.page.evaluate(() => (location.hash = '#/network'))
    return this.app.page.getByRole('table', { name: 'Connections' })
  }

  async setSwitch(name: string, isOn: boolean): Promise<void> {
    const { page } = this.app
    await page.getByRole('button', { name: 'Settings' }).click()
    await page.getByRole('switch', { name }).setChecked(isOn)
    await page.keyboard.press('Escape')
  }
}

export interface World {
  readonly internet: Internet
  /** Opens the app in a browser of its own inside this home, after a script of the test. */
  readonly openAt: (home: Home, hash?: string, script?: string) => Promise<Resident>
  /** A member without a browser on the server's host, whom everybody reaches. */
  readonly startMember: () => Promise<void>
}

export interface NatFixtures {
  /** Whether the world has a TURN server besides STUN. */
  readonly hasTurn: boolean
  /** By which protocols the server is reached. */
  readonly ipVersions: readonly IpVersion[]
  readonly world: World
}

/** The server's host as URLs name it. */
const hostOf = (ipVersion: IpVersion): string => (ipVersion === 4 ? SERVER_ADDRESS : `[${SERVER_ADDRESS_6}]`)
const originOf = (ipVersion: IpVersion): string => `http://${hostOf(ipVersion)}:${String(PORT)}`

async function untilHealthy(internet: Internet, origin: string): Promise<void> {
  const script = `fetch('${origin}/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`
  const isUp = () => internet.ask(internet.hub, process.execPath, ['-e', script]) !== null
  await expect.poll(isUp, { timeout: 20_000 }).toBe(true)
}

function startServers(internet: Internet, hasTurn: boolean, ipVersions: readonly IpVersion[]): void {
  const hosts = ipVersions.map((each) => `${hostOf(each)}:3478`)
  const turn = hosts.flatMap((host) => ['udp', 'tcp'].map((way) => `turn:${host}?transport=${way}`))
  internet.start(internet.hub, process.execPath, [SERVER_ENTRY], {
    PORT: String(PORT),
    HOST: ipVersions.includes(6) ? '::' : '0.0.0.0',
    PUBLIC_ORIGIN: ipVersions.map(originOf).join(','),
    LOG_LEVEL: 'warn',
    STUN_URLS: hosts.map((host) => `stun:${host}`).join(','),
    ...(hasTurn ? { TURN_URLS: turn.join(','), TURN_SECRET: SECRET } : {}),
  })
  const options = [
    '-n',
    ...[SERVER_ADDRESS, SERVER_ADDRESS_6].flatMap((ip) => [`--listening-ip=${ip}`, `--relay-ip=${ip}`]),
    '--use-auth-secret',
    `--static-auth-secret=${SECRET}`,
    '--realm=ringdrop',
    '--no-tls',
    '--no-dtls',
    '--no-cli',
    '--no-multicast-peers',
    '--log-file=/dev/null',
    `--pidfile=/tmp/ringdrop-turn-${String(process.pid)}.pid`,
  ]
  internet.start(internet.hub, 'turnserver', options)
}

export const test = base.extend<NatFixtures>({
  hasTurn: [true, { option: true }],
  ipVersions: [[4], { option: true }],
  world: async ({ hasTurn, ipVersions }, use) => {
    const hubOrigin = originOf(ipVersions[0] ?? 4)
    const internet = new Internet()
    const browsers: Browser[] = []
    const residents: Resident[] = []
    const members: Cli[] = []
    startServers(internet, hasTurn, ipVersions)
    await untilHealthy(internet, hubOrigin)
    const openAt = async (home: Home, hash = '', script = ''): Promise<Resident> => {
      const origin = originOf(home.ipVersion)
      const browser = await chromium.launch({
        executablePath: internet.command(home.name, CHROMIUM.executablePath),
        // The pages of this small internet come without a certificate.
        args: [...CHROMIUM.args, `--unsafely-treat-insecure-origin-as-secure=${origin}`],
      })
      browsers.push(browser)
      const options = { acceptDownloads: true, ...WITHOUT_SERVICE_WORKER }
      const context: BrowserContext = await browser.newContext(options)
      await context.addInitScript(script)
      const sent: string[] = []
      context.on('page', (page) =>
        page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => sent.push(String(payload)))),
      )
      const resident = new Resident(await App.open(context, `${origin}/`, hash), sent)
      residents.push(resident)
      return resident
    }
    const startMember = async (): Promise<void> => {
      const args = ['node', '--json', '--server', hubOrigin]
      const member = new Cli(args, undefined, ['ip', 'netns', 'exec', internet.hub])
      members.push(member)
      await member.until('started')
    }
    await use({ internet, openAt, startMember })
    for (const member of members) await member.interrupt()
    for (const browser of browsers) await browser.close()
    internet.close()
    expect(residents.flatMap(({ app }) => app.problems)).toEqual([])
  },
})

export { expect }
