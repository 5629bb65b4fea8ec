import { describe, expect, it } from 'vitest'
import type { Clock } from '../../src/host/ports.ts'

/** What every clock must do. `settle` lets time pass until the condition holds, by whatever means the clock has. */
export interface ClockUnderTest {
  readonly clock: Clock
  settle(condition: () => boolean): Promise<void>
}

export function clockContract(name: string, make: () => ClockUnderTest): void {
  describe(`the clock contract: ${name}`, () => {
    it('counts milliseconds near the Unix epoch and never goes back', async () => {
      const { clock, settle } = make()
      const first = clock.now()
      expect(first).toBeGreaterThan(Date.UTC(2020, 0))
      let last = first
      for (let i = 0; i < 1000; i++) {
        const next = clock.now()
        expect(next).toBeGreaterThanOrEqual(last)
        last = next
      }
      let fired = false
      clock.schedule(first + 5, () => (fired = true))
      await settle(() => fired)
    })

    it('calls back once, not before its time, and in order', async () => {
      const { clock, settle } = make()
      const start = clock.now()
      const calls: { name: string; at: number }[] = []
      clock.schedule(start + 40, () => calls.push({ name: 'late', at: clock.now() }))
      clock.schedule(start + 10, () => calls.push({ name: 'early', at: clock.now() }))
      await settle(() => calls.length === 2)
      expect(calls.map((call) => call.name)).toEqual(['early', 'late'])
      // Timers of a page may fire a fraction of a millisecond early.
      expect(calls[0]!.at).toBeGreaterThanOrEqual(start + 9)
      expect(calls[1]!.at).toBeGreaterThanOrEqual(start + 39)
    })

    it('takes moments that are past as soon as possible, but not at once', async () => {
      const { clock, settle } = make()
      let fired = false
      clock.schedule(clock.now() - 1000, () => (fired = true))
      expect(fired).toBe(false)
      await settle(() => fired)
    })

    it('does not call back what was cancelled', async () => {
      const { clock, settle } = make()
      const calls: string[] = []
      const cancel = clock.schedule(clock.now() + 5, () => calls.push('cancelled'))
      clock.schedule(clock.now() + 30, () => calls.push('kept'))
      cancel()
      cancel()
      await settle(() => calls.length > 0)
      expect(calls).toEqual(['kept'])
    })
  })
}
