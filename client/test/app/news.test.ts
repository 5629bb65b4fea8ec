import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { News } from '../../src/app/news.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** When views were told, and those who wait for bytes, while something changes every so often. */
function told(changes: readonly number[]) {
  const [views, waiting]: [number[], number[]] = [[], []]
  const from = performance.now()
  const note = (list: number[]) => () => void list.push(performance.now() - from)
  const news = new News(note(waiting), note(views))
  for (const at of changes) setTimeout(() => news.changed(), at)
  vi.runAllTimers()
  return { views, waiting }
}

it('a change after a rest is told within a tenth of a second', () => {
  expect(told([0, 1000]).views).toEqual([100, 1100])
})

it('what follows at once is told with it', () => {
  expect(told([0, 1, 50, 99]).views).toEqual([100])
})

it('changes without an end are told four times a second, and those who wait for bytes hear of them sooner', () => {
  const { views, waiting } = told(Array.from({ length: 200 }, (_, at) => at * 10))
  expect(views.slice(0, 4)).toEqual([100, 350, 600, 850])
  expect(waiting.slice(0, 4)).toEqual([100, 210, 350, 460])
})

it('the last change is told', () => {
  const { views } = told([0, 101])
  expect(views).toEqual([100, 350])
})
