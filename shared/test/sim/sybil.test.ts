import { describe, expect, it } from 'vitest'
import { parseNonce } from '../../src/kernel/ids.ts'
import { defined } from '../../src/kernel/invariant.ts'
import { decodeLink, encodeLink } from '../../src/node/link-codec.ts'
import { snapshotOf } from '../../src/node/snapshot.ts'
import { OVERLAYS } from '../../src/node/systems.ts'
import { CHORD } from '../../src/protocols/chord/constants.ts'
import { isUpTo, wordKey } from '../../src/protocols/chord/position.ts'
import { packFrames, unpackFrame } from '../../src/wire/frames.ts'
import { sybilCommand } from '../../sim/commands/sybil.ts'
import { simIdentity, type Identity } from '../../sim/nodes/identity.ts'
import { makeTestShare } from '../../sim/nodes/node-share.ts'
import { NodeWorld, type TestNode } from '../../sim/nodes/node-world.ts'
import { denied, LIES, type Lie } from '../../sim/scenarios/sybil-node.ts'
import { DEFAULT_SYBIL, runSybil, type SybilScenario } from '../../sim/scenarios/sybil.ts'

const run = (scenario: Partial<SybilScenario>) =>
  runSybil({ ...DEFAULT_SYBIL, peers: 100, records: 50, searches: 200, targetSearches: 40, ...scenario })

describe('a ring of which one in ten is the same person', () => {
  it.each(LIES.flatMap((lie) => [1, 2].map((seed) => [lie, seed] as const)))(
    'loses at most 3 of 100 searches to the lie "%s" (seed %i)',
    (lie, seed) => {
      const { foundShare } = run({ lie, seed, attackers: 11, targetSearches: 0 })
      expect(foundShare).toBeGreaterThanOrEqual(0.97)
    },
  )
})

describe('identities made to stand right after one key', () => {
  const atMost: [Lie, number][] = [
    ['withhold', CHORD.putCopies - 1],
    ['claim', CHORD.putCopies - 1],
    ['decoy', CHORD.putCopies - 1],
    ['silent', 1],
  ]
  it.each(atMost)('do not hide it by the lie "%s" when they are %i', (lie, attackers) => {
    const { targetFoundShare } = run({ lie, attackers, placement: 'target', searches: 0 })
    expect(targetFoundShare).toBeGreaterThanOrEqual(0.95)
  })

  it('hide it when they are as many as the provider asks, and hardly anything else', () => {
    for (const attackers of [CHORD.putCopies, 16]) {
      const { foundShare, targetFoundShare } = run({ attackers, placement: 'target' })
      // A known limit: a better figure here belongs into docs/reliability.md.
      expect(targetFoundShare).toBe(0)
      expect(foundShare).toBeGreaterThanOrEqual(0.9)
    }
  })

  it('do not make searches for other keys dearer', () => {
    const [without, with8] = [0, 8].map((attackers) =>
      run({ attackers, placement: 'target', targetSearches: 0 }),
    )
    expect(with8!.messagesPerSearch).toBeLessThan(1.2 * without!.messagesPerSearch)
  })
})

describe('the command', () => {
  it('prints a line for each run, and medians for each number of attackers', () => {
    const args = '--peers 30 --attackers 0,3 --placement target --records 5 --searches 10 --target-searches 5'
    const lines = [...sybilCommand([...args.split(' '), '--seeds', '1', '--json'])].map(
      (line) => JSON.parse(line) as Record<string, unknown>,
    )
    expect(lines.map(({ summary, attackers }) => [summary, attackers])).toEqual([
      [undefined, 0],
      [true, 0],
      [undefined, 3],
      [true, 3],
    ])
    expect(lines[1]).toMatchObject({ foundShare: 1, targetFoundShare: 1, keysMade: 0 })
    expect(lines[3]).toMatchObject({ targetFoundShare: 0 })
  })
})

const HONEST = 12

/** Throws away what the ring hands to it, and says that there is nothing. */
function withholds(node: TestNode): void {
  node.garble = (frame, channel) => {
    const messages = unpackFrame(frame)
    if (channel === 'bulk' || !messages.ok) return [frame]
    return packFrames(
      messages.value.flatMap((bytes) => {
        const read = decodeLink(bytes)
        if (!read.ok || read.value.type !== 'chord') return [bytes]
        const { message } = read.value
        if (message.type === 'offer' || message.type === 'store') return []
        if (message.type !== 'found' || message.owner !== node.key.peerId) return [bytes]
        return [encodeLink({ type: 'chord', message: { ...message, answer: denied(message.answer) } })]
      }),
    )
  }
}

/** Whole nodes, of which the last ones have keys that were made until they fell right after the place of a word. */
function network(word: string, attackers: number): NodeWorld {
  const key = wordKey(word)
  const honest = Array.from({ length: HONEST }, (_, number) => simIdentity(number))
  const places = honest.map(({ peerId }) => peerId).sort()
  const owner = defined(places.find((peer) => peer >= key) ?? places[0], 'owner')
  const ground: Identity[] = []
  for (let number = HONEST; ground.length < attackers; number++) {
    const made = simIdentity(number)
    if (isUpTo(made.peerId, key, owner)) ground.push(made)
  }
  const identities = [...honest, ...ground]
  const makeIdentity = (number: number) => defined(identities[number], 'identity')
  const world = new NodeWorld({ keepsEffects: false, makeIdentity })
  for (let i = 0; i < identities.length; i++) {
    const node = world.add(`peer ${String(i)}`)
    if (i >= HONEST) withholds(node)
    world.pass(300)
  }
  world.pass(60_000)
  world.seed(defined(world.nodes[0], 'sharer'), makeTestShare(100_000, 7, `${word}.mp4`))
  world.pass(30_000)
  return world
}

/** Systems by which any honest peer finds the word. */
function foundBy(world: NodeWorld, word: string): string[] {
  const found = new Set<string>()
  for (const [index, node] of world.nodes.slice(1, HONEST).entries()) {
    const id = defined(parseNonce(String(index).padStart(32, 'b')), 'id')
    world.feed(node, { type: 'search', id, text: word, systems: OVERLAYS })
    world.pass(10_000)
    const view = snapshotOf(node.node, world.now).searches.find((each) => each.id === id)
    for (const { system, hits } of view?.answers ?? []) if (hits > 0) found.add(system)
  }
  return [...found].sort()
}

describe('whole nodes', () => {
  it.each([
    [CHORD.putCopies - 1, ['gnutella', 'kazaa', 'ring']],
    [CHORD.putCopies, ['gnutella', 'kazaa']],
  ])('find a word whose place on the ring %i identities surround by %j', (attackers, systems) => {
    expect(foundBy(network('holiday', attackers), 'holiday')).toEqual(systems)
  })
})
