import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test } from './fixtures.ts'
import type { Line } from './internet.ts'

/** The sender's line. `least`: share of its upstream that the file itself must get, all waits included. */
const LINES: readonly { readonly name: string; readonly line: Line; readonly least: number }[] = [
  {
    name: 'a home line with a bloated queue',
    line: { upKbit: 2_000, downKbit: 16_000, queueMs: 800, lossPercent: 0 },
    least: 0.2,
  },
  {
    name: 'a mobile line that loses 1 % of the packets',
    line: { upKbit: 3_000, downKbit: 8_000, queueMs: 300, lossPercent: 1 },
    least: 0.1,
  },
  {
    name: 'wireless at the edge of its reach that loses 5 %',
    line: { upKbit: 4_000, downKbit: 4_000, queueMs: 150, lossPercent: 5 },
    least: 0.03,
  },
]

for (const { name, line, least } of LINES) {
  test(`${name}: every byte arrives, and the line is used`, async ({ world: { internet, openAt } }) => {
    const homes = [internet.home('portRestricted'), internet.home('portRestricted')] as const
    const file = makeFile(scratch(), 'far.bin', 2 * MiB, 91)
    const sender = await openAt(homes[0])
    const { link, infoHash } = await sender.app.shareFiles(file.path)
    const receiver = await openAt(homes[1], new URL(link).hash)
    await receiver.app.untilShare(
      ({ state, peers }) => state.name === 'offered' && peers.length > 0,
      infoHash,
    )
    // The line gets bad only now: a page that loads over it says nothing of transfers.
    internet.shape(homes[0], line)
    const startedAt = Date.now()
    await receiver.app.download()
    await receiver.app.untilDone(infoHash, 90_000)
    const seconds = (Date.now() - startedAt) / 1000
    const used = (2 * MiB * 8) / 1000 / seconds / line.upKbit
    console.log(`${name}: 2 MiB in ${seconds.toFixed(1)} s, ${(100 * used).toFixed(0)} % of the line`)
    expect((await receiver.app.save(infoHash)).sha).toBe(file.sha)
    expect(used).toBeGreaterThan(least)
  })
}

/** As far as a satellite: a round trip of 0.6 s, and all that finds, introduces and proves peers takes several of them. */
test('somebody 300 ms away each way: found, linked, and every byte arrives', async ({
  world: { internet, openAt },
}) => {
  const far = await internet.farHome('portRestricted', 300)
  const file = makeFile(scratch(), 'postcard.bin', MiB, 92)
  const sender = await openAt(far)
  const { link, infoHash } = await sender.app.shareFiles(file.path)
  const receiver = await openAt(internet.home('portRestricted'), new URL(link).hash)
  await receiver.app.download()
  await receiver.app.untilDone(infoHash, 90_000)
  expect((await receiver.app.save(infoHash)).sha).toBe(file.sha)
  expect(await receiver.paths()).toEqual([expect.stringMatching(/^srflx ↔ (srflx|prflx)/)])
  const table = await receiver.connections()
  const trip = Number(
    /(\d+)\s+ms/.exec(
      await table
        .getByText(/^\d+\s+ms$/)
        .first()
        .innerText(),
    )?.[1],
  )
  expect(trip).toBeGreaterThanOrEqual(600)
})

/** Counts the lanes that a page makes or takes, and what went over them. */
const COUNT_LANES = `
  const make = RTCPeerConnection.prototype.createDataChannel
  globalThis.lanes = []
  RTCPeerConnection.prototype.createDataChannel = function (label, options) {
    const channel = make.call(this, label, options)
    if (label !== 'lane') return channel
    const lane = { receivedBytes: 0 }
    globalThis.lanes.push(lane)
    channel.addEventListener('message', ({ data }) => (lane.receivedBytes += data.byteLength))
    return channel
  }
`

test('somebody 75 ms away each way sends over several connections, and every byte arrives', async ({
  world: { internet, openAt },
}) => {
  const file = makeFile(scratch(), 'album.bin', 8 * MiB, 93)
  const sender = await openAt(await internet.farHome('portRestricted', 75), '', COUNT_LANES)
  const { link, infoHash } = await sender.app.shareFiles(file.path)
  const receiver = await openAt(internet.home('portRestricted'), new URL(link).hash, COUNT_LANES)
  await receiver.app.download()
  await receiver.app.untilDone(infoHash, 90_000)
  expect((await receiver.app.save(infoHash)).sha).toBe(file.sha)
  const received = await receiver.app.page.evaluate(() =>
    (globalThis as unknown as { lanes: { receivedBytes: number }[] }).lanes.map((each) => each.receivedBytes),
  )
  console.log(
    `8 MiB from 75 ms away: ${received.map((each) => (each / MiB).toFixed(1)).join(', ')} MiB over lanes`,
  )
  expect(received.length).toBeLessThanOrEqual(3)
  expect(Math.max(...received)).toBeGreaterThan(MiB / 2)
})
