import { expect, it } from 'vitest'
import { equalBytes } from '../../src/kernel/bytes.ts'
import { makeTestShare } from '../../sim/nodes/node-share.ts'
import { NodeWorld } from '../../sim/nodes/node-world.ts'

const share = makeTestShare(6_000_000, 7, 'postcard.mp4')
const { infoHash } = share.info

/** Round trips that a download takes over a line without a limit, all that comes before the first block included. */
function roundTrips(latencyMs: number): number {
  const world = new NodeWorld({ latencyMs: () => latencyMs })
  const [near, far] = [world.add('near'), world.add('far')]
  world.seed(far, share)
  world.pass(60_000)
  const startedAt = world.now
  world.download(near, infoHash)
  world.until(() => near.stateOf(infoHash) === 'seeding', 600_000)
  expect(equalBytes(near.stored.get(infoHash)!, share.content)).toBe(true)
  return (world.now - startedAt) / (2 * latencyMs)
}

/** By satellite, or over a line whose queue is long: with a fixed second of requests, 89 round trips at 1.4 s. */
it.each([350, 700, 1_500])(
  'somebody %i ms away each way is asked for ever more, until the line is full',
  (ms) => {
    expect(roundTrips(ms)).toBeLessThan(15)
  },
)
