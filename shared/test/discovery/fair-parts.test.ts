import { expect, it } from 'vitest'
import { fairParts } from '../../src/discovery/fair-parts.ts'

it.each<[readonly number[], number, readonly number[]]>([
  [[], 10, []],
  [[3, 4], 10, [3, 4]],
  [[100, 2], 10, [8, 2]],
  [[100, 100, 1], 10, [4, 5, 1]],
  [[5, 5, 5], 2, [0, 1, 1]],
  [[5], -1, [0]],
])('of %j, where there are %i, each has its part', (wanted, whole, parts) => {
  expect(fairParts(wanted, whole)).toEqual(parts)
})
