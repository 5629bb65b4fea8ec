import { carryInvite } from '../pages/invite.ts'
import { expect, test } from './fixtures.ts'

test.use({ hasTurn: false })

/** Counts how often the browser gave up a connection. */
const COUNT_FAILURES = `
  globalThis.failures = 0
  const Original = RTCPeerConnection
  globalThis.RTCPeerConnection = class extends Original {
    constructor(...args) {
      super(...args)
      this.addEventListener('connectionstatechange', () => {
        if (this.connectionState === 'failed') globalThis.failures++
      })
    }
  }`

test('people take their time to carry an invite between two port-restricted homes: it still connects', async ({
  world: { internet, openAt },
}) => {
  const host = await openAt(internet.home('portRestricted'))
  await host.connections()
  // Whoever comes later is not introduced by the server.
  await host.app.page.getByRole('switch', { name: 'Disconnect from server' }).check()
  const guest = await openAt(internet.home('portRestricted'), '', COUNT_FAILURES)
  const failures = () =>
    guest.app.page.evaluate(() => (globalThis as unknown as { failures: number }).failures)
  // After the first time it has looked again: the router at home still lets the answer in.
  const meanwhile = () => expect.poll(failures, { timeout: 90_000 }).toBe(2)
  await carryInvite(host.app, guest.app, meanwhile)
  for (const { app } of [host, guest])
    await expect(app.page.getByRole('status').filter({ hasText: /^\s*Connected/ })).toBeVisible()
  expect(await guest.paths()).toEqual([expect.stringMatching(/^(srflx|prflx) ↔ (srflx|prflx)/)])
})
