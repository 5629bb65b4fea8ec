import { expect, it } from 'vitest'
import type { TestNode } from '../../sim/nodes/node-world.ts'
import { makeTestShare } from '../../sim/nodes/node-share.ts'
import { NodeWorld } from '../../sim/nodes/node-world.ts'

const RATE = 64 * 1024
const SECONDS = 90

it.each([
  ['upload', { uploadRate: RATE, downloadRate: Infinity }],
  ['download', { uploadRate: Infinity, downloadRate: RATE }],
] as const)(
  'shares that are on their way at the same time have equal parts of the %s limit',
  (side, rates) => {
    const world = new NodeWorld()
    const limited = world.add('limited')
    world.feed(limited, { type: 'limits', ...rates })
    const got = [1, 2, 3].map((seed) => {
      const share = makeTestShare(8 * 1024 * 1024, seed)
      const other = world.add(`other ${String(seed)}`)
      const [source, receiver]: TestNode[] = side === 'upload' ? [limited, other] : [other, limited]
      const { infoHash } = share.info
      if (source !== undefined) world.seed(source, share)
      if (receiver !== undefined) world.download(receiver, infoHash)
      return () => receiver?.held.get(infoHash)?.count ?? 0
    })
    world.pass(SECONDS * 1000)
    const blocks = got.map((count) => count())
    const sum = blocks.reduce((a, b) => a + b, 0)
    expect(sum).toBeGreaterThan((0.7 * SECONDS * RATE) / 16_384)
    expect(Math.min(...blocks)).toBeGreaterThan(0.25 * sum)
  },
)
