import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test, type World } from './fixtures.ts'
import type { Home, Line } from './internet.ts'

/**
 * Not a test but a measurement, which runs only when it is asked for: how fast somebody sends who is 75 ms away each way, with
 * and without lanes in turn (docs/performance.md, "Far peers").
 */
const ROUNDS = Number(process.env['FAR_ROUNDS'] ?? 0)
const MIB = Number(process.env['FAR_MIB'] ?? 12)
const DELAY_MS = 75

const LINES: readonly { readonly name: string; readonly line: Line | null }[] = [
  { name: 'no limit', line: null },
  { name: '20 Mbit/s', line: { upKbit: 20_000, downKbit: 20_000, queueMs: 100, lossPercent: 0 } },
]

/** Counts lanes; where they are off, the page never says that it understands them. */
const script = (mayHaveLanes: boolean): string => `
  const make = RTCPeerConnection.prototype.createDataChannel
  globalThis.laneCount = 0
  RTCPeerConnection.prototype.createDataChannel = function (label, options) {
    const channel = make.call(this, label, options)
    if (label === 'lane') globalThis.laneCount++
    if (label === 'lanes' && !${String(mayHaveLanes)}) channel.send = () => undefined
    return channel
  }
`

async function measure({ openAt }: World, far: Home, near: Home, seed: number, mayHaveLanes: boolean) {
  const file = makeFile(scratch(), 'far.bin', MIB * MiB, seed)
  const sender = await openAt(far, '', script(mayHaveLanes))
  const { link, infoHash } = await sender.app.shareFiles(file.path)
  const receiver = await openAt(near, new URL(link).hash, script(mayHaveLanes))
  await receiver.app.untilShare(({ state, peers }) => state.name === 'offered' && peers.length > 0, infoHash)
  const startedAt = Date.now()
  await receiver.app.download()
  await receiver.app.untilDone(infoHash, 300_000)
  const seconds = (Date.now() - startedAt) / 1000
  const laneCount = await sender.app.page.evaluate(
    () => (globalThis as unknown as { laneCount: number }).laneCount,
  )
  expect((await receiver.app.save(infoHash)).sha).toBe(file.sha)
  for (const { app } of [sender, receiver]) await app.page.context().browser()?.close()
  return { megabits: (MIB * MiB * 8) / 1e6 / seconds, laneCount }
}

for (const { name, line } of ROUNDS > 0 ? LINES : []) {
  test(`from 75 ms away each way, ${name}`, async ({ world }) => {
    test.setTimeout(ROUNDS * 600_000)
    const far = await world.internet.farHome('portRestricted', DELAY_MS)
    const near = world.internet.home('portRestricted')
    if (line !== null) world.internet.shape(far, line)
    for (let round = 0; round < ROUNDS; round++)
      for (const mayHaveLanes of round % 2 === 0 ? [false, true] : [true, false]) {
        const { megabits, laneCount } = await measure(world, far, near, 200 + round, mayHaveLanes)
        const speed = `${megabits.toFixed(2)} Mbit/s`
        console.log(`${name}, round ${String(round + 1)}: ${speed} over ${String(laneCount)} lanes`)
      }
  })
}
