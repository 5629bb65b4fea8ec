import { describe, expect, it } from 'vitest'
import { createRng } from '../../src/kernel/rng.ts'
import { DEFAULT_GNUTELLA, runGnutella } from '../../sim/scenarios/gnutella.ts'
import { gnutellaWorld } from '../../sim/scenarios/gnutella-servent.ts'
import { guidOf, infoHashOf, listingOf } from '../protocols/gnutella/harness.ts'

describe('gnutella', () => {
  it.each([2, 3, 5, 8])('%i peers are all neighbours of all, and find everything', (peers) => {
    for (const mode of ['classic', 'pruned'] as const) {
      const result = runGnutella({ ...DEFAULT_GNUTELLA, peers, mode, queries: 6, warmUp: 2 })
      expect(result).toMatchObject({ reach: 1, recall: 1, misroutedHits: 0, meanDegree: peers - 1 })
    }
  })

  it('1,000 peers are reached by a plain flood at the published cost', () => {
    const result = runGnutella({ ...DEFAULT_GNUTELLA, mode: 'classic', queries: 12, warmUp: 0 })
    expect(result.reach).toBeGreaterThanOrEqual(0.985)
    expect(result.messages).toBeLessThanOrEqual(3_100)
    expect(result.misroutedHits).toBe(0)
  })

  it('a warm tree reaches all with hardly a copy too many', () => {
    const result = runGnutella({ ...DEFAULT_GNUTELLA, peers: 400, queries: 5, warmUp: 8 })
    expect(result.reach).toBeGreaterThanOrEqual(0.999)
    expect(result.messagesPerReached).toBeLessThanOrEqual(1.3)
  })

  it.each(['classic', 'pruned'] as const)('30 percent die under way, %s: no hit goes astray', (mode) => {
    const result = runGnutella({ ...DEFAULT_GNUTELLA, peers: 300, mode, kill: 0.3, queries: 8, warmUp: 5 })
    expect(result.misroutedHits).toBe(0)
    expect(result.reach).toBeGreaterThanOrEqual(mode === 'classic' ? 0.97 : 0.999)
  })

  it('the same seed gives the same run', () => {
    const options = { ...DEFAULT_GNUTELLA, peers: 40, churnSeconds: 30, queries: 5, warmUp: 2 }
    expect(runGnutella(options)).toEqual(runGnutella(options))
  })

  it('a servent that floods does not keep others from being answered', () => {
    const world = gnutellaWorld({ seed: 7 }, { mode: 'classic', wantsTally: false })
    const rng = createRng(7)
    const nodes = Array.from({ length: 24 }, () => world.add())
    for (const node of nodes) {
      const known = Array.from({ length: 6 }, () => nodes[rng.below(nodes.length)]!.peer)
      world.feed(node.peer, { type: 'candidates', peers: known })
    }
    world.run(20_000)
    const [flooder, searcher, sharer] = [nodes[0]!, nodes[8]!, nodes[16]!]
    world.feed(sharer.peer, { type: 'publish', infoHash: infoHashOf(1), listings: [listingOf('rare book')] })
    const criteria = { by: 'words' as const, words: ['rare'] }
    let found = 0
    world.observers.push({
      effect: (node, effect) => {
        if (node === searcher && effect.type === 'hits') found++
      },
    })
    for (let i = 0; i < 10; i++) {
      for (let j = 0; j < 200; j++)
        for (const to of flooder.links) {
          // The flooder does not keep to any rate, and claims that its queries come from far away.
          const query = { type: 'query' as const, guid: guidOf(1_000 * i + j), ttl: 5, hops: 1 }
          const message = { ...query, mode: 'classic' as const, wantsTally: false, criteria }
          world.feed(to, { type: 'message', from: flooder.peer, message })
        }
      world.feed(searcher.peer, { type: 'search', id: guidOf(90_000 + i), criteria, limit: 5 })
      world.run(500)
    }
    world.run(5_000)
    expect(found).toBe(10)
  })
})
