import { describe, expect, it } from 'vitest'
import { equalBytes } from '../../src/kernel/bytes.ts'
import type { Nonce } from '../../src/kernel/ids.ts'
import { nearbyView } from '../../src/node/nearby-view.ts'
import { makeTestShare } from '../../sim/nodes/node-share.ts'
import { NodeWorld, type TestNode } from '../../sim/nodes/node-world.ts'
import { makeKey, verifyText } from './keys.ts'

const ID = '0'.repeat(31).concat('1') as Nonce

function home(...names: string[]) {
  const world = new NodeWorld({ makeIdentity: makeKey, verify: verifyText })
  // The offer alone makes the link, and the tracker does not help.
  world.systems = []
  world.trackerNames = () => false
  const nodes = names.map((name) => world.add(name))
  for (const node of nodes) switchOn(world, node)
  return { world, nodes: nodes as [TestNode, TestNode, ...TestNode[]] }
}

function switchOn(world: NodeWorld, node: TestNode): void {
  world.feed(node, { type: 'nearbyCard', card: { name: node.name, kind: 'computer' } })
}

const view = (world: NodeWorld, node: TestNode) => nearbyView(node.node, world.now)
const namesSeen = (world: NodeWorld, node: TestNode) =>
  view(world, node)
    .peers.map(({ name }) => name)
    .sort()

/** Ben has a share and Anna sees him; Ben offers it. */
function offered(sizeBytes = 300_000) {
  const { world, nodes } = home('Ben', 'Anna')
  const [ben, anna] = nodes
  const share = makeTestShare(sizeBytes)
  const { infoHash } = share.info
  world.seed(ben, share)
  world.until(() => namesSeen(world, ben).length === 1 && namesSeen(world, anna).length === 1)
  world.feed(ben, { type: 'sendOffer', id: ID, peer: anna.key.peerId, infoHash })
  return { world, ben, anna, share, infoHash }
}

describe('nearby', () => {
  it('shows who wants to be seen, of the same network, as they come and go', () => {
    const { world, nodes } = home('Ben', 'Anna')
    const [ben, anna] = nodes
    world.networkOf = (node) => (node.name === 'Far' ? 'elsewhere' : 'home')
    const far = world.add('Far')
    switchOn(world, far)
    world.add('Shy')
    world.until(() => namesSeen(world, ben).length === 1)
    expect([namesSeen(world, ben), namesSeen(world, anna), namesSeen(world, far)]).toEqual([
      ['Anna'],
      ['Ben'],
      [],
    ])
    world.feed(anna, { type: 'nearbyCard', card: { name: 'Anna’s phone', kind: 'phone' } })
    world.until(() => namesSeen(world, ben)[0] === 'Anna’s phone')
    world.kill(anna)
    world.until(() => namesSeen(world, ben).length === 0)
  })

  it('is cleared without the server, and back with it', () => {
    const { world, nodes } = home('Ben', 'Anna')
    const [ben] = nodes
    world.until(() => namesSeen(world, ben).length === 1)
    world.killServer()
    expect(view(world, ben)).toMatchObject({ state: 'down', peers: [] })
    world.startServer()
    world.until(() => namesSeen(world, ben).length === 1)
  })
})

