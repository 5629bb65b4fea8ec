import type { SignalEnvelope } from '@ringdrop/shared/wire/envelope.ts'
import type { NearbyChange } from '@ringdrop/shared/wire/nearby.ts'
import { describe, expect, it } from 'vitest'
import { announcement, infoHash, join, TestPeer, type Client, type Running } from './helpers.ts'

const SHARES = 3
const listing = (name: string, share = 1, root = 'ab') => ({
  root: root.repeat(32),
  infoHash: infoHash(share),
  name,
  sizeBytes: 10,
})
type Listed = ReturnType<typeof listing>

const update = (change: { reset?: boolean; add?: Listed[]; withdraw?: string[] }) => ({
  reset: change.reset ?? false,
  add: (change.add ?? []).map((each) => ({ infoHash: each.infoHash, listings: [each] })),
  withdraw: change.withdraw ?? [],
})
const words = (...list: string[]) => ({ criteria: { by: 'words', words: list }, limit: 100 })
const byHash = (share: number) => ({ criteria: { by: 'infoHash', infoHash: infoHash(share) }, limit: 10 })

interface Hits {
  readonly hits: readonly { readonly listing: Listed; readonly providers: readonly string[] }[]
}
const named = async (client: Client, ...query: string[]): Promise<string[]> =>
  ((await client.ask('directorySearch', words(...query))) as Hits).hits.map(({ listing: { name } }) => name)

/** Starts the servers that a test's peers are on: the n-th peer is on the n-th, and so on in turn. */
export type Start = (env?: Record<string, string>) => Promise<readonly Running[]>

async function peers(start: Start, count: number): Promise<(Client & { peer: TestPeer })[]> {
  const servers = await start()
  const clients = []
  for (let at = 0; at < count; at++) clients.push(await join(servers[at % servers.length]!))
  return clients
}

/** What holds for peers however the state of tracker, directory and the rest is kept. */
export function stateContract(what: string, start: Start): void {
  describe(`tracker: ${what}`, () => trackerContract(start))
  describe(`directory: ${what}`, () => directoryContract(start))
  describe(`fair shares: ${what}`, () => fairContract(start))
  describe(`peers: ${what}`, () => peersContract(start))
}

function trackerContract(start: Start): void {
  it('introduces peers to each other, counts them, and forgets who stops or goes', async () => {
    const [seed, leecher, third] = await peers(start, 3)
    const first = await seed!.ask('announce', announcement())
    expect(first).toMatchObject({ ok: true, seeders: 1, leechers: 0, peers: [], seedSeenAgoMs: 0 })
    const second = await leecher!.ask('announce', announcement({ left: 9 }))
    expect(second).toMatchObject({ seeders: 1, leechers: 1, peers: [seed!.peer.id] })
    const both = (await third!.ask('announce', announcement({ left: 5 }))) as { peers: string[] }
    expect(both.peers.toSorted()).toEqual([seed!.peer.id, leecher!.peer.id].toSorted())
    await third!.ask('announce', announcement({ event: 'stopped', left: 5 }))
    expect(await seed!.ask('scrape', { infoHash: infoHash(1) })).toMatchObject({ seeders: 1, leechers: 1 })
    seed!.socket.disconnect()
    const scrape = () => leecher!.ask('scrape', { infoHash: infoHash(1) })
    await expect.poll(scrape).toMatchObject({ seeders: 0, leechers: 1 })
    expect(((await scrape()) as { seedSeenAgoMs: number }).seedSeenAgoMs).toBeGreaterThanOrEqual(0)
  })

  it('counts completed once a peer and only with nothing left, and remembers it when all are gone', async () => {
    const [a, b] = await peers(start, 2)
    await a!.ask('announce', announcement({ left: 7 }))
    for (const left of [7, 0, 0]) await a!.ask('announce', announcement({ event: 'completed', left }))
    expect(await b!.ask('scrape', { infoHash: infoHash(1) })).toMatchObject({ seeders: 1, completed: 1 })
    await a!.ask('announce', announcement({ event: 'stopped' }))
    const later = await b!.ask('scrape', { infoHash: infoHash(1) })
    expect(later).toMatchObject({ seeders: 0, leechers: 0, completed: 1 })
  })

  it('answers no more peers than asked, and knows nothing of a strange infohash', async () => {
    const clients = await peers(start, 5)
    for (const client of clients) await client.ask('announce', announcement({ left: 1 }))
    for (const numWant of [0, 2, 50]) {
      const answer = (await clients[0]!.ask('announce', announcement({ left: 1, numWant }))) as {
        peers: string[]
      }
      expect(answer.peers).toHaveLength(Math.min(numWant, 4))
    }
    const nothing = { ok: true, seeders: 0, leechers: 0, completed: 0, seedSeenAgoMs: null }
    expect(await clients[1]!.ask('scrape', { infoHash: infoHash(9) })).toEqual(nothing)
  })

  it('asks small swarms to come back sooner', async () => {
    const clients = await peers(start, 5)
    const told: number[] = []
    for (const client of clients) {
      const answer = (await client.ask('announce', announcement())) as { intervalMs: number }
      told.push(answer.intervalMs)
    }
    expect(told[0]).toBeLessThanOrEqual(33_000)
    expect(told[4]).toBeGreaterThanOrEqual(108_000)
  })
}

