import { afterEach, describe, expect, it, vi } from 'vitest'
import { MediaServer } from '../../src/app/media-server.ts'
import { MEDIA_CHANNEL, type MediaAnswer, type MediaMessage } from '../../src/workers/media-protocol.ts'
import { makeRuntime, makeShare } from './test-runtime.ts'

const ended: (() => void)[] = []
afterEach(() => {
  for (const end of ended.splice(0)) end()
})

/** A download of two films, of which the second is left out and nothing is here yet. */
function setUp(start: 'offer' | 'check' = 'offer') {
  const { runtime } = makeRuntime()
  runtime.isRestored = true
  const { info } = makeShare('films', ['a.mp4', 'b.mp4'])
  const { infoHash } = info
  runtime.openFiles(info, null)
  const share = { info, start, isSource: false, selection: [0], isUnlisted: false } as const
  runtime.feed({ type: 'addShare', share: { ...share, trees: new Map() } })
  if (start === 'offer')
    runtime.feed({ type: 'command', infoHash, command: { type: 'download', files: [0] } })
  const media = new MediaServer(runtime)
  const channel = new BroadcastChannel(MEDIA_CHANNEL)
  const answers: MediaAnswer[] = []
  let heard = (): void => undefined
  channel.onmessage = ({ data }) => {
    answers.push(data as MediaAnswer)
    heard()
  }
  ended.push(() => (media.stop(), channel.close(), runtime.stop()))
  const read = (file: number, id = String(file)) => {
    const request: MediaMessage = { type: 'read', id, infoHash, file, offset: 0 }
    channel.postMessage(request)
  }
  const untilAnswered = () =>
    new Promise<readonly MediaAnswer[]>((resolve) => {
      heard = () => resolve(answers)
      if (answers.length > 0) heard()
    })
  const pause = () => {
    runtime.feed({ type: 'command', infoHash, command: { type: 'pause' } })
    media.onChange()
  }
  return { runtime, media, infoHash, read, untilAnswered, pause }
}

describe('a player that asks for bytes which do not come', () => {
  it('is told so at once, of a file that is left out; it waits for one that is fetched', async () => {
    const { read, untilAnswered } = setUp()
    // Asked in this order, and answered in it where both are answered at once.
    read(0)
    read(1)
    expect(await untilAnswered()).toEqual([{ type: 'none', id: '1' }])
  })

  it('is told so at once, of a share that is paused', async () => {
    const { read, untilAnswered, pause } = setUp()
    pause()
    read(0)
    expect(await untilAnswered()).toEqual([{ type: 'none', id: '0' }])
  })

  it('waits no longer when the share is paused', async () => {
    const { read, untilAnswered, pause } = setUp()
    read(0)
    read(1)
    await untilAnswered()
    pause()
    read(1)
    const answered = async () => (await untilAnswered()).map(({ id }) => id)
    await expect.poll(answered).toEqual(['1', '0', '1'])
  })
})

it('what a player waits for is fetched first as soon as the share has been checked', async () => {
  const { runtime, media, infoHash, read, untilAnswered } = setUp('check')
  read(0)
  read(1)
  expect(await untilAnswered()).toEqual([{ type: 'none', id: '1' }])
  const feed = vi.spyOn(runtime, 'feed')
  runtime.feed({ type: 'storeResults', infoHash, results: [{ type: 'checked', bits: new Uint8Array(1) }] })
  media.onChange()
  media.onChange()
  const played = { type: 'command', infoHash, command: { type: 'play', at: { file: 0, offset: 0 } } }
  expect(feed.mock.calls.filter(([input]) => input.type === 'command')).toEqual([[played]])
})

describe('a question that is asked over and over, since another tab may run the node by then', () => {
  it('is answered once', async () => {
    const { read, untilAnswered, pause } = setUp()
    read(0)
    read(0)
    read(1)
    await untilAnswered()
    pause()
    read(1, 'last')
    const answered = async () => (await untilAnswered()).map(({ id }) => id)
    await expect.poll(answered).toContain('last')
    expect(await answered()).toEqual(['1', '0', 'last'])
  })

  it('is not answered while shares are still being brought back', async () => {
    const { runtime, read, untilAnswered } = setUp()
    let asked = 0
    Object.defineProperty(runtime, 'isRestored', { get: () => asked++ > 0 })
    read(1, 'early')
    read(1, 'late')
    const answered = async () => (await untilAnswered()).map(({ id }) => id)
    await expect.poll(answered).toContain('late')
    expect(await answered()).toEqual(['late'])
  })
})
