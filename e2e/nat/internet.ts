import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scratch } from '../fixtures/files.ts'
import { Distance } from './distance.ts'

/** How a home's router maps and filters (RFC 4787). */
export type NatKind =
  /** Same outer port for every destination, answers only from where something was sent: most homes. */
  | 'portRestricted'
  /** A port of its own for every destination: some companies and mobile networks. */
  | 'symmetric'

/** Public addresses are of TEST-NET-3 (RFC 5737) and of 2001:db8::/32 (RFC 3849). */
export const SERVER_ADDRESS = '203.0.113.1'
export const SERVER_ADDRESS_6 = '2001:db8::1'

/** What a home's line to the world is like. */
export interface Line {
  readonly upKbit: number
  readonly downKbit: number
  /** How long packets may wait before they are dropped. */
  readonly queueMs: number
  /** Packets of either direction that are lost. */
  readonly lossPercent: number
}

export type IpVersion = 4 | 6

export interface Home {
  /** The only one that it has. */
  readonly ipVersion: IpVersion
  readonly number: number
  readonly name: string
  readonly router: string
}

/**
 * A small internet out of network namespaces: a public network with the server's host, and homes behind routers that
 * translate addresses. Needs root and Debian's iproute2 and iptables.
 */
export class Internet {
  readonly #prefix = `rd${String(process.pid % 10_000)}-`
  readonly #spaces: string[] = []
  readonly #children: ChildProcess[] = []
  readonly #distances: Distance[] = []
  readonly #folder = scratch()
  #homes = 0

  constructor() {
    const hub = this.#add('pub')
    this.#ip(hub, 'link add br0 type bridge')
    this.#ip(hub, `addr add ${SERVER_ADDRESS}/24 dev br0`)
    this.#ip(hub, 'link set br0 up')
    this.#enableIpv6(hub)
    this.#ip(hub, `addr add ${SERVER_ADDRESS_6}/64 dev br0 nodad`)
  }

  get hub(): string {
    return `${this.#prefix}pub`
  }

  /** A home with one computer in it. */
  home(nat: NatKind): Home {
    const [router, number] = this.#router()
    this.#wire(router, 'wan', this.hub, `w${String(number)}`)
    return this.#settle(nat, router, number)
  }

  /** A home from which every packet takes so long to the public network, and back. */
  async farHome(nat: NatKind, delayMs: number): Promise<Home> {
    const [router, number] = this.#router()
    const [near, far] = ['n', 'f'].map((end) => `${this.#prefix}${end}${String(number)}`) as [string, string]
    this.#distances.push(await Distance.start([near, far], delayMs))
    await this.#fetchCard(near, router, 'wan')
    await this.#fetchCard(far, this.hub, `w${String(number)}`)
    return this.#settle(nat, router, number)
  }

  /**
   * A home with one computer that has IPv6 alone, as behind many mobile networks: addresses that the whole world may use, and a
   * router that lets in only what answers (RFC 6092).
   */
  home6(): Home {
    const [router, number] = this.#router()
    const [net, outer] = [`2001:db8:${String(number)}:`, `2001:db8::${String(10 + number)}`]
    const name = this.#add(`home${String(number)}-2`)
    this.#wire(router, 'wan', this.hub, `w${String(number)}`)
    this.#wire(name, 'eth0', router, 'lan')
    for (const space of [router, name]) this.#enableIpv6(space)
    this.#ip(this.hub, `link set w${String(number)} master br0`)
    this.#ip(router, `addr add ${outer}/64 dev wan nodad`)
    this.#ip(router, `addr add ${net}:1/64 dev lan nodad`)
    this.#ip(name, `addr add ${net}:2/64 dev eth0 nodad`)
    this.#ip(name, `-6 route add default via ${net}:1`)
    this.#ip(router, `-6 route add default via ${SERVER_ADDRESS_6}`)
    this.#ip(this.hub, `-6 route add ${net}:/64 via ${outer}`)
    this.#run(router, 'ip6tables -A FORWARD -i wan -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT')
    this.#run(router, 'ip6tables -A FORWARD -i wan -j DROP')
    return { ipVersion: 6, number, name, router }
  }