function directoryContract(start: Start): void {
  it('finds by words, the last of which may be a beginning, and names providers', async () => {
    const [ann, bob] = await peers(start, 2)
    await ann!.ask('directoryUpdate', update({ add: [listing('Beach party.jpg'), listing('日本語.txt', 2)] }))
    const hits = [{ listing: listing('Beach party.jpg'), providers: [ann!.peer.id] }]
    for (const query of [['beach'], ['beach', 'par'], ['party', 'be']])
      expect(await bob!.ask('directorySearch', words(...query))).toEqual({ ok: true, hits, peers: [] })
    expect(await named(bob!, '日本')).toEqual(['日本語.txt'])
    for (const query of [['each'], ['par', 'beach'], ['beach', 'parties'], ['sand']])
      expect(await named(bob!, ...query)).toEqual([])
    expect(await named(ann!, 'beach')).toEqual([])
  })

  it('groups sources, and ranks what more people have first', async () => {
    const [ann, bob, eve] = await peers(start, 3)
    const common = listing('song.mp3', 2, 'cd')
    await ann!.ask('directoryUpdate', update({ add: [listing('rare song.mp3'), common] }))
    await bob!.ask('directoryUpdate', update({ add: [common] }))
    const { hits } = (await eve!.ask('directorySearch', words('song'))) as Hits
    expect(hits.map((hit) => [hit.listing.name, hit.providers.toSorted()])).toEqual([
      ['song.mp3', [ann!.peer.id, bob!.peer.id].toSorted()],
      ['rare song.mp3', [ann!.peer.id]],
    ])
  })

  it('changes by differences, starts anew on reset, and forgets who is gone', async () => {
    const [ann, bob] = await peers(start, 2)
    const all = Array.from({ length: SHARES }, (_, n) => listing(`file${String(n)}.txt`, n, `a${String(n)}`))
    const empty = ((await ann!.ask('directoryUpdate', update({}))) as { digest: string }).digest
    await ann!.ask('directoryUpdate', update({ add: all }))
    expect((await named(bob!, 'txt')).toSorted()).toEqual(['file0.txt', 'file1.txt', 'file2.txt'])
    await ann!.ask('directoryUpdate', update({ withdraw: [infoHash(0), infoHash(77)] }))
    expect((await named(bob!, 'txt')).toSorted()).toEqual(['file1.txt', 'file2.txt'])
    await ann!.ask('directoryUpdate', update({ reset: true, add: [listing('three.txt', 3, 'dd')] }))
    expect(await named(bob!, 'txt')).toEqual(['three.txt'])
    const last = (await ann!.ask('directoryUpdate', update({ reset: true }))) as { digest: string }
    expect(last.digest).toBe(empty)
    await ann!.ask('directoryUpdate', update({ add: all }))
    ann!.socket.disconnect()
    await expect.poll(() => named(bob!, 'txt')).toEqual([])
  })

  it('knows providers of an unlisted share by infohash alone', async () => {
    const [ann, bob] = await peers(start, 2)
    const add = [{ infoHash: infoHash(5), listings: [] }]
    await ann!.ask('directoryUpdate', { reset: false, add, withdraw: [] })
    const found = { ok: true, hits: [], peers: [ann!.peer.id] }
    expect(await bob!.ask('directorySearch', byHash(5))).toEqual(found)
    expect(await ann!.ask('directorySearch', byHash(5))).toEqual({ ok: true, hits: [], peers: [] })
    await ann!.ask('directoryUpdate', update({ withdraw: [infoHash(5)] }))
    expect(await bob!.ask('directorySearch', byHash(5))).toEqual({ ok: true, hits: [], peers: [] })
  })
}

function fairContract(start: Start): void {
  it('no address takes what others need, however many sockets and servers it uses, nor after it has left', async () => {
    const servers = await start({ DIRECTORY_MIB: '1', TRUST_PROXY: '127.0.0.1' })
    let joined = 0
    let listed = 0
    const from = (address: string) =>
      join(servers[joined++ % servers.length]!, undefined, { 'x-forwarded-for': address })
    const list = async (client: Client): Promise<boolean> => {
      const names = Array.from({ length: 60 }, () => `song ${String(++listed)}.mp3`)
      const listings = names.map((name, at) => ({ ...listing(name, listed), root: infoHash(listed + at) }))
      const add = [{ infoHash: infoHash(listed), listings }]
      const answer = await client.ask('directoryUpdate', { reset: false, add, withdraw: [] })
      return (answer as { ok: boolean }).ok
    }
    const greedy = await Promise.all([1, 2, 3, 4].map((host) => from(`2001:db8:1:${String(host)}::1`)))
    /** Lists as much as is taken. @returns how often */
    const fill = async (clients: readonly Client[]) => {
      let taken = 0
      for (let round = 0; round < 5; round++) for (const client of clients) if (await list(client)) taken++
      return taken
    }
    expect([2, 3]).toContain(await fill(greedy))
    const honest = await from('192.0.2.7')
    expect(await list(honest)).toBe(true)
    expect(await named(greedy[0]!, 'song', String(listed))).toHaveLength(1)
    for (const { socket } of greedy) socket.disconnect()
    const again = await from('2001:db8:1:9::1')
    await expect.poll(() => list(again)).toBe(true)
  })
}

