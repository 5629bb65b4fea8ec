import type { AppCommand, AppResult, AppSnapshot, NodeClient } from './api.ts'
import { emptySnapshot } from './empty-snapshot.ts'

/** Stands for the node's client until its code is loaded, so that the page is there at once. Commands wait. */
export class LateClient implements NodeClient {
  readonly #loading: Promise<NodeClient>
  readonly #listeners = new Set<() => void>()
  readonly #starting = emptySnapshot({ name: 'starting' })
  #client: NodeClient | null = null

  constructor(loading: Promise<NodeClient>) {
    this.#loading = loading
    void loading.then((client) => {
      this.#client = client
      client.onChange(() => this.#announce())
      this.#announce()
    })
  }

  snapshot(): AppSnapshot {
    return this.#client?.snapshot() ?? this.#starting
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async run<Type extends AppCommand['type']>(
    command: Extract<AppCommand, { type: Type }>,
  ): Promise<AppResult<Type>> {
    return (await this.#loading).run<Type>(command)
  }

  #announce(): void {
    for (const listener of this.#listeners) listener()
  }
}
