import { afterEach, expect, it, vi } from 'vitest'
import { HOME_HASH, NETWORK_HASH } from '../../src/lib/route.ts'
import { Router } from '../../src/state/router.svelte.ts'

afterEach(() => vi.unstubAllGlobals())

it('is at home at once: the news of the new address may come after that of the removed share', () => {
  const address = { hash: NETWORK_HASH }
  vi.stubGlobal('location', address)
  vi.stubGlobal('addEventListener', () => undefined)
  vi.stubGlobal('removeEventListener', () => undefined)
  const router = new Router()
  const stop = router.start()
  expect(router.route.page).toBe('network')
  router.goHome()
  expect(router.route.page).toBe('home')
  expect(address.hash).toBe(HOME_HASH)
  stop()
})
