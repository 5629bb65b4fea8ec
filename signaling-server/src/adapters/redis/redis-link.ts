import type { Clock } from '@ringdrop/shared/host/ports.ts'
import { Redis } from 'ioredis'
import { codeOf, isAnswer, isUseless } from './redis-errors.ts'
import { Subscriber } from './redis-subscriber.ts'
import { PREFIX, type Script } from './script.ts'
import { SCRIPTS } from './scripts.ts'

/**
 * Redis is gone when commands wait and none was answered for so long: it may be slow, but not silent. Our choice: ten times
 * the longest script, which takes away a peer with as many files and words as the directory lets it list.
 */
const SILENCE_MS = 2_000
const LOOK_MS = 250
/** How often the connection for subscriptions is tried, over which nothing may come for hours. Our choice. */
const PULSE_MS = 10_000
/** Commands that may wait; more are answered from memory at once. Our choice, a second's work of Redis. */
const WAITING = 20_000
/** Pause before the n-th try to connect, or to prepare a connection: doubling up to the longest. Our choice. */
const RETRY_MS = 50
const RETRY_MAX_MS = 2_000

const pauseBefore = (times: number): number => Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** Math.min(times, 10))

/** What a link tells. */
export interface RedisLinkEvents {
  /** Both connections are ready, at the start or again; what Redis holds may be old or gone. */
  up(): void
  down(): void
  /** Why Redis cannot be reached: told once, and again when it is another reason. */
  unreachable(reason: string): void
  /** A command failed; `fault` is set when Redis is there and refused it. */
  failed(fault: Error | null): void
}

/** Why there is no answer. */
export class RedisUnavailable extends Error {
  constructor() {
    super('Redis does not answer')
  }
}

/** The two connections to Redis: one for commands and publishing, one for subscriptions. Never throws by itself. */
export class RedisLink {
  /** For Socket.IO's adapter. */
  readonly publisher: Redis
  /** For Socket.IO's adapter. Subscriptions are made again after Redis was away. */
  readonly subscriber: Subscriber
  #state: 'down' | 'up' | 'closed' = 'down'
  /** What was told last of why Redis cannot be reached, since it was there. */
  #told = ''
  #reason: string | null = null
  #cancelRetry: () => void = () => undefined
  #tries = 0
  #waiting = 0
  #answeredAt = 0
  #cancelLook: () => void = () => undefined
  #cancelPulse: () => void = () => undefined

  constructor(
    url: string,
    readonly clock: Clock,
    readonly events: RedisLinkEvents,
  ) {
    const common = {
      lazyConnect: true,
      retryStrategy: pauseBefore,
      connectTimeout: RETRY_MAX_MS,
      // Requests are answered from memory at once when Redis is away, and subscriptions made anew afterwards.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      // Whoever is silent is not waited for when it is given up.
      disconnectTimeout: 1,
    }
    this.publisher = new Redis(url, common)
    this.subscriber = new Subscriber(url, { ...common, autoResubscribe: false })
    for (const redis of [this.publisher, this.subscriber]) {
      redis.on('ready', () => this.#changed())
      redis.on('close', () => this.#changed())
      // Without a listener the process would end; what follows is told by 'close'.
      redis.on('error', (error) => this.#complain(error))
    }
    this.subscriber.onRefused = (error) => this.#again(error)
  }

  get isUp(): boolean {
    return this.#state === 'up'
  }

  /** A code of why Redis is of no use, such as `ECONNREFUSED` or `NOPERM`; `null` when it is there or was just silent. */
  get reason(): string | null {
    return this.isUp ? null : this.#reason
  }

  /** Begins to connect, and goes on trying. */
  connect(): void {
    for (const redis of [this.publisher, this.subscriber]) redis.connect().catch(() => undefined)
  }

  /** Runs a script. Rejects at once while Redis is away or has too much to do, and after two seconds of its silence. */
  async run(script: Script, args: readonly (string | number)[]): Promise<unknown> {
    if (!this.isUp || this.#waiting >= WAITING) throw new RedisUnavailable()
    if (this.#waiting++ === 0) this.#watch()
    try {
      return await this.#evaluate(script, args)
    } catch (error) {
      this.#failed(error)
      throw new RedisUnavailable()
    } finally {
      this.#waiting--
      this.#answeredAt = this.clock.now()
    }
  }

  /** While commands wait, somebody looks whether any is answered. */
  #watch(): void {
    this.#answeredAt = this.clock.now()
    const look = (): void => {
      if (this.#waiting === 0 || this.#state === 'closed') return this.#cancelLook()
      if (this.clock.now() - this.#answeredAt > SILENCE_MS && this.isUp) this.#giveUp()
      this.#cancelLook = this.clock.schedule(this.clock.now() + LOOK_MS, look)
    }
    this.#cancelLook()
    this.#cancelLook = this.clock.schedule(this.clock.now() + LOOK_MS, look)
  }

  /**
   * Says a word over the connection for subscriptions now and then. Whoever balances loads forgets what is silent, often
   * without a word: signals from other servers would come no more, though all seems well.
   */
  #pulse(): void {
    this.#cancelPulse()
    this.#cancelPulse = this.clock.schedule(this.clock.now() + PULSE_MS, () => {
      if (!this.isUp) return
      this.#cancelPulse = this.clock.schedule(this.clock.now() + SILENCE_MS, () => this.#giveUp())
      // When the connection is lost meanwhile, the next one begins anew.
      this.subscriber.ping().then(
        () => {
          this.#cancelPulse()
          if (this.isUp) this.#pulse()
        },
        () => this.#cancelPulse(),
      )
    })
  }

  /** Both connections: over the one for subscriptions too little is sent to find out soon that it is dead. */
  #giveUp(): void {
    for (const redis of [this.publisher, this.subscriber]) redis.disconnect(true)
  }

  close(): void {
    this.#state = 'closed'
    this.#cancelLook()
    this.#cancelPulse()
    this.#cancelRetry()
    for (const redis of [this.publisher, this.subscriber]) redis.disconnect()
  }

  async #evaluate({ sha, text }: Script, args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await this.publisher.evalsha(sha, 0, ...args)
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return this.publisher.eval(text, 0, ...args)
    }
  }

