/**
 * The origins that pages may come from and the hosts that requests may name. The Host check stops DNS
 * rebinding, the Origin check stops pages of other sites.
 */
export interface AllowListOptions {
  /** How the server itself is reached. */
  readonly scheme: 'http' | 'https'
  /** The address that the server listens on. */
  readonly host: string
  /** Further origins, normalised as by `URL.origin`. */
  readonly publicOrigins: readonly string[]
  /** Asked at every check, since a port of 0 is only known after listening. */
  readonly listeningPort: () => number
  /** Further names of this server, as they stand in URLs: those of its certificate. The same array while they stay. */
  readonly names: () => readonly string[]
}

export class AllowList {
  #port = -1
  #names: readonly string[] = []
  #origins: ReadonlySet<string> = new Set()
  #hosts: ReadonlySet<string> = new Set()

  constructor(readonly options: AllowListOptions) {}

  /** Origins in the form of the `Origin` header. */
  get origins(): ReadonlySet<string> {
    this.#refresh()
    return this.#origins
  }

  /** Exact match of an `Origin` header; a missing one is refused. */
  allowsOrigin(origin: string | undefined): boolean {
    return origin !== undefined && this.origins.has(origin)
  }

  /** Exact match of a `Host` header, letter case aside. */
  allowsHost(host: string | undefined): boolean {
    this.#refresh()
    return host !== undefined && this.#hosts.has(host.toLowerCase())
  }

  #refresh(): void {
    const { scheme, host, publicOrigins, listeningPort, names: furtherNames } = this.options
    const port = listeningPort()
    const further = furtherNames()
    if (port === this.#port && further === this.#names) return
    this.#port = port
    this.#names = further
    const names = new Set(['localhost', '127.0.0.1', '[::1]', ...further])
    if (host !== '0.0.0.0' && host !== '::') names.add(host.includes(':') ? `[${host}]` : host)
    const own = [...names].map((name) => new URL(`${scheme}://${name}:${String(port)}`).origin)
    this.#origins = new Set([...own, ...publicOrigins])
    // Clients that aren't browsers may name a default port, which `URL` leaves out.
    const explicit = [...names].map((name) => `${name}:${String(port)}`.toLowerCase())
    this.#hosts = new Set([...[...this.#origins].map((origin) => new URL(origin).host), ...explicit])
  }
}
