import { expect, it } from 'vitest'
import { SharePresence } from '../../src/lib/share-presence.ts'

it.each<[string, [isThere: boolean, session: string | null, next: string][]]>([
  [
    'is opened once a node runs',
    [
      [false, null, 'stay'],
      [false, 'a', 'open'],
      [true, 'a', 'stay'],
    ],
  ],
  [
    'is not opened where it is, nor again once it was removed',
    [
      [true, 'a', 'stay'],
      [false, 'a', 'leave'],
    ],
  ],
  [
    'is opened by the tab that took over',
    [
      [true, 'a', 'stay'],
      [false, 'b', 'open'],
      [true, 'b', 'stay'],
      [false, 'b', 'leave'],
    ],
  ],
  [
    'is opened anew when the tab that ran the node was closed before it did so',
    [
      [false, 'a', 'open'],
      [false, 'b', 'open'],
    ],
  ],
])('the share of a page %s', (_, steps) => {
  const presence = new SharePresence()
  for (const [isThere, session, next] of steps) expect(presence.next(isThere, session)).toBe(next)
})