  #failed(error: unknown): void {
    if (!isUseless(error)) return this.events.failed(isAnswer(error) ? error : null)
    // Told once; others that were under way say the same.
    if (this.isUp) this.#again(error)
    else this.events.failed(null)
  }

  #complain(error: Error & { readonly code?: string }): void {
    // An error of several addresses has a code and no message.
    const reason = error.message || (error.code ?? error.name)
    this.#reason = codeOf(error)
    if (reason === this.#told) return
    this.#told = reason
    this.events.unreachable(reason)
  }

  #changed(): void {
    this.#cancelRetry()
    this.#tries = 0
    if (this.#isReady) return void this.#load()
    this.#lost()
  }

  get #isReady(): boolean {
    return this.publisher.status === 'ready' && this.subscriber.status === 'ready'
  }

  #lost(): void {
    if (this.#state !== 'up') return
    this.#state = 'down'
    this.events.down()
  }

  /**
   * Redis knows all scripts before the first is run, so that no command overtakes another; signals reach this server; and
   * something may be written, also when Redis is full.
   */
  async #load(): Promise<void> {
    try {
      await this.publisher.del(`${PREFIX}nothing`)
      for (const { text } of Object.values(SCRIPTS)) await this.publisher.script('LOAD', text)
      await this.subscriber.resubscribe()
    } catch (error) {
      return this.#again(error)
    }
    if (this.#state !== 'down' || this.publisher.status !== 'ready') return
    this.#state = 'up'
    this.#told = ''
    this.#reason = null
    this.#pulse()
    this.events.up()
  }

  /**
   * Redis is there and refuses what a connection needs, by its rules of access or since a script keeps it busy. That may end
   * while the connection stays; only a replica is left, since another Redis may have its address by now. Until then this server
   * goes on alone: signals would not come.
   */
  #again(error: unknown): void {
    if (this.#state === 'closed') return
    // The next connection begins anew.
    if (!isAnswer(error) || !this.#isReady) return this.events.failed(null)
    // The reason is told once, and each failure counted.
    this.#complain(error)
    this.events.failed(null)
    this.#lost()
    this.#cancelRetry()
    const isReplica = codeOf(error) === 'READONLY'
    this.#cancelRetry = this.clock.schedule(
      this.clock.now() + (isReplica ? RETRY_MAX_MS : pauseBefore(++this.#tries)),
      () => (isReplica ? this.#giveUp() : void this.#load()),
    )
  }
}
