import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, test, type World } from './fixtures.ts'
import type { Home } from './internet.ts'

/** Hands a file over from one home to another. @returns the kinds of candidates of the path, at the receiver. */
async function handOver({ openAt }: World, from: Home, to: Home): Promise<string[]> {
  const file = makeFile(scratch(), 'six.bin', 2 * MiB, 96)
  const sender = await openAt(from)
  const { link, infoHash } = await sender.app.shareFiles(file.path)
  const receiver = await openAt(to, new URL(link).hash)
  await receiver.app.download()
  await receiver.app.untilDone(infoHash, 60_000)
  expect((await receiver.app.save(infoHash)).sha).toBe(file.sha)
  return receiver.paths()
}

test.describe('two homes with IPv6 alone', () => {
  test.use({ ipVersions: [6] })

  test('connect directly through firewalls that let in only answers', async ({ world }) => {
    const paths = await handOver(world, world.internet.home6(), world.internet.home6())
    expect(paths).toEqual([expect.stringMatching(/^(host|srflx|prflx) ↔ (host|srflx|prflx)/)])
  })
})

test.describe('a home with IPv4 alone and one with IPv6 alone', () => {
  test.use({ ipVersions: [4, 6] })

  test('connect over the relay, which has both', async ({ world }) => {
    const paths = await handOver(world, world.internet.home('portRestricted'), world.internet.home6())
    expect(paths).toEqual([expect.stringMatching(/relay/)])
  })
})
