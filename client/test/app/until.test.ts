import { expect, it } from 'vitest'
import { until } from '../../src/app/until.ts'

/** Changes of something that is not there at first. */
function setUp() {
  const listeners = new Set<() => void>()
  const onChange = (listener: () => void) => (listeners.add(listener), () => void listeners.delete(listener))
  const state = { isThere: false }
  const change = () => listeners.forEach((listener) => listener())
  return { listeners, onChange, state, change, isSo: () => state.isThere }
}

it('waits until it is so, and listens no more', async () => {
  const { listeners, onChange, state, change, isSo } = setUp()
  let isOver = false
  const waiting = until(onChange, isSo).then(() => (isOver = true))
  change()
  await Promise.resolve()
  expect(isOver).toBe(false)
  state.isThere = true
  change()
  await waiting
  expect(listeners.size).toBe(0)
})

it('does not wait for what is so, nor for ever', async () => {
  const { listeners, onChange, isSo } = setUp()
  await until(onChange, () => true)
  await until(onChange, isSo, 1)
  expect(listeners.size).toBe(0)
})
