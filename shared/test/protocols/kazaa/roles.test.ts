import { describe, expect, it } from 'vitest'
import { Harness, infoHashOf, listingOf, peerOf, queryOf, receivers, sent, standingOf } from './harness.ts'

const [a, b, c] = [peerOf(10), peerOf(11), peerOf(12)]

describe('orphan', () => {
  it('joins a super node that it meets, sends its files, and takes another in standby', () => {
    const node = new Harness()
    node.feed({ type: 'publish', infoHash: infoHashOf(3), listings: [listingOf('Song', 3)] })
    expect(sent(node.meet(a, 'superNode'), 'join')).toMatchObject([{ to: a, message: { as: 'child' } }])
    const welcomed = node.message(a, { type: 'welcome', as: 'child', epoch: 5, leaders: [b] })
    expect(sent(welcomed, 'shareDiff')).toMatchObject([
      { to: a, message: { epoch: 5, reset: true, add: [{ infoHash: infoHashOf(3) }] } },
    ])
    expect(welcomed).toContainEqual({ type: 'dial', peer: b, via: [a] })
    expect(sent(node.meet(b, 'superNode'), 'join')).toMatchObject([
      { to: b, message: { as: 'standbyChild' } },
    ])
    node.message(b, { type: 'welcome', as: 'standbyChild', epoch: 6, leaders: [] })
    expect(node.node.view()).toMatchObject({ role: 'child', leader: a, standby: b })
  })

  it('asks strangers when it knows no super node', () => {
    const node = new Harness()
    const effects = node.feed({ type: 'candidates', peers: [a, b, c, peerOf(13)] })
    expect(effects.filter(({ type }) => type === 'dial')).toHaveLength(3)
  })

  it('leads after five seconds when it is the best of those who are there, later when it is not', () => {
    const better = new Harness()
    better.meet(a, 'orphan', { standing: standingOf({ isVisible: false }) })
    better.pass(4_900)
    expect(better.node.view().role).toBe('orphan')
    better.pass(1_200)
    expect(better.node.view().role).toBe('superNode')
    const worse = new Harness()
    worse.meet(a, 'orphan')
    worse.pass(8_000)
    expect(worse.node.view().role).toBe('orphan')
    worse.pass(5_000)
    expect(worse.node.view().role).toBe('superNode')
  })

  it('never leads alone or against the will of its person', () => {
    const alone = new Harness()
    alone.pass(60_000)
    expect(alone.node.view().role).toBe('orphan')
    const unwilling = new Harness({ isWilling: false })
    unwilling.meet(a, 'orphan')
    unwilling.pass(60_000)
    expect(unwilling.node.view().role).toBe('orphan')
    expect(receivers(unwilling.message(a, { type: 'promote' }), 'decline')).toEqual([a])
  })

  it('tries the next super node when one refuses or does not answer', () => {
    const node = new Harness()
    node.meet(a, 'superNode')
    const refused = node.message(a, { type: 'refuse', as: 'child', leaders: [b] })
    expect(refused).toContainEqual({ type: 'dial', peer: b, via: [a] })
    expect(receivers(node.meet(b, 'superNode'), 'join')).toEqual([b])
    node.meet(c, 'superNode')
    expect(receivers(node.pass(3_100), 'join')).toEqual([c])
  })
})

describe('child', () => {
  function family(): Harness {
    const node = new Harness()
    node.follow(a)
    node.follow(b, 'standbyChild', 8)
    return node
  }

  it('tells both super nodes of changes', () => {
    const node = family()
    const added = node.feed({ type: 'publish', infoHash: infoHashOf(3), listings: [listingOf('Song', 3)] })
    expect(
      sent(added, 'shareDiff').map(({ to, message }) => [to, message.epoch, message.add.length]),
    ).toEqual([
      [a, 7, 1],
      [b, 8, 1],
    ])
    const gone = node.feed({ type: 'withdraw', infoHash: infoHashOf(3) })
    expect(sent(gone, 'shareDiff').map(({ message }) => message.remove)).toEqual([
      [infoHashOf(3)],
      [infoHashOf(3)],
    ])
  })

  it('is led by the standby at once when the main one is lost', () => {
    const node = family()
    const effects = node.feed({ type: 'linkDown', peer: a })
    expect(sent(effects, 'join')).toMatchObject([{ to: b, message: { as: 'child' } }])
    node.message(b, { type: 'welcome', as: 'child', epoch: 8, leaders: [] })
    expect(node.node.view()).toMatchObject({ role: 'child', leader: b, standby: null })
  })

  it('goes where it is sent', () => {
    const node = family()
    const effects = node.message(b, { type: 'leave', leaders: [c] })
    expect(effects).toContainEqual({ type: 'dial', peer: c, via: [b] })
    node.meet(peerOf(13), 'superNode', { children: 0 })
    expect(node.node.view().standby).toBe(null)
  })

  it('sends digests, and everything again when asked', () => {
    const node = family()
    node.feed({ type: 'publish', infoHash: infoHashOf(3), listings: [listingOf('Song', 3)] })
    expect(new Set(receivers(node.pass(100_000), 'digest'))).toEqual(new Set([a, b]))
    expect(sent(node.message(a, { type: 'resend', epoch: 7 }), 'shareDiff')).toMatchObject([
      { to: a, message: { reset: true } },
    ])
    expect(node.message(a, { type: 'resend', epoch: 99 })).toEqual([])
  })

  it('becomes a super node when its own one asks, and only then', () => {
    const node = family()
    expect(receivers(node.message(c, { type: 'promote' }), 'decline')).toEqual([c])
    const effects = node.message(a, { type: 'promote' })
    expect(node.node.view().role).toBe('superNode')
    expect(sent(effects, 'join').map(({ to, message }) => [to, message.as])).toEqual(
      expect.arrayContaining([
        [a, 'leader'],
        [b, 'leader'],
      ]),
    )
  })
})

