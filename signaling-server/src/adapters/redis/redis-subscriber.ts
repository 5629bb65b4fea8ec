import { Redis } from 'ioredis'
import { isAnswer } from './redis-errors.ts'

/** Channels in one command to subscribe. Our choice. */
const CHANNELS_PER_COMMAND = 1_000

/**
 * Subscribes as the adapter asks, which looks at no promise, and knows what it wants: while Redis is away nothing is kept
 * in a queue, and all that is still wanted is subscribed to afterwards.
 */
export class Subscriber extends Redis {
  readonly #wanted = new Set<string>()
  /** Told when Redis is there and lets nobody subscribe. */
  onRefused: (error: Error) => void = () => undefined

  override sendCommand(...args: Parameters<Redis['sendCommand']>): unknown {
    const [{ name, args: channels }] = args
    if (name === 'ssubscribe') for (const channel of channels) this.#wanted.add(String(channel))
    if (name === 'sunsubscribe') for (const channel of channels) this.#wanted.delete(String(channel))
    const sent = super.sendCommand(...args)
    // It fails when the connection is closed, for good or for a while: then there will be another one.
    if (sent instanceof Promise)
      sent.catch((error: unknown) => {
        if (name === 'ssubscribe' && isAnswer(error)) this.onRefused(error)
      })
    return sent
  }

  /** Subscribes to all that is wanted by a connection that is new. */
  async resubscribe(): Promise<void> {
    const channels = [...this.#wanted]
    for (let at = 0; at < channels.length; at += CHANNELS_PER_COMMAND)
      await this.ssubscribe(...channels.slice(at, at + CHANNELS_PER_COMMAND))
  }
}
