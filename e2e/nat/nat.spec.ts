import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test } from './fixtures.ts'
import { handOver } from './hand-over.ts'

const DIRECT = /^(host|srflx|prflx) ↔ (host|srflx|prflx)/
const RELAYED = /relay/

test('two computers of one home connect inside of it', async ({ world: { internet, openAt } }) => {
  const home = internet.home('portRestricted')
  const sender = await openAt(home)
  const paths = await handOver(sender, (hash) => openAt(internet.neighbour(home), hash), 1)
  expect(paths).toEqual([expect.stringMatching(/^(host|prflx) ↔ (host|prflx)/)])
})

test('two homes with port-restricted routers connect without a relay', async ({
  world: { internet, openAt },
}) => {
  const sender = await openAt(internet.home('portRestricted'))
  const paths = await handOver(sender, (hash) => openAt(internet.home('portRestricted'), hash), 2)
  expect(paths).toEqual([expect.stringMatching(DIRECT)])
})

for (const [name, a, b] of [
  ['one symmetric router', 'symmetric', 'portRestricted'],
  ['two symmetric routers', 'symmetric', 'symmetric'],
] as const) {
  test(`${name}: the path falls back to the relay by itself`, async ({ world: { internet, openAt } }) => {
    const sender = await openAt(internet.home(a))
    const paths = await handOver(sender, (hash) => openAt(internet.home(b), hash), 3)
    expect(paths).toEqual([expect.stringMatching(RELAYED)])
  })
}

test('where UDP is blocked, the relay is reached over TCP', async ({ world: { internet, openAt } }) => {
  const [strict, other] = [internet.home('portRestricted'), internet.home('portRestricted')]
  internet.blockUdp(strict)
  const sender = await openAt(strict)
  const paths = await handOver(sender, (hash) => openAt(other, hash), 4)
  expect(paths).toEqual([expect.stringMatching(RELAYED)])
})

test('only through a relay: no address of ours leaves, and both ends connect', async ({
  world: { internet, openAt },
}) => {
  const sender = await openAt(internet.home('portRestricted'))
  await sender.setSwitch('Only through a relay', true)
  const receiverHome = internet.home('portRestricted')
  const paths = await handOver(sender, (hash) => openAt(receiverHome, hash), 5)
  expect(paths).toEqual([expect.stringMatching(RELAYED)])
  const signals = sender.sent.filter((frame) => /candidate|sdp/.test(frame))
  expect(signals.join()).toMatch(/typ relay/)
  expect(signals.join()).not.toMatch(/typ (host|srflx|prflx)|192\.168\.|203\.0\.113\.11|\.local/)
})

test('a computer changes its address in the middle of a transfer, which goes on', async ({
  world: { internet, openAt },
}) => {
  const [mobile, other] = [internet.home('portRestricted'), internet.home('portRestricted')]
  const file = makeFile(scratch(), 'long.bin', 24 * MiB, 6)
  const sender = await openAt(mobile)
  await sender.app.limitUpload(1024)
  const { link, infoHash } = await sender.app.shareFiles(file.path)
  const receiver = await openAt(other, new URL(link).hash)
  await receiver.app.download()
  await receiver.app.untilShare((share) => share.verifiedBytes > 3 * MiB, infoHash)
  const changedAt = Date.now()
  internet.changeAddress(mobile)
  // What was under way may still arrive; more than that comes over the new path.
  const before = (await receiver.app.share(infoHash))?.verifiedBytes ?? 0
  await receiver.app.untilShare((share) => share.verifiedBytes > before + 2 * MiB, infoHash, 30_000)
  const seconds = (Date.now() - changedAt) / 1000
  console.log(`bytes flowed again within ${seconds.toFixed(1)} s of the change`)
  expect(seconds).toBeLessThan(20)
  await sender.app.limitUpload(0)
  await receiver.app.untilDone(infoHash, 60_000)
  expect((await receiver.app.save(infoHash)).sha).toBe(file.sha)
})
