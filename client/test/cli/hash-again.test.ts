import { expect, it } from 'vitest'
import { HashAgain } from '../../src/cli/hash-again.ts'

it('waits longer and longer, ten minutes at most, until what is hashed keeps still', () => {
  let now = 1_000
  const again = new HashAgain<string>(() => now)
  const waits = Array.from({ length: 10 }, () => {
    again.onShared('log')
    const waitMs = again.onLost('log')
    now += waitMs - 1
    if (waitMs > 0) expect(again.due()).toEqual([])
    now += 1
    expect([again.due(), again.due()]).toEqual([['log'], []])
    return waitMs / 1000
  })
  expect(waits).toEqual([0, 5, 10, 20, 40, 80, 160, 320, 600, 600])
  // One that changed while it was hashed was never shared, however long that took.
  now += 3_600_000
  expect(again.onLost('log')).toBe(600_000)
  again.onShared('log')
  now += 600_000
  expect([again.onLost('log'), again.onLost('other')]).toEqual([0, 0])
})
