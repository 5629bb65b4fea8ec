import { describe, expect, it, vi } from 'vitest'
import type { Core } from '../../src/kernel/core.ts'
import { Host, type Wake } from '../../src/host/host.ts'
import type { Clock } from '../../src/host/ports.ts'
import { decodeEntry, encodeEntry, replay, TraceRecorder } from '../../src/host/trace.ts'
import { clockContract } from '../contracts/clock.contract.ts'

/** A clock that is moved by hand. */
class ManualClock implements Clock {
  #now = 1_700_000_000_000
  readonly #timers: { at: number; callback: () => void }[] = []
  /** Timers set so far. */
  set = 0
  now(): number {
    return this.#now
  }
  pass(ms: number): void {
    this.#now += ms
  }
  schedule(at: number, callback: () => void): () => void {
    const timer = { at, callback }
    this.set++
    this.#timers.push(timer)
    this.#timers.sort((a, b) => a.at - b.at)
    return () => void (this.#timers.includes(timer) && this.#timers.splice(this.#timers.indexOf(timer), 1))
  }
  get armed(): number {
    return this.#timers.length
  }
  step(): void {
    const timer = this.#timers.shift()
    if (timer === undefined) return
    this.#now = Math.max(this.#now, timer.at)
    timer.callback()
  }
}

type Input =
  { readonly type: 'say'; readonly text: string; readonly bytes?: Uint8Array } | { readonly type: 'fail' }
type Effect = { readonly type: 'echo'; readonly text: string } | { readonly type: 'woke' }

/** Echoes, and wakes itself a second after each input. */
class Echo implements Core<Input | Wake, Effect> {
  #wakeAt = Infinity
  handle(input: Input | Wake, now: number): Effect[] {
    if (input.type === 'fail') throw new Error('our own bug')
    if (input.type === 'wake') {
      this.#wakeAt = Infinity
      return [{ type: 'woke' }]
    }
    this.#wakeAt = now + 1000
    return [{ type: 'echo', text: input.text }]
  }
  wakeAt(): number {
    return this.#wakeAt
  }
}

function make(react: (effect: Effect, feed: (input: Input) => void) => void = () => undefined) {
  const clock = new ManualClock()
  const log: string[] = []
  const trace = new TraceRecorder(100)
  const host = new Host<Input, Effect>(new Echo(), {
    clock,
    trace,
    apply: (effect) => {
      log.push(effect.type === 'echo' ? effect.text : 'woke')
      react(effect, (input) => host.feed(input))
    },
    onFault: (error) => log.push(String(error)),
    onDrained: () => log.push('drained'),
  })
  return { clock, host, log, trace }
}

clockContract('moved by hand', () => {
  const clock = new ManualClock()
  return {
    clock,
    settle: (condition) => {
      for (let i = 0; i < 100 && !condition(); i++) clock.step()
      return Promise.resolve()
    },
  }
})

describe('the host', () => {
  it('queues inputs that effects feed, in order, and never re-enters the core', () => {
    const { host, log } = make((effect, feed) => {
      if (effect.type === 'echo' && effect.text === 'a')
        for (const text of ['b', 'c']) feed({ type: 'say', text })
    })
    host.feed({ type: 'say', text: 'a' })
    expect(log).toEqual(['a', 'b', 'c', 'drained'])
  })

  it('keeps one timer, at the moment that the core asks for', () => {
    const { clock, host, log } = make()
    host.feed({ type: 'say', text: 'a' })
    host.feed({ type: 'say', text: 'b' })
    expect(clock.armed).toBe(1)
    clock.step()
    expect(log).toEqual(['a', 'drained', 'b', 'drained', 'woke', 'drained'])
    expect(clock.armed).toBe(0)
  })

  it('lets its timer ring when the moment was put off, and sets it anew', () => {
    const { clock, host, log } = make()
    host.feed({ type: 'say', text: 'a' })
    clock.pass(400)
    host.feed({ type: 'say', text: 'b' })
    expect([clock.set, clock.armed]).toEqual([1, 1])
    clock.step()
    expect([log.includes('woke'), clock.set, clock.armed]).toEqual([false, 2, 1])
    clock.step()
    expect([log.at(-2), clock.now() - 1_700_000_000_000, clock.armed]).toEqual(['woke', 1_400, 0])
  })

  it('stops for good when the core cannot say when to wake it', () => {
    const { clock, host, log } = make()
    host.feed({ type: 'say', text: 'a' })
    vi.spyOn(host.core, 'wakeAt').mockImplementation(() => {
      throw new Error('our own bug')
    })
    clock.step()
    expect(log).toEqual(['a', 'drained', 'Error: our own bug'])
    expect(host.stopped).toBe(true)
  })

  it('stops for good when the core throws, and says why once', () => {
    const { clock, host, log } = make()
    host.feed({ type: 'say', text: 'a' })
    host.feed({ type: 'fail' })
    host.feed({ type: 'say', text: 'b' })
    expect(log).toEqual(['a', 'drained', 'Error: our own bug'])
    expect(host.stopped).toBe(true)
    expect(clock.armed).toBe(0)
  })

  it('handles nothing after stop, not even what was queued', () => {
    const { host, log } = make((_effect, feed) => {
      feed({ type: 'say', text: 'never' })
      host.stop()
    })
    host.feed({ type: 'say', text: 'a' })
    expect(log).toEqual(['a'])
  })
})

describe('a trace', () => {
  it('replays to the same effects', () => {
    const { clock, host, trace } = make()
    host.feed({ type: 'say', text: 'a', bytes: new Uint8Array([1, 255]) })
    clock.step()
    host.feed({ type: 'say', text: 'b' })
    expect(replay(new Echo(), trace.text())).toEqual([
      [{ type: 'echo', text: 'a' }],
      [{ type: 'woke' }],
      [{ type: 'echo', text: 'b' }],
    ])
  })
  it('keeps bytes and numbers that JSON has not', () => {
    const entry = {
      now: 5,
      input: { type: 'limits', rate: Infinity, nested: [{ bytes: new Uint8Array([0, 16]) }] },
    }
    expect(decodeEntry(encodeEntry(entry))).toEqual(entry)
  })
  it('says when it is no longer whole', () => {
    const trace = new TraceRecorder(1)
    trace.record(1, { type: 'a' })
    expect(trace.overflowed).toBe(false)
    trace.record(2, { type: 'b' })
    expect(trace.overflowed).toBe(true)
  })
})
