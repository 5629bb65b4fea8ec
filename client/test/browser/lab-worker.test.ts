import { afterEach, expect, it } from 'vitest'
import type { LabFrame, LabOptions } from '@ringdrop/shared/sim/lab/lab-frame.ts'
import type { LabAnswer, LabCommand } from '../../src/workers/lab-protocol.ts'

let worker: Worker | undefined
afterEach(() => worker?.terminate())

const OPTIONS: LabOptions = {
  system: 'ring',
  peers: 200,
  seed: 1,
  routing: 'full',
  mode: 'classic',
  ttl: 5,
}

it('builds the network that was asked for last, and does to it what was said since', async () => {
  worker = new Worker(new URL('../../src/workers/lab.worker.ts', import.meta.url), { type: 'module' })
  const frames: LabFrame[] = []
  let isReady = false
  worker.onmessage = ({ data }: MessageEvent<LabAnswer>) => {
    isReady ||= data.type === 'ready'
    if (data.type === 'frame') frames.push(data.frame)
  }
  await expect.poll(() => isReady, { timeout: 10_000 }).toBe(true)
  const tell = (command: LabCommand) => worker?.postMessage(command)
  tell({ type: 'open', options: OPTIONS, network: 1 })
  tell({ type: 'kill', share: 0.5 })
  tell({ type: 'open', options: { ...OPTIONS, peers: 100 }, network: 2 })
  tell({ type: 'open', options: { ...OPTIONS, peers: 8 }, network: 3 })
  tell({ type: 'kill', share: 0.25 })
  await expect.poll(() => frames.length, { timeout: 10_000 }).toBeGreaterThan(1)
  expect(frames[0]?.nodes).toHaveLength(6)
  expect(frames.every(({ nodes }) => nodes.length <= 8)).toBe(true)
})
