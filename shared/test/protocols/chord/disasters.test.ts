import { beforeEach, describe, expect, it } from 'vitest'
import { CHORD } from '../../../src/protocols/chord/constants.ts'
import { Disasters } from '../../../src/protocols/chord/disasters.ts'
import type { ChordContext } from '../../../src/protocols/chord/context.ts'
import { parsePeerId } from '../../../src/kernel/ids.ts'
import { defined } from '../../../src/kernel/invariant.ts'

const peers = Array.from({ length: 32 }, (_, n) =>
  defined(parsePeerId(n.toString(16).padStart(64, '0')), 'id'),
)

describe('a disaster', () => {
  let now: number
  let links: Set<(typeof peers)[number]>
  let puts: number[]
  let disasters: Disasters
  let context: ConstructorParameters<typeof Disasters>[0]

  beforeEach(() => {
    now = 1_000_000
    links = new Set(peers)
    puts = []
    context = {
      seeksUntil: -Infinity,
      get now() {
        return now
      },
      get links() {
        return links as unknown as ChordContext['links']
      },
      sizeEstimate: () => 1_000,
    }
    disasters = new Disasters(context, { putAllWithin: (spreadMs) => puts.push(spreadMs) })
  })

  /** So many links break, one every `stepMs`. */
  function lose(count: number, stepMs: number): void {
    for (let i = 0; i < count; i++) {
      links.delete([...links][0] ?? defined(peers[0], 'peer'))
      now += stepMs
      disasters.lost()
    }
  }

  it('is a sixth of the links at once: everything is put again within half a minute', () => {
    lose(5, 100)
    expect(puts).toEqual([CHORD.disasterSpreadMs])
  })

  it('is not a few links, nor the same loss over a minute', () => {
    lose(4, 100)
    links = new Set(peers)
    now += CHORD.disasterMs
    lose(8, 4_000)
    expect(puts).toEqual([])
  })

  it('of a quarter of the links makes it worth asking around for those who are listed, for a while', () => {
    lose(5, 100)
    links = new Set(peers)
    now += 20_000
    lose(7, 100)
    expect(context.seeksUntil).toBe(-Infinity)
    lose(1, 100)
    expect(context.seeksUntil).toBe(now + CHORD.seekForMs)
  })

  it('takes a quarter soon after another one, so that churn by the minute does not cause one after the other', () => {
    lose(5, 100)
    links = new Set(peers)
    now += 20_000
    lose(7, 100)
    expect(puts).toHaveLength(1)
    lose(1, 100)
    expect(puts).toHaveLength(2)
    links = new Set(peers)
    now += CHORD.disasterPauseMs
    lose(5, 100)
    expect(puts).toHaveLength(3)
  })
})
