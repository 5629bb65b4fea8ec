import { expect, it } from 'vitest'
import type { FileView, ShareView } from '@ringdrop/shared/node/snapshot.ts'
import { isLeftOut } from '../../src/lib/preview.ts'
import { shareView } from './views.ts'

const FILE: FileView = {
  path: ['b.mp4'],
  sizeBytes: 100,
  verifiedBytes: 40,
  isSelected: false,
  priority: 'skip',
}
const PAUSED: ShareView['state'] = { name: 'paused', because: 'person' }

it.each<[string, ShareView['state'], Partial<FileView>, boolean]>([
  ['the rest is fetched', { name: 'leeching' }, {}, true],
  ['the last of the rest is fetched', { name: 'endgame' }, {}, true],
  ['the rest is here', { name: 'seeding' }, {}, true],
  ['it is fetched already', { name: 'leeching' }, { isSelected: true, priority: 'low' }, false],
  ['all of it is here', { name: 'seeding' }, { verifiedBytes: 100 }, false],
  ['the share is paused', PAUSED, {}, false],
])('a file that is played is chosen where it is left out: %s', (_, state, file, isChosen) => {
  expect(isLeftOut(shareView({ state }), { ...FILE, ...file })).toBe(isChosen)
})