function peersContract(start: Start): void {
  it('signals reach their target unchanged', async () => {
    const [a, b] = await peers(start, 2)
    const received = new Promise<SignalEnvelope>((resolve) => b!.socket.once('signal', resolve))
    const envelope = a!.peer.envelope(b!.peer.id, { payload: '{"sdp":"\\u2028"}' })
    expect(await a!.ask('signal', envelope)).toEqual({ ok: true })
    expect(await received).toEqual(envelope)
    const strange = a!.peer.envelope((await TestPeer.create()).id)
    expect(await a!.ask('signal', strange)).toEqual({ ok: true })
  })

  it('a sample names others who are online, never oneself', async () => {
    const [first, ...others] = await peers(start, 3)
    const ask = async (numWant: number) =>
      ((await first!.ask('sample', { numWant })) as { peers: string[] }).peers.toSorted()
    const ids = others.map(({ peer }) => peer.id)
    await expect.poll(() => ask(10)).toEqual(ids.toSorted())
    expect(await ask(1)).toHaveLength(1)
    expect(await ask(0)).toEqual([])
    others[0]!.socket.disconnect()
    await expect.poll(() => ask(10), { interval: 1100, timeout: 9000 }).toEqual([ids[1]])
  })

  it('shows peers of one network to each other, and tells who comes, changes, and goes', async () => {
    const [ann, ben] = await peers(start, 2)
    const card = (name: string) => ({ card: { name, kind: 'phone' } })
    const changes: NearbyChange[] = []
    ann!.socket.on('nearby', (change: NearbyChange) => changes.push(change))
    expect(await ann!.ask('nearby', card('Ann'))).toEqual({ ok: true, peers: [] })
    const seen = [{ peer: ann!.peer.id, name: 'Ann', kind: 'phone' }]
    expect(await ben!.ask('nearby', card('Ben'))).toEqual({ ok: true, peers: seen })
    await ben!.ask('nearby', card('Ben'))
    await ben!.ask('nearby', card('Benjamin'))
    await ben!.ask('nearby', { card: null })
    await ben!.ask('nearby', card('Ben'))
    ben!.socket.disconnect()
    const id = ben!.peer.id
    const joined = (name: string) => ({ joined: [{ peer: id, name, kind: 'phone' }], left: [] })
    const gone = { joined: [], left: [id] }
    await expect.poll(() => changes).toEqual([joined('Ben'), joined('Benjamin'), gone, joined('Ben'), gone])
  })

  it('a peer that comes again is near to nobody until it says so, on the server that it comes to as well', async () => {
    const servers = await start()
    const [mover, watcher] = [await join(servers[0]!), await join(servers.at(-1)!)]
    const changes: NearbyChange[] = []
    watcher.socket.on('nearby', (change: NearbyChange) => changes.push(change))
    for (const client of [mover, watcher]) await client.ask('nearby', { card: { name: 'X', kind: 'phone' } })
    await join(servers.at(-1)!, mover.peer)
    await expect.poll(() => changes.at(-1)).toEqual({ joined: [], left: [mover.peer.id] })
  })

  it('a peer that comes again is one peer: the newer socket stays', async () => {
    const servers = await start()
    const [a, other] = [await join(servers[0]!), await join(servers[0]!)]
    await a.ask('announce', announcement())
    await a.ask('directoryUpdate', update({ add: [listing('Beach party.jpg')] }))
    const again = await join(servers.at(-1)!, a.peer)
    expect(await a.closed).toBe('replaced')
    // The old socket has left with all it registered.
    await expect
      .poll(() => other.ask('scrape', { infoHash: infoHash(1) }))
      .toMatchObject({ seeders: 0, leechers: 0 })
    await again.ask('announce', announcement())
    await again.ask('directoryUpdate', update({ add: [listing('Beach party.jpg')] }))
    expect(await named(other, 'beach')).toEqual(['Beach party.jpg'])
    expect(await other.ask('scrape', { infoHash: infoHash(1) })).toMatchObject({ seeders: 1 })
    const received = new Promise<SignalEnvelope>((resolve) => again.socket.once('signal', resolve))
    await other.ask('signal', other.peer.envelope(a.peer.id))
    expect((await received).from).toBe(other.peer.id)
  })
}
