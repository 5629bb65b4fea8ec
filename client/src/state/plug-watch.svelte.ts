import type { AppSnapshot } from '../app/api.ts'

/** How we stood at a moment. */
export interface Standing {
  readonly links: number
  readonly ringSize: number | null
}

/** Remembers how things stood when the server was last seen, so that people can compare. */
export class PlugWatch {
  #before = $state.raw<Standing | null>(null)
  #latest: Standing | null = null

  /** `null` while the server is there, or when it was never seen. */
  get before(): Standing | null {
    return this.#before
  }

  see({ server, node }: AppSnapshot): void {
    if (node === null) return
    if (server.state === 'up') {
      this.#latest = standingOf(node)
      this.#before = null
    } else if (this.#latest !== null) {
      this.#before = this.#latest
      this.#latest = null
    }
  }
}

export function standingOf(node: NonNullable<AppSnapshot['node']>): Standing {
  return { links: node.links.length, ringSize: node.systems.ring?.size ?? null }
}
