/**
 * The origins that pages may come from and the hosts that requests may name. The Host check stops DNS
 * rebinding, the Origin check stops pages of other sites.
 */
export class AllowList {
  #port = -1
  #origins: ReadonlySet<string> = new Set()
  #hosts: ReadonlySet<string> = new Set()

  /**
   * @param host the address that the server listens on
   * @param publicOrigins further origins, normalised as by `URL.origin`
   * @param listeningPort asked at every check, since a port of 0 is only known after listening
   */
  constructor(
    readonly host: string,
    readonly publicOrigins: readonly string[],
    readonly listeningPort: () => number,
  ) {}

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
    const port = this.listeningPort()
    if (port === this.#port) return
    this.#port = port
    const names = new Set(['localhost', '127.0.0.1', '[::1]'])
    if (this.host !== '0.0.0.0' && this.host !== '::') {
      names.add(this.host.includes(':') ? `[${this.host}]` : this.host)
    }
    const own = [...names].map((name) => new URL(`http://${name}:${String(port)}`).origin)
    this.#origins = new Set([...own, ...this.publicOrigins])
    // Clients that aren't browsers may name a default port, which `URL` leaves out.
    const explicit = [...names].map((name) => `${name}:${String(port)}`.toLowerCase())
    this.#hosts = new Set([...[...this.#origins].map((origin) => new URL(origin).host), ...explicit])
  }
}
