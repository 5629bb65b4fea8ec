import type { Core } from '../kernel/core.ts'
import type { Clock, TraceSink } from './ports.ts'

/** The input by which a host tells a core that a moment it asked for has come. */
export interface Wake {
  readonly type: 'wake'
}

export interface HostOptions<Effect> {
  readonly clock: Clock
  /** Carries out one effect. May call `feed` at once or later; inputs are queued, never re-entered. */
  readonly apply: (effect: Effect) => void
  /** Called once when the core or an effect throws: the node is stopped and must be made anew. */
  readonly onFault: (error: unknown) => void
  /** Called after a batch of inputs has been handled; for views. */
  readonly onDrained?: () => void
  readonly trace?: TraceSink
}

/**
 * The imperative shell around a core, the same in every runtime: queues inputs, calls `handle`, applies
 * the effects in order and keeps one timer armed, at `wakeAt()` or before.
 */
export class Host<Input, Effect> {
  readonly #queue: (Input | Wake)[] = []
  #state: 'idle' | 'draining' | 'stopped' = 'idle'
  #armedAt = Infinity
  #cancelTimer: (() => void) | undefined

  constructor(
    readonly core: Core<Input | Wake, Effect>,
    readonly options: HostOptions<Effect>,
  ) {}

  get stopped(): boolean {
    return this.#state === 'stopped'
  }

  /** Hands an input to the core, now or when the current one is done. Ignored after `stop`. */
  feed(input: Input): void {
    this.#enqueue(input)
  }

  /** No further input is handled and no timer fires. */
  stop(): void {
    this.#state = 'stopped'
    this.#queue.length = 0
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  #enqueue(input: Input | Wake): void {
    if (this.#state === 'stopped') return
    this.#queue.push(input)
    if (this.#state === 'idle') this.#drain()
  }

  #drain(): void {
    this.#state = 'draining'
    try {
      // The queue grows while it is read: effects may feed inputs at once.
      for (let next = 0; next < this.#queue.length; next++) {
        const now = this.options.clock.now()
        const input = this.#queue[next] as Input | Wake
        this.options.trace?.record(now, input)
        for (const effect of this.core.handle(input, now)) this.options.apply(effect)
        if (this.#isStopped()) return
      }
      this.#queue.length = 0
      this.#arm()
      this.#state = 'idle'
    } catch (error) {
      return this.#fail(error)
    }
    this.options.onDrained?.()
  }

  /** Read through a method, since the compiler can't see that effects may stop the host. */
  #isStopped(): boolean {
    return this.#state === 'stopped'
  }

  #arm(): void {
    const at = this.core.wakeAt()
    // One that rings before its time is set anew then: most inputs put the next moment off, and setting timers is dear.
    if (at >= this.#armedAt) return
    this.#cancelTimer?.()
    this.#armedAt = at
    this.#cancelTimer = this.options.clock.schedule(at, () => this.#onTimer())
  }

  #onTimer(): void {
    this.#armedAt = Infinity
    this.#cancelTimer = undefined
    try {
      if (this.core.wakeAt() > this.options.clock.now()) return this.#arm()
    } catch (error) {
      return this.#fail(error)
    }
    this.#enqueue({ type: 'wake' })
  }

  #fail(error: unknown): void {
    this.stop()
    this.options.onFault(error)
  }
}
