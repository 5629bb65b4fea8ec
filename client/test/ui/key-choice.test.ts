import { afterEach, expect, it, vi } from 'vitest'
import { KeyChoice } from '../../src/state/key-choice.svelte.ts'

afterEach(() => vi.unstubAllGlobals())

it('single keys work until they are switched off, and that is remembered', () => {
  const stored = new Map<string, string>()
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
  })
  const keys = new KeyChoice()
  expect(keys.isOn).toBe(true)
  keys.choose(false)
  expect([keys.isOn, new KeyChoice().isOn]).toEqual([false, false])
  keys.choose(true)
  expect(new KeyChoice().isOn).toBe(true)
})

it('where storage is forbidden the choice holds until the tab is closed', () => {
  const refuse = () => {
    throw new DOMException('no', 'SecurityError')
  }
  vi.stubGlobal('localStorage', { getItem: refuse, setItem: refuse })
  const keys = new KeyChoice()
  keys.choose(false)
  expect([keys.isOn, new KeyChoice().isOn]).toEqual([false, true])
})
