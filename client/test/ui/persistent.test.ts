import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { persistent } from '../../src/lib/persistent.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Code that fails to come so many times. */
function codeAfter(failures: number) {
  let tries = 0
  return {
    load: () => (tries++ < failures ? Promise.reject(new Error('no network')) : Promise.resolve('code')),
    tries: () => tries,
  }
}

describe('code that is fetched again when that fails', () => {
  it('comes after three failures at most, or the failure is told', async () => {
    const late = codeAfter(3)
    const lost = codeAfter(4)
    const results = Promise.allSettled([persistent(late.load), persistent(lost.load)])
    await vi.advanceTimersByTimeAsync(60_000)
    expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect([late.tries(), lost.tries()]).toEqual([4, 4])
  })

  it('is never given up by who waits to be told, and told of once it is no accident', async () => {
    const code = codeAfter(9)
    const told: boolean[] = []
    const result = persistent(code.load, (isMissing) => told.push(isMissing))
    await vi.advanceTimersByTimeAsync(400)
    expect(told).toEqual([])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await result).toBe('code')
    expect(told.indexOf(false)).toBe(told.length - 1)
    expect(told[0]).toBe(true)
  })

  it('that comes at once is told as here', async () => {
    const told: boolean[] = []
    await persistent(codeAfter(0).load, (isMissing) => told.push(isMissing))
    expect(told).toEqual([false])
  })
})
