import { afterEach, expect, it, vi } from 'vitest'
import { english } from '../../src/lang/language.ts'
import type { Actions } from '../../src/state/actions.svelte.ts'
import { Device } from '../../src/state/device.svelte.ts'
import { Notices } from '../../src/state/notices.svelte.ts'

afterEach(() => vi.unstubAllGlobals())

it('the switch for notifications goes back when the browser refuses them', async () => {
  let refuse: () => void = () => undefined
  const answer = new Promise<string>((resolve) => (refuse = () => resolve('denied')))
  vi.stubGlobal('Notification', { permission: 'default', requestPermission: () => answer })
  const device = new Device(new Notices(), {} as Actions, english)
  const choosing = device.setNotifies(true)
  // What is switched on is shown so: a view hears only of changes.
  expect(device.notifies).toBe(true)
  refuse()
  await choosing
  expect(device.notifies).toBe(false)
})
