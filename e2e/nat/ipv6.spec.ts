import { expect, test } from './fixtures.ts'
import { handOver } from './hand-over.ts'

test.describe('two homes with IPv6 alone', () => {
  test.use({ ipVersions: [6] })

  test('connect directly through firewalls that let in only answers', async ({
    world: { internet, openAt },
  }) => {
    const sender = await openAt(internet.home6())
    const paths = await handOver(sender, (hash) => openAt(internet.home6(), hash), 96)
    expect(paths).toEqual([expect.stringMatching(/^(host|srflx|prflx) ↔ (host|srflx|prflx)/)])
  })
})

test.describe('a home with IPv4 alone and one with IPv6 alone', () => {
  test.use({ ipVersions: [4, 6] })

  test('connect over the relay, which has both', async ({ world: { internet, openAt } }) => {
    const sender = await openAt(internet.home('portRestricted'))
    const paths = await handOver(sender, (hash) => openAt(internet.home6(), hash), 97)
    expect(paths).toEqual([expect.stringMatching(/relay/)])
  })
})