describe('super node', () => {
  function leader(): Harness {
    const node = new Harness()
    node.feed({ type: 'lead' })
    return node
  }

  it('indexes its children, and forgets them with their link', () => {
    const node = leader()
    node.adopt(a, 'Summer song', 'Winter song')
    expect(node.node.view()).toMatchObject({ children: [a], indexSize: 2 })
    node.feed({ type: 'linkDown', peer: a })
    expect(node.node.view()).toMatchObject({ children: [], indexSize: 0 })
  })

  it('ignores diffs of another epoch, and asks for all when a digest differs', () => {
    const node = leader()
    node.adopt(a, 'Summer song')
    const stale = { type: 'shareDiff' as const, epoch: 1, reset: true, remove: [], add: [] }
    node.message(a, stale)
    expect(node.node.view().indexSize).toBe(1)
    const rejoined = sent(node.message(a, { type: 'join', as: 'child', standing: standingOf() }), 'welcome')
    const { epoch } = rejoined[0]!.message
    const digest = { type: 'digest' as const, epoch, digest: '0'.repeat(16), standing: standingOf() }
    expect(receivers(node.message(a, digest), 'resend')).toEqual([a])
  })

  it('takes super nodes, but no children, while the node has no links to give away', () => {
    const node = leader()
    const join = (number: number, as: 'child' | 'leader') => {
      node.meet(peerOf(number), as === 'leader' ? 'superNode' : 'orphan')
      return node.message(peerOf(number), { type: 'join', as, standing: standingOf() })
    }
    expect(receivers(join(100, 'child'), 'welcome')).toEqual([peerOf(100)])
    node.feed({ type: 'room', freeLinks: 0 })
    expect(receivers(join(101, 'child'), 'refuse')).toEqual([peerOf(101)])
    expect(receivers(join(102, 'leader'), 'welcome')).toEqual([peerOf(102)])
    expect(receivers(join(100, 'child'), 'welcome')).toEqual([peerOf(100)])
    node.feed({ type: 'room', freeLinks: 1 })
    expect(receivers(join(103, 'child'), 'welcome')).toEqual([peerOf(103)])
  })

  it('never has more than 32 children; one in need takes the place of a standby child', () => {
    const node = leader()
    const join = (number: number, as: 'child' | 'standbyChild') => {
      node.meet(peerOf(number), 'orphan')
      return node.message(peerOf(number), { type: 'join', as, standing: standingOf({ isWilling: false }) })
    }
    for (let i = 0; i < 31; i++) join(100 + i, 'child')
    join(150, 'standbyChild')
    expect(receivers(join(160, 'standbyChild'), 'refuse')).toEqual([peerOf(160)])
    expect(receivers(join(161, 'child'), 'leave')).toEqual([peerOf(150)])
    expect(receivers(join(162, 'child'), 'refuse')).toEqual([peerOf(162)])
    expect(node.node.view().children).toHaveLength(32)
  })

  it('invites its best child above thirty, the next when that declines, and gives it half', () => {
    const node = leader()
    let last: ReturnType<Harness['message']> = []
    for (let i = 0; i < 31; i++) {
      const peer = peerOf(100 + i)
      node.meet(peer, 'orphan')
      const standing = standingOf({ uploadBytesPerSecond: i === 20 ? 9e6 : i === 10 ? 3e6 : 1e5 })
      expect(receivers(last, 'promote')).toEqual([])
      last = node.message(peer, { type: 'join', as: 'child', standing })
    }
    expect(receivers(last, 'promote')).toEqual([peerOf(120)])
    expect(receivers(node.message(peerOf(120), { type: 'decline' }), 'promote')).toEqual([peerOf(110)])
    const effects = node.tellRole(peerOf(110), 'superNode')
    const sentAway = receivers(effects, 'leave')
    expect(sentAway).toHaveLength(15)
    expect(new Set(sent(effects, 'handover').map(({ message }) => message.child))).toEqual(new Set(sentAway))
    expect(node.node.view().children).toHaveLength(15)
  })

  it('invites another child when the best one says nothing at all', () => {
    const node = new Harness()
    node.feed({ type: 'lead' })
    for (let i = 0; i < 31; i++) node.adopt(peerOf(100 + i))
    const invited = new Set(receivers(node.pass(60_000), 'promote'))
    expect(invited.size).toBeGreaterThan(3)
  })

  it('keeps the index of a child that is on its way, and no longer than it takes', () => {
    const node = leader()
    node.ally(b)
    const shares = [{ infoHash: infoHashOf(3), listings: [listingOf('Song', 3)] }]
    node.message(b, { type: 'handover', child: a, isLast: true, shares })
    expect(node.node.view().indexSize).toBe(1)
    node.pass(16_000)
    expect(node.node.view().indexSize).toBe(0)
    node.message(c, { type: 'handover', child: a, isLast: true, shares })
    expect(node.node.view().indexSize).toBe(0)
  })

  it('keeps that index no longer when it is sent again and again', () => {
    const node = leader()
    node.ally(b)
    const shares = [{ infoHash: infoHashOf(3), listings: [listingOf('Song', 3)] }]
    node.message(b, { type: 'handover', child: a, isLast: false, shares })
    node.pass(10_000)
    node.message(b, { type: 'handover', child: a, isLast: true, shares })
    node.pass(6_000)
    expect(node.node.view().indexSize).toBe(0)
  })

  it('keeps no places for children whom another super node announces and who never come', () => {
    const node = leader()
    node.ally(b)
    node.ally(c)
    const announce = (by: typeof b, first: number, count: number) => {
      for (let n = first; n < first + count; n++)
        node.message(by, { type: 'handover', child: peerOf(200 + n), isLast: true, shares: [] })
    }
    const mayJoin = (peer: typeof b) => {
      node.meet(peer, 'orphan')
      const join = { type: 'join', as: 'child', standing: standingOf() } as const
      return receivers(node.message(peer, join), 'welcome').includes(peer)
    }
    announce(b, 0, 32)
    expect(mayJoin(peerOf(150))).toBe(false)
    node.pass(16_000)
    announce(b, 100, 32)
    expect(mayJoin(peerOf(151))).toBe(true)
    // Who sends children that come is believed, now and later.
    for (let round = 0; round < 5; round++) {
      announce(c, 1_000 + 10 * round, 5)
      for (let n = 0; n < 5; n++) {
        const child = peerOf(1_200 + 10 * round + n)
        expect(mayJoin(child)).toBe(true)
        node.feed({ type: 'linkDown', peer: child })
      }
    }
    announce(c, 2_000, 31)
    expect(mayJoin(peerOf(152))).toBe(false)
  })

  it('steps down when it has few children and others have room, handing them over', () => {
    const node = leader()
    for (const peer of [b, c]) {
      node.meet(peer, 'superNode', { children: 10 })
      node.message(peer, { type: 'join', as: 'leader', standing: standingOf() })
    }
    node.adopt(a, 'Summer song')
    const early = node.pass(25_000)
    expect(receivers(early, 'handover')).toEqual([])
    const effects = node.pass(30_000)
    expect(sent(effects, 'handover')).toMatchObject([{ message: { child: a, shares: [{}] } }])
    expect(receivers(effects, 'leave')).toEqual(expect.arrayContaining([a, b, c]))
    expect(sent(effects, 'join')[0]?.message.as).toBe('child')
    expect(node.node.view()).toMatchObject({ children: [], superNodes: [] })
  })

  it('of the last two neither steps down while there is a child', () => {
    const node = leader()
    node.ally(b)
    node.adopt(a, 'Summer song')
    node.pass(120_000)
    expect(node.node.view().role).toBe('superNode')
  })

  it('with few neighbours asks strangers now and then', () => {
    const node = leader()
    node.feed({ type: 'candidates', peers: [a] })
    const dials = node.pass(60_000).filter(({ type }) => type === 'dial')
    expect(dials.length).toBeGreaterThan(0)
  })

  it('hands its children over when the tab closes', () => {
    const node = leader()
    node.ally(b)
    node.adopt(a, 'Summer song')
    const effects = node.feed({ type: 'leaving' })
    expect(receivers(effects, 'handover')).toEqual([b])
    expect(sent(effects, 'leave').map(({ to, message }) => [to, message.leaders])).toEqual([
      [a, [b]],
      [b, []],
    ])
    expect(node.message(a, queryOf(1, ['summer']))).toEqual([])
    expect(node.node.wakeAt()).toBe(Infinity)
  })
})
