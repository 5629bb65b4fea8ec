import { parseInfoHash, type InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { expect, it } from 'vitest'
import { english } from '../../src/lang/language.ts'
import { changesBetween } from '../../src/lib/activity.ts'
import { Notices } from '../../src/state/notices.svelte.ts'
import { appSnapshot, shareView } from './views.ts'

const OTHER = parseInfoHash('56'.repeat(32)) as InfoHash

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
  notices.say('Copied')
  expect(notices.spoken).toBe('Copied\u00a0')
})