describe('an offer', () => {
  it('becomes a whole download by one tap on either side', () => {
    const { world, ben, anna, share, infoHash } = offered()
    world.until(() => view(world, anna).incoming.length === 1)
    expect(view(world, anna).incoming[0]).toMatchObject({
      peerName: 'Ben',
      infoHash,
      shareName: share.info.name,
      fileCount: 1,
      totalBytes: 300_000,
      state: 'pending',
    })
    expect(view(world, ben).outgoing[0]).toMatchObject({ peerName: 'Anna', state: 'waiting' })
    expect(anna.node.shares.get(infoHash)).toBeUndefined()
    world.feed(anna, { type: 'answerOffer', id: ID, isAccepted: true })
    world.until(() => {
      const stored = anna.stored.get(infoHash)
      return anna.stateOf(infoHash) === 'seeding' && stored !== undefined && equalBytes(stored, share.content)
    })
    expect(view(world, ben).outgoing[0]?.state).toBe('accepted')
    expect(anna.effects.filter(({ type }) => type === 'offerStarted')).toHaveLength(1)
  })

  it('that is declined moves nothing', () => {
    const { world, ben, anna, infoHash } = offered()
    world.until(() => view(world, anna).incoming.length === 1)
    world.feed(anna, { type: 'answerOffer', id: ID, isAccepted: false })
    world.until(() => view(world, ben).outgoing[0]?.state === 'declined')
    expect(anna.node.shares.get(infoHash)).toBeUndefined()
  })

  it('keeps its link until the person answers, and then lets go of it', () => {
    const { world, ben, anna } = offered()
    world.until(() => view(world, anna).incoming.length === 1)
    world.pass(100_000)
    expect(ben.node.links.upCount).toBe(1)
    world.pass(30_000)
    expect(view(world, anna).incoming[0]?.state).toBe('expired')
    expect(view(world, ben).outgoing[0]?.state).toBe('expired')
    world.until(() => ben.node.links.upCount === 0, 90_000)
  })

  it('to somebody who is gone is unreachable', () => {
    const { world, nodes } = home('Ben', 'Anna')
    const [ben, anna] = nodes
    const share = makeTestShare(1000)
    world.seed(ben, share)
    world.until(() => namesSeen(world, ben).length === 1)
    anna.isFrozen = true
    world.feed(ben, { type: 'sendOffer', id: ID, peer: anna.key.peerId, infoHash: share.info.infoHash })
    world.until(() => view(world, ben).outgoing[0]?.state === 'unreachable', 20_000)
  })

  it('is unreachable when the other has just switched it off', () => {
    const { world, nodes } = home('Ben', 'Anna')
    const [ben, anna] = nodes
    const share = makeTestShare(1000)
    world.seed(ben, share)
    world.until(() => namesSeen(world, ben).length === 1)
    world.feed(ben, { type: 'sendOffer', id: ID, peer: anna.key.peerId, infoHash: share.info.infoHash })
    world.feed(anna, { type: 'nearbyCard', card: null })
    world.until(() => view(world, ben).outgoing[0]?.state === 'unreachable')
    expect(view(world, anna).incoming).toEqual([])
  })

  it('that lies about its size is not downloaded', () => {
    const { world, ben, anna, infoHash } = offered(2_000_000)
    world.until(() => view(world, anna).incoming.length === 1)
    world.feed(anna, { type: 'answerOffer', id: ID, isAccepted: false })
    const link = ben.node.links.byPeer(anna.key.peerId)!
    const id = '2'.repeat(32) as Nonce
    const lie = { infoHash, shareName: 'small', fileCount: 1, totalBytes: 5, senderName: 'Ben' }
    link.send({ type: 'nearby', message: { type: 'offer', id, ...lie } })
    world.feed(ben, { type: 'wake' })
    world.until(() => view(world, anna).incoming.some((offer) => offer.id === id))
    world.feed(anna, { type: 'answerOffer', id, isAccepted: true })
    world.until(() => view(world, anna).incoming.find((offer) => offer.id === id)?.state === 'different')
    expect(anna.stateOf(infoHash)).toBe('offered')
    expect(anna.node.shares.get(infoHash)?.exchange.isStarted).toBe(false)
  })

  it('finds its way when the server dies after the list has come', () => {
    const { world, nodes } = home('Ben', 'Anna')
    const [ben, anna] = nodes
    const share = makeTestShare(1000)
    world.seed(ben, share)
    world.until(() => namesSeen(world, ben).length === 1 && namesSeen(world, anna).length === 1)
    world.feed(ben, { type: 'link', peer: anna.key.peerId })
    world.until(() => ben.node.links.upCount === 1)
    world.killServer()
    world.feed(ben, { type: 'sendOffer', id: ID, peer: anna.key.peerId, infoHash: share.info.infoHash })
    world.until(() => view(world, anna).incoming.length === 1)
  })
})
