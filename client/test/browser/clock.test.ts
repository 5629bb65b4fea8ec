import { vi } from 'vitest'
import { clockContract } from '@ringdrop/shared/contracts/clock.contract.ts'
import { browserClock } from '../../src/adapters/browser-clock.ts'

clockContract('the page', () => ({
  clock: browserClock,
  settle: (condition) => vi.waitUntil(condition, { timeout: 5000, interval: 5 }).then(() => undefined),
}))
