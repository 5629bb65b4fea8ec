import { afterEach, describe, expect, it } from 'vitest'
import { LateWorker } from '../../src/adapters/late-worker.ts'

/** A worker that sends back what it gets. */
const ECHO = `self.onmessage = ({ data }) => self.postMessage(data); self.postMessage('ready')`
const urlOf = (code: string) => URL.createObjectURL(new Blob([code], { type: 'text/javascript' }))
const startOf = (url: string) => new Worker(url, { type: 'module' })

describe('a worker whose code may be out of reach', () => {
  let worker: LateWorker<unknown, unknown> | undefined
  afterEach(() => worker?.terminate())

  it('is fetched again until it runs, and then gets all that was posted, in order', async () => {
    const urls = [urlOf('').replace(/.$/, '-'), urlOf('this is no code'), urlOf(ECHO)]
    const heard: unknown[] = []
    const told: unknown[] = []
    let made = 0
    worker = new LateWorker(
      () => startOf(urls[made++] ?? ''),
      (answer) => heard.push(answer),
      (isMissing) => told.push([isMissing, made]),
    )
    const memory = new ArrayBuffer(8)
    worker.post('first')
    worker.post(memory, [memory])
    worker.post('last')
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(4)
    expect(heard).toEqual(['ready', 'first', new ArrayBuffer(8), 'last'])
    expect(memory.byteLength).toBe(0)
    expect(made).toBe(3)
    // One failure is an accident and not worth a word.
    expect(told).toEqual([
      [true, 2],
      [false, 3],
    ])
  })

  it('is not begun anew by an error of its own once it runs', async () => {
    const url = urlOf(`self.onmessage = () => { throw new Error('bad luck') }; self.postMessage('ready')`)
    const heard: unknown[] = []
    let made = 0
    const errors: string[] = []
    const make = () => {
      made++
      const started = startOf(url)
      started.addEventListener('error', (event) => {
        event.preventDefault()
        errors.push(event.message)
      })
      return started
    }
    worker = new LateWorker(make, (answer) => heard.push(answer))
    worker.post('anything')
    await expect.poll(() => errors.length).toBe(1)
    expect(heard).toEqual(['ready'])
    expect(made).toBe(1)
  })
})
