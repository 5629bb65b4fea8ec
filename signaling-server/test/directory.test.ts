import { describe, expect, it } from 'vitest'
import { infoHash, join, startServer } from './helpers.ts'

const listing = (name: string, share = 1) => ({
  root: 'ab'.repeat(32),
  infoHash: infoHash(share),
  name,
  sizeBytes: 10,
})
const update = (name: string, share = 1) => ({
  reset: false,
  add: [{ infoHash: infoHash(share), listings: [listing(name, share)] }],
  withdraw: [],
})
const words = (...list: string[]) => ({ criteria: { by: 'words', words: list }, limit: 10 })

describe('directory', () => {
  it('lists, finds, and forgets with the socket', async () => {
    const running = await startServer()
    const [ann, bob] = [await join(running), await join(running)]
    expect(await ann.ask('directoryUpdate', update('Beach party.jpg'))).toMatchObject({ ok: true })
    const hits = [{ listing: listing('Beach party.jpg'), providers: [ann.peer.id] }]
    expect(await bob.ask('directorySearch', words('beach', 'par'))).toEqual({ ok: true, hits, peers: [] })
    const byHash = { criteria: { by: 'infoHash', infoHash: infoHash(1) }, limit: 10 }
    expect(await bob.ask('directorySearch', byHash)).toEqual({ ok: true, hits: [], peers: [ann.peer.id] })
    expect(await running.metric('ringdrop_directory_files')).toBe(1)
    ann.socket.disconnect()
    await expect
      .poll(() => bob.ask('directorySearch', words('beach')))
      .toEqual({ ok: true, hits: [], peers: [] })
    expect(await running.metric('ringdrop_directory_files')).toBe(0)
  })

  it('is refused where the role is off', async () => {
    const client = await join(await startServer({ ROLES: 'tracker' }))
    expect(await client.ask('directoryUpdate', update('a'))).toEqual({ ok: false, code: 'roleOff' })
    expect(await client.ask('directorySearch', words('a'))).toEqual({ ok: false, code: 'roleOff' })
  })

  it.each([
    [
      'a file of another share',
      'directoryUpdate',
      { ...update('a'), add: [{ infoHash: infoHash(2), listings: [listing('a', 1)] }] },
    ],
    ['a name of 513 bytes', 'directoryUpdate', update('é'.repeat(256) + 'x')],
    [
      'too many files at once',
      'directoryUpdate',
      { ...update('a'), add: [{ infoHash: infoHash(1), listings: Array<unknown>(101).fill(listing('a')) }] },
    ],
    ['words that no tokenizer makes', 'directorySearch', words('Two words')],
    ['no words', 'directorySearch', words()],
    ['nine words', 'directorySearch', words(...'abcdefghi')],
    ['a limit of 101', 'directorySearch', { ...words('a'), limit: 101 }],
    ['other criteria', 'directorySearch', { criteria: { by: 'all' }, limit: 1 }],
  ])('refuses %s', async (_what, event, request) => {
    const client = await join(await startServer())
    expect(await client.ask(event, request)).toEqual({ ok: false, code: 'badRequest' })
  })
})

describe('sample', () => {
  it('names others who are online, never oneself, and no more than asked', async () => {
    const running = await startServer()
    const clients = [await join(running), await join(running), await join(running)]
    const [first, ...others] = clients
    const ask = async (numWant: number) =>
      ((await first?.ask('sample', { numWant })) as { peers: string[] }).peers
    expect((await ask(10)).sort()).toEqual(others.map(({ peer }) => peer.id).sort())
    expect(await ask(1)).toHaveLength(1)
    expect(await ask(0)).toEqual([])
    others[0]?.socket.disconnect()
    await expect.poll(() => ask(10)).toEqual([others[1]?.peer.id])
  })
})
