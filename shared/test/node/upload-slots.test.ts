import { describe, expect, it } from 'vitest'
import type { InfoHash, PeerId } from '../../src/kernel/ids.ts'
import type { ShareEntry } from '../../src/node/share-entry.ts'
import type { Shares } from '../../src/node/shares.ts'
import { UploadSlots } from '../../src/node/upload-slots.ts'
import { infoHashOf, peerOf } from '../discovery/listings.ts'

const infoHash = infoHashOf(1)
const [ann, bob] = [peerOf(1), peerOf(2)]

/** A share that is fetched by queue, from whoever is linked at present. */
class Fetching {
  readonly fed: string[] = []
  readonly entries = new Map<InfoHash, ShareEntry>()
  readonly slots = new UploadSlots(
    () => ({ entries: () => this.entries.entries(), get: (of: InfoHash) => this.entries.get(of) }) as Shares,
    (input) => {
      this.fed.push(`${input.type} ${'peer' in input && input.peer === ann ? 'ann' : 'bob'}`)
    },
  )

  look(peers: readonly PeerId[], state: 'leeching' | 'seeding' = 'leeching'): string[] {
    const links = new Map(peers.map((peer) => [peer, { peer, amInterested: true, downloadedBytes: 0 }]))
    const entry = { viaQueue: true, exchange: { state: { name: state }, links } }
    this.entries.set(infoHash, entry as unknown as ShareEntry)
    this.slots.tick(0)
    return this.fed.splice(0)
  }
}

describe('places in the queues of sources', () => {
  it('are asked for once, whether the source comes and goes or not', () => {
    const fetching = new Fetching()
    expect(fetching.look([ann, bob])).toEqual(['enqueue ann', 'enqueue bob'])
    expect(fetching.look([ann])).toEqual([])
    expect(fetching.slots.placesOf(infoHash).map(({ peer }) => peer)).toEqual([ann])
    // The queue tells us of the place again by itself.
    expect(fetching.look([ann, bob])).toEqual([])
    fetching.slots.onEffect({ type: 'queued', peer: bob, infoHash, position: 2, etaMs: 9 }, 0)
    expect(fetching.slots.placesOf(infoHash).map(({ peer }) => peer)).toEqual([ann, bob])
  })

  it('are given up once the share is there, with sources that are away too', () => {
    const fetching = new Fetching()
    fetching.look([ann, bob])
    fetching.look([ann])
    expect(fetching.look([ann], 'seeding')).toEqual(['dequeue ann', 'dequeue bob'])
    expect(fetching.slots.placesOf(infoHash)).toEqual([])
  })

  it('are given up with the share', () => {
    const fetching = new Fetching()
    fetching.look([ann])
    fetching.entries.delete(infoHash)
    fetching.slots.tick(0)
    expect(fetching.fed).toEqual(['dequeue ann'])
  })
})
