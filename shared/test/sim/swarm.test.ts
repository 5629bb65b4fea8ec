import { describe, expect, it } from 'vitest'
import { DEFAULT_SWARM, runSwarm, type SwarmOptions } from '../../sim/scenarios/swarm.ts'
import { swarmCommand } from '../../sim/commands/swarm.ts'

const MIB = 1024 * 1024

/** Eight peers and 4 MiB; every rule is checked each virtual second. */
const SMALL: SwarmOptions = {
  ...DEFAULT_SWARM,
  contributors: 8,
  fileBytes: [4 * MIB],
  inspectEveryMs: 1_000,
  limitMs: 600_000,
}

const swarm = (changes: Partial<SwarmOptions> = {}) => runSwarm({ ...SMALL, ...changes })

describe('a swarm', () => {
  it.each([1, 2, 3, 4, 5])('spreads a file to everybody, seed %i', (seed) => {
    const { result, contributors } = swarm({ seed })
    expect(contributors.every((node) => node.stored.isFull)).toBe(true)
    expect(result.seedCopies).toBeLessThan(2)
    expect(result.makespanOverBound).toBeLessThan(1.6)
  })

  it('does the same to the byte with the same seed', () => {
    expect(swarm({ seed: 7 }).result).toEqual(swarm({ seed: 7 }).result)
    expect(swarm({ seed: 7 }).result).not.toEqual(swarm({ seed: 8 }).result)
    const args = ['--peers', '5', '--size-mib', '1', '--seeds', '1', '--us', '2', '--json']
    expect([...swarmCommand(args)]).toEqual([...swarmCommand(args)])
  })

  it('shares many files whose last pieces are short', () => {
    const { contributors } = swarm({
      fileBytes: [1, 16_384, 16_385, 300_000, MIB + 5, 700_001],
      pieceBytes: 65_536,
    })
    expect(contributors.every((node) => node.stored.isFull)).toBe(true)
  })

  it.each([1, 2, 3])(
    'finishes among the leechers after the source left with 1.15 copies, seed %i',
    (seed) => {
      const { source, contributors } = swarm({ seed, sourceLeavesAfterCopies: 1.15 })
      expect(source.isOnline).toBe(false)
      expect(contributors.every((node) => node.stored.isFull)).toBe(true)
    },
  )

  it.each([1, 2, 3])('survives comings and goings, and nobody starts from scratch, seed %i', (seed) => {
    const churn = { sessionMs: 3_000, pauseMs: 1_000, untilMs: 20_000 }
    const { contributors, result } = swarm({ seed, churn })
    expect(contributors.every((node) => node.stored.isFull)).toBe(true)
    // What is lost is what was under way.
    expect(result.duplicateShare).toBeLessThan(0.05)
  })

  it('serves those who come late', () => {
    const { contributors } = swarm({ late: [6, 7].map((contributor) => ({ contributor, atMs: 4_000 })) })
    expect(contributors.every((node) => node.stored.isFull)).toBe(true)
  })

  it.each([1, 2, 3])('bans who sends bad blocks by the second one and stores none, seed %i', (seed) => {
    const { contributors } = swarm({ seed, special: [{ contributor: 2, behaviour: 'corrupt' }] })
    const corrupter = contributors[2]
    const honest = contributors.filter((node) => node.isHonest)
    expect(honest.every((node) => node.stored.isFull)).toBe(true)
    expect(honest.some((node) => corrupter !== undefined && node.banned.has(corrupter.peer))).toBe(true)
    for (const node of honest) expect([...node.banned].filter((peer) => peer !== corrupter?.peer)).toEqual([])
    for (const node of honest) expect(node.badBlocks).toBeLessThanOrEqual(2)
  })

  it('goes on beside a peer that never answers a request', () => {
    const { contributors, result } = swarm({ special: [{ contributor: 0, behaviour: 'silent' }] })
    expect(contributors.filter((node) => node.isHonest).every((node) => node.stored.isFull)).toBe(true)
    // Its share of the requests is asked of others when it is snubbed after 10 s, or sooner in the endgame.
    expect(result.makespanSeconds).toBeLessThan(25)
  })

  it('does not wait for a slow peer', () => {
    const { contributors, result } = swarm({
      special: [{ contributor: 3, behaviour: 'honest', uplink: 8_192 }],
    })
    expect(contributors.every((node) => node.stored.isFull)).toBe(true)
    expect(result.makespanOverBound).toBeLessThan(1.8)
  })

  it('gives free riders the file after the others', () => {
    const options = { fileBytes: [16 * MIB], contributors: 16, sourceRatio: 4, inspectEveryMs: 5_000 }
    const { result } = swarm({ ...options, freeRiders: 4 })
    const alone = swarm(options).result
    expect(result.medianFreeRiderSeconds).toBeGreaterThan(result.medianFinishSeconds * 1.1)
    expect(result.medianFinishSeconds / alone.medianFinishSeconds).toBeLessThan(1.15)
  })

  it.each([1, 2])('fetches the metadata from whoever has it, seed %i', (seed) => {
    const { contributors } = swarm({ seed, startsWithoutMetadata: true })
    expect(contributors.every((node) => node.stored.isFull)).toBe(true)
  })

  it('works over few links and with slow downlinks', () => {
    const { contributors } = swarm({ linksPerNode: 3, downlink: 700_000 })
    expect(contributors.every((node) => node.stored.isFull)).toBe(true)
  })

  it('gives a share with one peer to it whole', () => {
    const { result } = swarm({ contributors: 1 })
    expect(result.seedCopies).toBe(1)
    expect(result.makespanOverBound).toBeLessThan(1.2)
  })
})
