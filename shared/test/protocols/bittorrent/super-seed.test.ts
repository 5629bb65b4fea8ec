import { expect, it } from 'vitest'
import { Bitfield } from '../../../src/content/bitfield.ts'
import type { PeerId } from '../../../src/kernel/ids.ts'
import { Outbox } from '../../../src/protocols/bittorrent/effects.ts'
import { KEPT_BLOCKS, PROBE_REVEALS, SPREAD_TIMEOUT_MS } from '../../../src/protocols/bittorrent/constants.ts'
import { PeerLink } from '../../../src/protocols/bittorrent/peer-link.ts'
import { PeerRecords } from '../../../src/protocols/bittorrent/peer-record.ts'
import { SuperSeeder } from '../../../src/protocols/bittorrent/super-seed.ts'
import { peer } from '../tracker/ids.ts'

const BLOCKS = 100
const [A, B] = [peer(1), peer(2)] as const

function setUp() {
  const links = new Map<PeerId, PeerLink>()
  const records = new PeerRecords(links)
  const superSeed = new SuperSeeder(BLOCKS)
  const join = (who: PeerId): PeerLink => {
    const link = new PeerLink(records.of(who, 0), true, 0)
    link.theirs = new Bitfield(BLOCKS)
    links.set(who, link)
    superSeed.join(link)
    return link
  }
  const leave = (link: PeerLink) => {
    links.delete(link.peer)
    records.keep(link.record)
    superSeed.leave(link)
  }
  /** It has a turn and fetches all that it is told of. @returns which blocks those are. */
  const turn = (link: PeerLink, now: number): number[] => {
    const out = new Outbox()
    superSeed.beginTurn(link, 8, out, now)
    const blocks = out.take().flatMap((effect) => {
      if (effect.type !== 'send' || effect.message.type !== 'have') return []
      const { first, count } = effect.message
      return Array.from({ length: count }, (_, index) => first + index)
    })
    for (const block of blocks) {
      superSeed.onSent(link.peer, block, now)
      link.theirs?.set(block)
      superSeed.sawBlock(link.peer, block)
    }
    return blocks
  }
  return { superSeed, join, leave, turn }
}

it('a peer that keeps what it gets is known for it when it joins anew', () => {
  const { superSeed, join, leave, turn } = setUp()
  const keeper = join(A)
  join(B)
  expect(turn(keeper, 0)).toHaveLength(PROBE_REVEALS)
  superSeed.onWake(SPREAD_TIMEOUT_MS)
  expect([PROBE_REVEALS >= KEPT_BLOCKS, keeper.record.isKeeper]).toEqual([true, true])
  leave(keeper)
  const again = join(A)
  expect(again.record.isKeeper).toBe(true)
  expect(superSeed.meritOf(A)).toBeLessThan(superSeed.meritOf(B))
  // Not in vain: it gets little again, and what it had goes to others.
  expect(turn(again, SPREAD_TIMEOUT_MS)).toHaveLength(PROBE_REVEALS)
})

it('a peer that leaves with what it just got goes behind who waits when it joins anew, as often as it does so', () => {
  const { superSeed, join, leave, turn } = setUp()
  join(B)
  let merit = superSeed.meritOf(B)
  for (let visit = 0; visit < 3; visit++) {
    const link = join(A)
    if (visit > 0) expect(superSeed.meritOf(A)).toBeLessThan(merit)
    merit = superSeed.meritOf(A)
    turn(link, visit)
    leave(link)
  }
})

it('a peer whose blocks spread has its longer turns at once when it joins anew', () => {
  const { superSeed, join, leave, turn } = setUp()
  const [giver, other] = [join(A), join(B)]
  for (const block of turn(giver, 0)) {
    other.theirs?.set(block)
    superSeed.sawBlock(B, block)
  }
  leave(giver)
  const again = join(A)
  expect(turn(again, 1).length).toBeGreaterThan(PROBE_REVEALS)
})
