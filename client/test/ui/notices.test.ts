import { parseInfoHash, type InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { english } from '../../src/lang/language.ts'
import { changesBetween } from '../../src/lib/activity.ts'
import { Notices } from '../../src/state/notices.svelte.ts'
import { appSnapshot, shareView } from './views.ts'

const OTHER = parseInfoHash('56'.repeat(32)) as InfoHash

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('speaks of all that happened at one moment', () => {
  const shares = [shareView(), shareView({ infoHash: OTHER, name: 'b.bin' })]
  const after = shares.map((share) => ({ ...share, state: { name: 'seeding' } as const }))
  const notices = new Notices()
  notices.say(...changesBetween(english, appSnapshot(shares), appSnapshot(after)))
  expect(notices.spoken).toMatch(/^film\.mp4 is complete.*\. b\.bin is complete/)
})

it('is not silenced by a moment at which nothing happened', () => {
  const notices = new Notices()
  notices.say('Copied')
  notices.say(...changesBetween(english, appSnapshot([]), appSnapshot([])))
  expect(notices.spoken).toBe('Copied')
  vi.advanceTimersByTime(1_000)
  notices.say('Copied')
  expect(notices.spoken).toBe('Copied\u00a0')
})

it('lets each text be heard: what comes too soon is said together, after it', () => {
  const notices = new Notices()
  notices.show('Copied')
  notices.show('The disk is full', 'bad')
  notices.say('a.bin is complete')
  expect(notices.spoken).toBe('Copied')
  vi.advanceTimersByTime(1_000)
  expect(notices.spoken).toBe('The disk is full. a.bin is complete')
  vi.advanceTimersByTime(1_000)
  notices.say('Saved')
  expect(notices.spoken).toBe('Saved')
})
