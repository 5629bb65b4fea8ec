import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { askTabs } from '../../src/workers/media-asking.ts'
import { MEDIA_CHANNEL, type MediaAnswer, type MediaMessage } from '../../src/workers/media-protocol.ts'
import { INFO_HASH } from '../ui/views.ts'

const REQUEST = { type: 'read', id: 'a', infoHash: INFO_HASH, file: 0, offset: 0 } as const
const ANSWER: MediaAnswer = { type: 'none', id: 'a' }

let tab: BroadcastChannel
let asked: MediaMessage[] = []
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] })
  asked = []
  tab = new BroadcastChannel(MEDIA_CHANNEL)
  tab.onmessage = ({ data }) => void asked.push(data as MediaMessage)
})
afterEach(() => {
  tab.close()
  vi.useRealTimers()
})

it('asks again until a tab answers: the one that was asked first may be gone', async () => {
  const answer = askTabs(REQUEST, new AbortController().signal)
  await expect.poll(() => asked).toEqual([REQUEST])
  vi.advanceTimersByTime(2_000)
  await expect.poll(() => asked).toEqual([REQUEST, REQUEST])
  tab.postMessage({ ...ANSWER, id: 'of another question' })
  tab.postMessage(ANSWER)
  expect(await answer).toEqual(ANSWER)
  expect(vi.getTimerCount()).toBe(0)
})

it('asks no longer when the player wants something else', async () => {
  const player = new AbortController()
  const answer = askTabs(REQUEST, player.signal)
  player.abort()
  expect(await answer).toBeNull()
  expect(vi.getTimerCount()).toBe(0)
})

it('gives up in the end', async () => {
  const answer = askTabs(REQUEST, new AbortController().signal)
  vi.advanceTimersByTime(120_000)
  expect(await answer).toBeNull()
  expect(vi.getTimerCount()).toBe(0)
})
