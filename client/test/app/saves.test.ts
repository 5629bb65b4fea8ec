import { describe, expect, it, vi } from 'vitest'
import { saveStream } from '../../src/lib/save-stream.ts'
import { parseSaveUrl, savePath } from '../../src/workers/save-protocol.ts'
import { Saves } from '../../src/workers/saves.ts'

const MiB = 1024 * 1024
const SCOPE = 'https://example.org/app/'

/** A page that saves a stream through a worker, and a browser that fetches what the worker serves. */
function setUp(isKnowing = true) {
  const saves = new Saves()
  const postMessage = (message: never, [port]: MessagePort[]) => {
    // As between threads: after the caller is done.
    if (port !== undefined && isKnowing) queueMicrotask(() => saves.onMessage(message, port))
  }
  let answered: (response: Response) => void
  const response = new Promise<Response>((resolve) => (answered = resolve))
  const fetch = (path: string) => {
    const id = parseSaveUrl(new URL(path, SCOPE), SCOPE)
    if (id !== null) answered(saves.respond(id, { 'x-content-type-options': 'nosniff' }))
  }
  const counts = { read: 0 }
  const streamOf = (parts: number, isWhole = true) =>
    new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          if (counts.read === parts && isWhole) return controller.close()
          if (counts.read === parts) return controller.error(new Error('unreadable'))
          controller.enqueue(new Uint8Array(MiB).fill(++counts.read))
        },
      },
      { highWaterMark: 0 },
    )
  const save = (stream: ReadableStream<Uint8Array>, sizeBytes: number) =>
    saveStream(
      'al’bum (1).zip',
      stream,
      sizeBytes,
      { postMessage } as Pick<ServiceWorker, 'postMessage'>,
      fetch,
    )
  return { saves, save, streamOf, response, counts }
}

describe('a stream that is saved through the service worker', () => {
  it('arrives whole, as a file that is saved whatever it is', async () => {
    const { save, streamOf, response } = setUp()
    const outcome = save(streamOf(3), 3 * MiB)
    const { headers, body } = await response
    expect(Object.fromEntries(headers)).toEqual({
      'content-disposition': "attachment; filename*=UTF-8''al%E2%80%99bum%20%281%29.zip",
      'content-length': String(3 * MiB),
      'content-type': 'application/octet-stream',
      'x-content-type-options': 'nosniff',
    })
    const bytes = new Uint8Array(await new Response(body).arrayBuffer())
    expect([bytes.length, bytes[0], bytes.at(-1)]).toEqual([3 * MiB, 1, 3])
    expect(await outcome).toBe('saved')
  })

  it('is read no faster than the browser writes it', async () => {
    const { save, streamOf, response, counts } = setUp()
    const outcome = save(streamOf(50), 50 * MiB)
    const reader = (await response).body?.getReader()
    expect(counts.read).toBe(0)
    await reader?.read()
    await reader?.read()
    expect(counts.read).toBe(2)
    await reader?.cancel()
    expect(await outcome).toBe('cancelled')
    expect(counts.read).toBe(2)
  })

  it('is broken off, and not ended, when the rest can’t be read', async () => {
    const { save, streamOf, response } = setUp()
    const outcome = save(streamOf(2, false), 3 * MiB)
    await expect((await response).arrayBuffer()).rejects.toThrow()
    expect(await outcome).toBe('unread')
  })

  it('is saved another way when the worker is of another version, or the browser does not fetch it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    const { save, streamOf, counts } = setUp(false)
    const outcome = save(streamOf(3), 3 * MiB)
    vi.advanceTimersByTime(15_000)
    expect([await outcome, counts.read]).toEqual(['refused', 0])
    vi.useRealTimers()
  })

  it('ends with a word when the worker has been stopped', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] })
    const first = setUp()
    const outcome = first.save(first.streamOf(50), 50 * MiB)
    await (await first.response).body?.getReader().read()
    // The browser starts it anew for the next message.
    Object.assign(first.saves, { onMessage: new Saves().onMessage.bind(new Saves()) })
    vi.advanceTimersByTime(10_000)
    expect(await outcome).toBe('failed')
    vi.useRealTimers()
  })

  it('is served once, and under no other address', () => {
    const id = crypto.randomUUID()
    expect(parseSaveUrl(new URL(savePath(id), SCOPE), SCOPE)).toBe(id)
    for (const path of ['./save/', `./save/${id}/x`, `./other/save/${id}`, '/save/x'])
      expect(parseSaveUrl(new URL(path, SCOPE), SCOPE)).toBeNull()
    const saves = new Saves()
    const { port1, port2 } = new MessageChannel()
    saves.onMessage({ type: 'save', id, name: 'a', sizeBytes: 1 }, port1)
    expect([saves.respond(id, {}).status, saves.respond(id, {}).status]).toEqual([200, 404])
    expect(saves.respond(crypto.randomUUID(), {}).status).toBe(404)
    for (const port of [port1, port2]) port.close()
  })
})