  #enableIpv6(space: string): void {
    const words = ['all.disable_ipv6=0', 'default.disable_ipv6=0', 'all.forwarding=1', 'all.accept_ra=0']
    this.#run(space, `sysctl -qw ${words.map((each) => `net.ipv6.conf.${each}`).join(' ')}`)
  }

  #router(): [router: string, number: number] {
    const number = ++this.#homes
    return [this.#add(`nat${String(number)}`), number]
  }

  /** What is the same for every line: addresses, and how the router maps and filters. */
  #settle(nat: NatKind, router: string, number: number): Home {
    const name = this.#computer(router, number, 2)
    this.#ip(this.hub, `link set w${String(number)} master br0`)
    this.#ip(router, `addr add 203.0.113.${String(10 + number)}/24 dev wan`)
    this.#run(router, 'sysctl -qw net.ipv4.ip_forward=1')
    const random = nat === 'symmetric' ? ' --random-fully' : ''
    this.#run(router, `iptables -t nat -A POSTROUTING -o wan -j MASQUERADE${random}`)
    for (const table of ['INPUT', 'FORWARD']) {
      this.#run(router, `iptables -A ${table} -i wan -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT`)
      this.#run(router, `iptables -A ${table} -i wan -j DROP`)
    }
    return { ipVersion: 4, number, name, router }
  }

  /** Another computer in the same home. */
  neighbour(home: Home): Home {
    return { ...home, name: this.#computer(home.router, home.number, 3) }
  }

  /** Only TCP gets out of this home, as behind strict firewalls. */
  blockUdp(home: Home): void {
    this.#run(home.router, 'iptables -I FORWARD -p udp -j DROP')
  }

  /**
   * Makes this home's line slow and bad. Both ways drop packets at random, and delay them by what waits in the queue, as
   * routers do that have more memory than sense. For a delay that is always there see {@link farHome}.
   */
  shape(home: Home, { upKbit, downKbit, queueMs, lossPercent }: Line): void {
    for (const [device, kbit] of [
      ['wan', upKbit],
      ['lan', downKbit],
    ] as const) {
      const bucket = `rate ${String(kbit)}kbit burst 8kb latency ${String(queueMs)}ms`
      this.#run(home.router, `tc qdisc add dev ${device} root tbf ${bucket}`)
    }
    const chance = (lossPercent / 100).toFixed(4)
    if (lossPercent > 0)
      this.#run(home.router, `iptables -I FORWARD -m statistic --mode random --probability ${chance} -j DROP`)
  }

  /** The computer gets another address, as when it moves to another network of the same home; old paths are dead. */
  changeAddress(home: Home): void {
    const net = `192.168.${String(home.number)}`
    this.#ip(home.name, `addr flush dev eth0`)
    this.#ip(home.name, `addr add ${net}.77/24 dev eth0`)
    this.#ip(home.name, `route add default via ${net}.1`)
    this.#run(home.router, `iptables -I FORWARD -s ${net}.2 -j DROP`)
    this.#run(home.router, `iptables -I FORWARD -d ${net}.2 -j DROP`)
  }

  /** A symmetric router is exchanged for one that keeps a computer's port for whomever it talks with. */
  exchangeRouter(home: Home): void {
    this.#run(home.router, 'iptables -t nat -R POSTROUTING 1 -o wan -j MASQUERADE')
  }

  /** A program that runs in a namespace, for whoever starts it by a path. */
  command(space: string, program: string): string {
    const path = join(this.#folder, `${space}-${program.replaceAll('/', '_')}`)
    writeFileSync(path, `#!/bin/sh\nexec ip netns exec ${space} ${program} "$@"\n`)
    chmodSync(path, 0o755)
    return path
  }

  /** Starts a program in a namespace; it ends with {@link close}. */
  start(
    space: string,
    program: string,
    args: readonly string[],
    env: Record<string, string> = {},
  ): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', space, program, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    this.#children.push(child)
    return child
  }

  /** Runs a program in a namespace to its end. @returns what it printed; `null` when it failed. */
  ask(space: string, program: string, args: readonly string[]): string | null {
    try {
      return execFileSync('ip', ['netns', 'exec', space, program, ...args], {
        encoding: 'utf8',
        stdio: 'pipe',
      })
    } catch {
      return null
    }
  }

  close(): void {
    for (const child of this.#children) child.kill('SIGKILL')
    for (const distance of this.#distances) distance.close()
    for (const space of this.#spaces) execFileSync('ip', ['netns', 'del', space])
  }

  #add(name: string): string {
    const space = this.#prefix + name
    execFileSync('ip', ['netns', 'add', space])
    this.#spaces.push(space)
    // Its addresses come seconds after a link is up: browsers would see their network change in the middle of a load.
    this.#run(space, 'sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1')
    this.#ip(space, 'link set lo up')
    return space
  }

  /** A computer behind a router; the first one of a home brings the home's bridge. */
  #computer(router: string, number: number, host: number): string {
    const net = `192.168.${String(number)}`
    const name = this.#add(`home${String(number)}-${String(host)}`)
    if (host === 2) {
      this.#ip(router, 'link add lan type bridge')
      this.#ip(router, `addr add ${net}.1/24 dev lan`)
      this.#ip(router, 'link set lan up')
    }
    this.#wire(name, 'eth0', router, `l${String(host)}`)
    this.#ip(router, `link set l${String(host)} master lan`)
    this.#ip(name, `addr add ${net}.${String(host)}/24 dev eth0`)
    this.#ip(name, `route add default via ${net}.1`)
    return name
  }

  /** Moves a network card of this machine into a namespace once it is there, under another name. */
  async #fetchCard(card: string, space: string, name: string): Promise<void> {
    while (!existsSync(`/sys/class/net/${card}`)) await new Promise((resolve) => setTimeout(resolve, 10))
    execFileSync('ip', ['link', 'set', card, 'netns', space, 'name', name])
    this.#ip(space, `link set ${name} up`)
  }

  #wire(a: string, deviceA: string, b: string, deviceB: string): void {
    execFileSync('ip', `link add ${deviceA} netns ${a} type veth peer name ${deviceB} netns ${b}`.split(' '))
    this.#ip(a, `link set ${deviceA} up`)
    this.#ip(b, `link set ${deviceB} up`)
  }

  #ip(space: string, words: string): void {
    execFileSync('ip', ['-n', space, ...words.split(' ')])
  }

  #run(space: string, words: string): void {
    execFileSync('ip', ['netns', 'exec', space, ...words.split(' ')])
  }
}
