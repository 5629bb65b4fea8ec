import { describe, expect, it } from 'vitest'
import { KazaaChecker } from '../../sim/checkers/kazaa.ts'
import { kazaaWorld, tell } from '../../sim/scenarios/kazaa-node.ts'
import { DEFAULT_KAZAA, runKazaa } from '../../sim/scenarios/kazaa.ts'
import { guidOf, infoHashOf, listingOf } from '../protocols/kazaa/harness.ts'

describe('kazaa', () => {
  it.each([2, 3, 4, 8, 12])('%i peers elect one or two super nodes, and find everything', (peers) => {
    const result = runKazaa({ ...DEFAULT_KAZAA, peers, queries: 6, kill: 0 })
    expect(result).toMatchObject({
      recall: 1,
      unindexed: 0,
      misroutedHits: 0,
      superNodes: peers === 2 ? 1 : 2,
    })
  })

  it('a network that grows splits, keeps its caps, and outlives the death of all super nodes', () => {
    const result = runKazaa({ ...DEFAULT_KAZAA, peers: 60, queries: 6, kill: 1 })
    expect(result).toMatchObject({ recall: 1, recallAfterKill: 1, unindexed: 0, misroutedHits: 0 })
    expect(result.superNodes).toBeGreaterThan(2)
  })

  it('1,000 peers: nearly everything is found, orphans are taken in within three seconds', () => {
    const result = runKazaa({ ...DEFAULT_KAZAA, peers: 1_000, queries: 6 })
    expect(result.recall).toBeGreaterThanOrEqual(0.99)
    expect(result.maxChildren).toBeLessThanOrEqual(32)
    expect(result.maxNeighbours).toBeLessThanOrEqual(16)
    expect(result.orphans).toBeGreaterThan(10)
    expect(result.orphanSecondsP95).toBeLessThanOrEqual(3)
    expect(result).toMatchObject({ unindexed: 0, misroutedHits: 0 })
  })

  it('churn leaves nearly all of it searchable', () => {
    const churn = { ...DEFAULT_KAZAA, kill: 0, inspectMs: 1_000 }
    const result = runKazaa({ ...churn, peers: 300, queries: 20, churnSeconds: 120 })
    expect(result.recall).toBeGreaterThanOrEqual(0.98)
    expect(result.unindexedSecondsMax).toBeLessThanOrEqual(5)
    expect(result.misroutedHits).toBe(0)
  })

  // What is left of 31 super nodes after the last one has hardly a place for each child: more must be elected first.
  it.each([
    [0.3, 3],
    [0.45, 3],
    [0.6, 16],
  ])(
    '%d of the super nodes die at once: orphans are led again within %d s, all in the end',
    (kill, seconds) => {
      const result = runKazaa({ ...DEFAULT_KAZAA, peers: 400, queries: 2, kill, inspectMs: 1_000 })
      expect(result.orphans).toBeGreaterThan(50)
      expect(result.orphanSecondsP95).toBeLessThanOrEqual(seconds)
      expect(result.recallAfterKill).toBeGreaterThanOrEqual(0.98)
      expect(result).toMatchObject({ unindexed: 0, misroutedHits: 0 })
    },
  )

  it('the same seed gives the same run', () => {
    const options = { ...DEFAULT_KAZAA, peers: 30, queries: 4, churnSeconds: 60 }
    expect(runKazaa(options)).toEqual(runKazaa(options))
  })

  it('two islands become one network', () => {
    const world = kazaaWorld({ seed: 3 }, { wantsCost: false })
    const nodes = Array.from({ length: 8 }, () => world.add())
    const [left, right] = [nodes.slice(0, 4), nodes.slice(4)]
    for (const island of [left, right])
      for (const { peer } of island)
        world.feed(peer, { type: 'candidates', peers: island.map((node) => node.peer) })
    world.run(40_000)
    expect(nodes.filter(({ core }) => core.node.view().role === 'superNode')).toHaveLength(4)
    // One super node hears of one peer of the other island.
    const leader = left.find(({ core }) => core.node.view().role === 'superNode')
    world.feed(leader!.peer, {
      type: 'candidates',
      peers: [right.find(({ core }) => core.node.view().role === 'child')!.peer],
    })
    world.feed(right[2]!.peer, {
      type: 'publish',
      infoHash: infoHashOf(1),
      listings: [listingOf('rare book')],
    })
    world.run(150_000)
    let found = 0
    world.observers.push({ effect: (_, effect) => (found += effect.type === 'hits' ? 1 : 0) })
    const searcher = left.find(({ core }) => core.node.view().role === 'child')
    world.feed(searcher!.peer, {
      type: 'search',
      id: guidOf(1),
      criteria: { by: 'words', words: ['rare'] },
      limit: 5,
    })
    world.run(6_000)
    expect(found).toBe(1)
    expect(new KazaaChecker().unindexed(world.alive())).toEqual([])
  })

  it('slots are given, receipts earn credit, and the credit is seen by a third peer', () => {
    const world = kazaaWorld({ seed: 4 })
    const [uploader, downloader, third] = [world.add(), world.add(), world.add()]
    const log: string[] = []
    for (const { core } of [uploader, downloader, third]) core.onOwnEffect = ({ type }) => log.push(type)
    for (const { peer } of [uploader, third])
      for (const share of [1, 2])
        tell(world, peer, { type: 'publish', infoHash: infoHashOf(share), listings: [] })
    world.connect(uploader.peer, downloader.peer)
    world.connect(uploader.peer, third.peer)
    tell(world, downloader.peer, { type: 'enqueue', peer: uploader.peer, infoHash: infoHashOf(1) })
    world.run(1_000)
    expect(log).toEqual(['serve', 'granted'])
    tell(world, downloader.peer, { type: 'received', from: uploader.peer, bytes: 5_000_000 })
    world.run(1_000)
    tell(world, uploader.peer, { type: 'uploadDone', peer: downloader.peer, infoHash: infoHashOf(1) })
    tell(world, uploader.peer, { type: 'enqueue', peer: third.peer, infoHash: infoHashOf(2) })
    world.run(1_000)
    const [row] = third.core.node.view().uploadQueue
    expect(row).toMatchObject({ peer: uploader.peer, position: 0 })
    expect(third.core.node.view().counters.receiptsVerified).toBe(1)
  })
})
