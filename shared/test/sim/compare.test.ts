import { describe, expect, it } from 'vitest'
import { createRng } from '../../src/kernel/rng.ts'
import { compareCommand } from '../../sim/commands/compare.ts'
import { chart, COLOURS, type Panel } from '../../sim/commands/plots-chart.ts'
import { runCompare, SYSTEMS, type CompareResult } from '../../sim/scenarios/compare.ts'
import { recallUnderChurn } from '../../sim/scenarios/compare-churn.ts'
import { treeReach } from '../../sim/scenarios/compare-curves.ts'
import { Library } from '../../sim/scenarios/compare-library.ts'

const OPTIONS = { seed: 3, peers: 60, queries: 15, filesPerPeer: 2 }

describe('library', () => {
  const library = new Library(OPTIONS)

  it('is the same for the same seed, and another for another one', () => {
    const names = ({ files }: Library) => files.map(({ listing }) => listing.name)
    expect(names(new Library(OPTIONS))).toEqual(names(library))
    expect(names(new Library({ ...OPTIONS, seed: 4 }))).not.toEqual(names(library))
  })

  it('gives every peer its files, some of which others have too', () => {
    for (let slot = 0; slot < 60; slot++) expect(new Set(library.filesOf(slot)).size).toBe(2)
    const copies = library.files.map((file) => library.holders(file).length)
    expect(copies.reduce((sum, count) => sum + count, 0)).toBe(120)
    expect(Math.max(...copies)).toBeGreaterThan(1)
    expect(copies.filter((count) => count === 1).length).toBeGreaterThan(30)
  })

  it('is asked for files that somebody else has', () => {
    const queries = library.queries(200, createRng(1))
    for (const { slot, words } of queries) {
      const holders = library.matching(words).flatMap((file) => library.holders(file))
      expect(holders.filter((holder) => holder !== slot)).not.toEqual([])
    }
    expect(new Set(queries.map(({ words }) => words.length))).toEqual(new Set([1, 2]))
  })

  it('needs somebody to ask', () => {
    expect(() => new Library({ ...OPTIONS, peers: 1 })).toThrow('two peers')
  })
})

describe('comparison', () => {
  const result: CompareResult = runCompare(OPTIONS)

  it('finds everything in each system, in a network that is whole', () => {
    for (const system of SYSTEMS) {
      expect([system, result[system].recall]).toEqual([system, 1])
      expect([system, result[system].unanswered]).toEqual([system, 0])
    }
  })

  it('shows what each system is known for', () => {
    const { directory, gnutellaClassic, gnutella, kazaa, ring } = result
    expect([directory.messages, directory.hops, directory.milliseconds]).toEqual([2, 1, 100])
    // A flood crosses each of the 180 links once or twice, and a tree only the 59 that it takes to reach all.
    expect(gnutellaClassic.messages).toBeGreaterThan(240)
    expect(gnutella.messages).toBeGreaterThan(58)
    expect(gnutella.messages).toBeLessThan(gnutellaClassic.messages / 2)
    expect(gnutella.hops).toBeGreaterThanOrEqual(gnutellaClassic.hops)
    expect([gnutellaClassic.digests, kazaa.digests, ring.digests]).toEqual([0, 0, 0])
    expect(kazaa.messages).toBeLessThan(gnutella.messages)
    // There and back, an acknowledgement of each hop, and at times a second way.
    expect(ring.messages).toBeLessThan(kazaa.messages)
    expect(ring.messages).toBeGreaterThanOrEqual(2 * ring.hops)
  })

  it('is the same for the same seed', () => {
    expect(JSON.stringify(runCompare(OPTIONS))).toBe(JSON.stringify(result))
  })

  it('prints a line for each run and a summary', () => {
    const run = (...more: string[]) => [...compareCommand(['--peers', '20', '--queries', '3', ...more])]
    const [first, second, summary, ...rest] = run('--json', '--seeds', '2').map(
      (line) => JSON.parse(line) as Record<string, unknown>,
    )
    expect(rest).toEqual([])
    expect([first?.['seed'], second?.['seed'], summary?.['summary']]).toEqual([1, 2, true])
    for (const system of SYSTEMS) expect(summary).toHaveProperty(`${system}.recall`)
    const lines = run()
    expect(lines.filter((line) => /^(Directory|Gnutella|KaZaA|Ring)\b.* %/.test(line))).toHaveLength(5)
  })
})

describe('recall under churn', () => {
  const options = { seed: 1, peers: 40, queries: 15, filesPerPeer: 2 }

  it('suffers from sessions of seconds, and not from long ones', () => {
    expect(recallUnderChurn('kazaa', { ...options, medianSessionMinutes: 60 })).toBe(1)
    expect(recallUnderChurn('kazaa', { ...options, medianSessionMinutes: 0.05 })).toBeLessThan(0.9)
  })
})

describe('pictures', () => {
  it('know how far a query goes when no two ways meet', () => {
    expect(treeReach().slice(0, 5)).toEqual([
      [1, 6],
      [2, 36],
      [3, 186],
      [4, 936],
      [5, 999],
    ])
  })

  it('put points where their values say', () => {
    const panel: Panel = {
      title: 'a < b',
      x: { label: 'x', scale: 'log2', ticks: [8, 32] },
      y: { label: 'y', scale: 'linear', ticks: [0, 1_000] },
      series: [
        {
          name: 'seen',
          colour: COLOURS.blue,
          kind: 'measured',
          points: [
            [8, 0],
            [16, 500],
            [32, 1_000],
          ],
        },
      ],
    }
    const svg = chart([panel])
    const circles = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map((match) => [
      Number(match[1]),
      Number(match[2]),
    ])
    const [[left, bottom], middle, [right, top]] = circles as [number[], number[], number[]]
    expect(middle).toEqual([(left! + right!) / 2, (bottom! + top!) / 2])
    expect(right!).toBeGreaterThan(left!)
    expect(bottom!).toBeGreaterThan(top!)
    expect(svg).toContain('a &lt; b')
    expect(svg).toContain('>1,000<')
  })
})
