import { afterEach, describe, expect, it } from 'vitest'
import { MediaServer } from '../../src/app/media-server.ts'
import { MEDIA_CHANNEL, type MediaAnswer, type MediaMessage } from '../../src/workers/media-protocol.ts'
import { makeRuntime, makeShare } from './test-runtime.ts'

const ended: (() => void)[] = []
afterEach(() => {
  for (const end of ended.splice(0)) end()
})

/** A download of two films, of which the second is left out and nothing is here yet. */
function setUp() {
  const { runtime } = makeRuntime()
  const { info } = makeShare('films', ['a.mp4', 'b.mp4'])
  const { infoHash } = info
  runtime.openFiles(info, null)
  const share = { info, start: 'offer', isSource: false, selection: null, isUnlisted: false } as const
  runtime.feed({ type: 'addShare', share: { ...share, trees: new Map() } })
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
  const read = (file: number) => {
    const request: MediaMessage = { type: 'read', id: String(file), infoHash, file, offset: 0 }
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
  return { read, untilAnswered, pause }
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
