import type * as v from 'valibot'
import { safeParse } from 'valibot'
import type { RedisLink } from './redis-link.ts'
import type { Script } from './script.ts'

/** What the shared roles need: the link, and the name that this server goes by. */
export class SharedState {
  constructor(
    readonly link: RedisLink,
    /** A name of this process among those that share the Redis. */
    readonly server: string,
  ) {}

  /**
   * Runs a script and checks its answer. Never rejects.
   * @returns `null` while Redis is away, or when it says nothing since another server holds the peer
   */
  async ask<Answer>(
    script: Script,
    args: readonly (string | number)[],
    schema: v.GenericSchema<unknown, Answer>,
  ): Promise<Answer | null> {
    if (!this.link.isUp) return null
    try {
      const parsed = safeParse(schema, await this.link.run(script, args))
      return parsed.success ? parsed.output : null
    } catch {
      // The link has counted it; the caller goes on without.
      return null
    }
  }
}
