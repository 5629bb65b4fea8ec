import { describe, expect, it } from 'vitest'
import { parsePeerId, type PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { SearchStep } from '@ringdrop/shared/discovery/overlay.ts'
import type { AnswerView, SearchView } from '@ringdrop/shared/node/searches.ts'
import type { LinkView, NodeSnapshot } from '@ringdrop/shared/node/snapshot.ts'
import type { SystemName } from '@ringdrop/shared/node/systems.ts'
import type { SystemsView } from '@ringdrop/shared/node/systems-view.ts'
import { english } from '../../src/lang/language.ts'
import { network as en } from '../../src/lang/network/en.ts'
import { network as zh } from '../../src/lang/network/zh.ts'
import { failureWords, isRelayed, rolesOf, withSpeeds } from '../../src/lib/network/connections.ts'
import { graphOf, MAX_LINKS, MAX_PEERS, structureOf, VIEWS } from '../../src/lib/network/graph.ts'
import { fit, neighbourTowards, project, zoomAt } from '../../src/lib/network/geometry.ts'
import { labelled } from '../../src/lib/network/labels.ts'
import { ForceLayout, ringPlaces } from '../../src/lib/network/layout.ts'
import { beside, flowStrength, looksLike } from '../../src/lib/network/link-style.ts'
import { lastPosition, replaySentence } from '../../src/lib/network/replay-words.ts'
import { answeredAtHome, framesOf, replaysOf, ringDistance } from '../../src/lib/network/replay.ts'
import { PlugWatch } from '../../src/state/plug-watch.svelte.ts'
import { appSnapshot, peerView, PEER as SELF, shareView } from './views.ts'

const peer = (digit: string): PeerId => parsePeerId(digit.repeat(64)) as PeerId
const numbered = (n: number): PeerId => parsePeerId(n.toString(16).padStart(4, '0').repeat(16)) as PeerId
const traffic = { sentMessages: 0, sentBytes: 0, receivedMessages: 0, receivedBytes: 0 }
const link = (id: PeerId, parts: Partial<LinkView> = {}): LinkView => ({
  peer: id,
  upForMs: 60_000,
  sentBytes: 10,
  receivedBytes: 20,
  shareCount: 0,
  isSilent: false,
  relay: null,
  ...parts,
})

function step(from: PeerId, to: PeerId, hops: number, kind: SearchStep['kind'] = 'query'): SearchStep {
  return { from, to, hops, kind }
}

function search(answers: Partial<Record<SystemName, readonly SearchStep[]>>, hits = 1): SearchView {
  const views = Object.entries(answers).map(([system, steps]): AnswerView => ({
    system: system as SystemName,
    state: 'ended',
    because: 'complete',
    hits,
    messages: steps.length,
    bytes: 100,
    hops: 2,
    firstHitMs: 5,
    tookMs: 9,
    steps,
  }))
  return { id: 'ab'.repeat(16) as SearchView['id'], text: 'holiday', startedAt: 0, answers: views, hits: [] }
}

const ring = {
  position: '3'.repeat(40),
  state: 'member',
  predecessors: [peer('2')],
  successors: [peer('5'), peer('9')],
  fingers: [{ level: 159, peer: peer('b') }],
  records: 0,
  size: 12,
  routing: 'full',
  traffic,
} as unknown as SystemsView['ring']
const gnutella = {
  neighbours: [
    { peer: peer('7'), lazy: true },
    { peer: peer('5'), lazy: false },
  ],
  traffic,
} as unknown as SystemsView['gnutella']
const kazaa = {
  role: 'superNode',
  leader: null,
  standby: null,
  children: [peer('c')],
  superNodes: [peer('d')],
  traffic,
} as unknown as SystemsView['kazaa']

function node(parts: Partial<NodeSnapshot> = {}): NodeSnapshot {
  const base = appSnapshot([]).node
  if (base === null) throw new Error('no node')
  return { ...base, systems: { ...base.systems, ring, gnutella, kazaa }, ...parts }
}

describe('the graph of a view', () => {
  it.each([
    ['ring', ['finger', 'ring', 'ring', 'ring']],
    ['gnutella', ['gnutella', 'lazy']],
    ['kazaa', ['kazaa', 'kazaa']],
    ['swarm', []],
    ['all', ['finger', 'gnutella', 'kazaa', 'kazaa', 'lazy', 'ring', 'ring', 'ring']],
  ] as const)('%s', (view, kinds) => {
    const { links } = graphOf(node(), view)
    expect(links.map(({ kind }) => kind).sort()).toEqual(kinds)
  })

  it('stands in the order of the ring, and says who is what', () => {
    const { peers } = graphOf(node({ links: [link(peer('d'), { isSilent: true })] }), 'kazaa')
    expect(peers).toEqual([
      { peer: SELF, isSelf: true, isLinked: false, isSilent: false, role: 'superNode' },
      { peer: peer('c'), isSelf: false, isLinked: false, isSilent: false, role: 'child' },
      { peer: peer('d'), isSelf: false, isLinked: true, isSilent: true, role: 'superNode' },
    ])
  })

  it('shows neighbours of the ring that only our lists know as links of others', () => {
    const { links } = graphOf(node(), 'ring')
    const between = links.filter(({ isHeard }) => isHeard)
    expect(between).toEqual([{ from: peer('5'), to: peer('9'), kind: 'ring', isHeard: true, flow: null }])
  })

  it('adds what a share gives and takes over all shares, and a link that does nothing only where there is no other', () => {
    const shares = [
      shareView({ peers: [peerView({ peer: peer('7'), downSpeed: 10, upSpeed: 1 })] }),
      shareView({ peers: [peerView({ peer: peer('7'), downSpeed: 5 })] }),
    ]
    const seen = node({ shares, links: [link(peer('7'), { shareCount: 2 }), link(peer('e'))] })
    expect(graphOf(seen, 'swarm').links).toEqual([
      { from: SELF, to: peer('7'), kind: 'transfer', isHeard: false, flow: { toUs: 15, fromUs: 1 } },
    ])
    const bare = graphOf(seen, 'all').links.filter(({ kind }) => kind === 'link')
    expect(bare.map(({ to }) => to)).toEqual([peer('e')])
  })

  it('learns links of others, and super nodes, from the steps of searches', () => {
    const searches = [
      search({ gnutella: [step(SELF, peer('5'), 0), step(peer('5'), peer('8'), 1, 'duplicate')] }),
    ]
    const { links, peers } = graphOf(node({ searches }), 'gnutella')
    expect(peers.map((each) => each.peer)).toContain(peer('8'))
    expect(links).toContainEqual({
      from: peer('5'),
      to: peer('8'),
      kind: 'gnutella',
      isHeard: true,
      flow: null,
    })
    // Ours is not drawn a second time.
    expect(links.filter(({ to }) => to === peer('5'))).toHaveLength(1)
    const asked = [search({ kazaa: [step(SELF, peer('1'), 0), step(peer('1'), SELF, 1, 'hit')] })]
    const roles = graphOf(node({ searches: asked }), 'kazaa').peers
    expect(roles.find((each) => each.peer === peer('1'))?.role).toBe('superNode')
  })

  it('keeps to its limits, ourselves and our own links first', () => {
    const steps = Array.from({ length: 3_000 }, (_, i) =>
      step(numbered(1 + (i % 300)), numbered(1 + ((i * 7) % 301)), 1),
    )
    const searches = [search({ gnutella: steps })]
    const graph = graphOf(node({ searches }), 'gnutella')
    expect(graph.peers).toHaveLength(MAX_PEERS)
    expect(graph.links.length).toBeLessThanOrEqual(MAX_LINKS)
    expect(graph.leftOut).toBeGreaterThan(90)
    const shown = new Set(graph.peers.map((each) => each.peer))
    expect([SELF, peer('7'), peer('5')].every((each) => shown.has(each))).toBe(true)
    expect(graph.links.every(({ from, to }) => shown.has(from) && shown.has(to))).toBe(true)
  })

  it('has the same structure while only speeds change', () => {
    const at = (downSpeed: number) =>
      structureOf(
        graphOf(node({ shares: [shareView({ peers: [peerView({ peer: peer('7'), downSpeed })] })] }), 'all'),
      )
    expect(at(1)).toBe(at(2_000_000))
    expect(structureOf(graphOf(node(), 'all'))).not.toBe(at(1))
  })
})

describe('the layout', () => {
  it('gives every peer of a large network a place of its own, the same each time', () => {
    const steps = Array.from({ length: 800 }, (_, i) =>
      step(numbered(1 + (i % 199)), numbered(1 + ((i * 13 + 7) % 199)), 1),
    )
    const graph = graphOf(node({ searches: [search({ gnutella: steps })] }), 'gnutella')
    const run = () => {
      const layout = new ForceLayout()
      layout.update(graph)
      layout.settle()
      return layout.places()
    }
    const places = [...run().values()]
    expect(places).toHaveLength(graph.peers.length)
    const gaps = places.flatMap((a, i) => places.slice(i + 1).map((b) => Math.hypot(a.x - b.x, a.y - b.y)))
    expect(Math.min(...gaps)).toBeGreaterThan(14)
    expect(run()).toEqual(run())
    expect(run().get(SELF)).toEqual({ x: 0, y: 0 })
  })

  it('moves those that stay only a little when one comes', () => {
    const layout = new ForceLayout()
    layout.update(graphOf(node(), 'all'))
    layout.settle()
    const before = layout.places()
    layout.update(graphOf(node({ links: [link(peer('e'))] }), 'all'))
    layout.settle()
    for (const [id, { x, y }] of before) {
      const after = layout.places().get(id)
      expect(Math.hypot((after?.x ?? Infinity) - x, (after?.y ?? Infinity) - y)).toBeLessThan(80)
    }
  })

  it('puts a ring on a circle, and fits it into the frame', () => {
    const places = ringPlaces(graphOf(node(), 'ring'))
    const radii = [...places.values()].map(({ x, y }) => Math.hypot(x, y))
    expect(Math.max(...radii) - Math.min(...radii)).toBeLessThan(1e-9)
    const camera = fit(places, { width: 320, height: 400 })
    for (const place of places.values()) {
      const { x, y } = project(place, camera)
      expect(x > 0 && x < 320 && y > 0 && y < 400).toBe(true)
    }
  })

  it('zooms about a point', () => {
    const camera = zoomAt({ k: 1, x: 10, y: 20 }, 2, { x: 100, y: 50 })
    expect(project({ x: 90, y: 30 }, camera)).toEqual({ x: 100, y: 50 })
    expect(camera.k).toBe(2)
  })

  it('finds the next peer in each direction', () => {
    const places = new Map([
      [peer('1'), { x: 0, y: 0 }],
      [peer('2'), { x: 50, y: 5 }],
      [peer('3'), { x: 20, y: 60 }],
      [peer('4'), { x: -40, y: 0 }],
    ])
    expect(neighbourTowards(places, peer('1'), 'ArrowRight')).toBe(peer('2'))
    expect(neighbourTowards(places, peer('1'), 'ArrowDown')).toBe(peer('3'))
    expect(neighbourTowards(places, peer('1'), 'ArrowLeft')).toBe(peer('4'))
    expect(neighbourTowards(places, peer('1'), 'ArrowUp')).toBeNull()
  })

  it('writes names only where they have room, the one looked at always', () => {
    const { peers } = graphOf(node(), 'all')
    const crowd = new Map(peers.map(({ peer: id }, index) => [id, { x: index * 2, y: 0 }]))
    expect([...labelled(peers, crowd, peer('c'))]).toEqual([peer('c')])
    const apart = new Map(peers.map(({ peer: id }, index) => [id, { x: index * 90, y: 0 }]))
    expect(labelled(peers, apart, null).size).toBe(peers.length)
  })

  it('lays links of one pair beside each other, whoever is named first', () => {
    const [a, b] = [peer('1'), peer('2')]
    const base = { isHeard: false, flow: null }
    const [first, second] = beside([
      { from: a, to: b, kind: 'ring', ...base },
      { from: b, to: a, kind: 'kazaa', ...base },
    ])
    expect(first?.bend).not.toBe(0)
    // Seen from the same end they lie on different sides.
    expect(first?.bend).toBe(second?.bend)
  })

  it('is drawn again only for what can be seen', () => {
    const at = (downSpeed: number) =>
      graphOf(node({ shares: [shareView({ peers: [peerView({ peer: peer('7'), downSpeed })] })] }), 'all')
    expect(looksLike(at(50_000), at(50_400))).toBe(true)
    expect(looksLike(at(50_000), at(5_000_000))).toBe(false)
    expect(looksLike(at(50_000), { ...at(50_000), leftOut: 1 })).toBe(false)
  })

  it('shows faster flows stronger', () => {
    expect(flowStrength(0)).toBeNull()
    expect(flowStrength(100_000)).toBeLessThan(flowStrength(5_000_000) ?? 0)
    expect(flowStrength(1e12)).toBe(1)
  })
})

describe('the replay of a search', () => {
  const [a, b, c] = [peer('5'), peer('7'), peer('9')]
  const flood = [
    step(SELF, a, 0),
    step(SELF, b, 0),
    step(a, c, 1),
    step(b, c, 1, 'duplicate'),
    step(c, a, 2, 'hit'),
    step(a, SELF, 1, 'hit'),
  ]
  const asker = { self: SELF, isSuperNode: false }
  const said = (view: SearchView, position: number, as = asker, t = en) => {
    const replay = replaysOf(view)[0]
    if (replay === undefined) throw new Error('nothing to replay')
    return replaySentence(english, t, replay, position < 0 ? lastPosition(replay) : position, as).replaceAll(
      '\u00a0',
      ' ',
    )
  }

  it('goes out hop by hop and comes back from the farthest', () => {
    expect(framesOf('gnutella', flood)).toMatchObject([
      { part: 'question', hop: 1, senders: 1, reached: 2, again: 0 },
      { part: 'question', hop: 2, senders: 2, reached: 1, again: 1 },
      { part: 'answer', hop: 1, senders: 1, steps: [step(c, a, 2, 'hit')] },
      { part: 'answer', hop: 2, senders: 1, steps: [step(a, SELF, 1, 'hit')] },
    ])
  })

  it('tells a flood', () => {
    const view = search({ gnutella: flood })
    expect(said(view, 0)).toContain('asked of Gnutella')
    expect(said(view, 1)).toBe('Hop 1: you ask your 2 neighbours.')
    expect(said(view, 2)).toBe(
      'Hop 2: 2 peers pass the question on to 1 other. 1 copy came to peers that had the question already, and ended there.',
    )
    expect(said(view, 3)).toBe('The answer goes back the way the question came: 1 peer passes it on.')
    expect(said(view, -1)).toContain('arrives here. In all: 1 file found, 6 messages, 2 hops')
  })

  it('tells super nodes from children', () => {
    const view = search({ kazaa: [step(SELF, a, 0), step(a, b, 1), step(a, SELF, 1, 'hit')] })
    expect(said(view, 1)).toContain('you ask your super node')
    expect(said(view, 1, { ...asker, isSuperNode: true })).toContain('you are a super node')
    expect(said(view, 2)).toContain('1 super node asks 1 other; no child is bothered')
  })

  it('tells how the ring comes nearer, with receipts where they belong', () => {
    const [far, near, end] = [peer('8'), peer('a'), peer('b')]
    const path = [
      step(SELF, far, 0),
      step(far, SELF, 1, 'ack'),
      step(far, near, 1),
      step(near, far, 2, 'ack'),
      step(near, end, 2),
      step(end, near, 3, 'ack'),
      step(end, near, 3, 'hit'),
      step(near, far, 4, 'hit'),
      step(far, SELF, 5, 'hit'),
    ]
    const frames = framesOf('ring', path)
    expect(frames.map(({ part, steps }) => [part, steps.length])).toEqual([
      ['question', 2],
      ['question', 2],
      ['question', 2],
      ['answer', 1],
      ['answer', 1],
      ['answer', 1],
    ])
    expect(frames[0]?.approach).toEqual({
      from: SELF,
      to: far,
      before: ringDistance(SELF, end),
      after: ringDistance(far, end),
    })
    const view = search({ ring: path })
    expect(said(view, 1)).toMatch(
      /^Hop 1: the question goes from you to 888888: from 47 % of the ring away to 19 %\./,
    )
    expect(said(view, 3)).toContain('at whose place on the ring the word is kept')
    expect(said(view, -1)).toContain('arrives here')
  })

  it('says so when nothing was found, and offers only what has a way', () => {
    expect(said(search({ gnutella: flood }, 0), -1)).toContain('nothing found')
    expect(
      replaysOf(search({ directory: [], ring: [], gnutella: flood })).map(({ system }) => system),
    ).toEqual(['gnutella'])
  })

  it('tells which systems needed no message, since the asker holds the answer itself', () => {
    const answers = { directory: [], ring: [], kazaa: [], gnutella: flood }
    expect(answeredAtHome(search(answers))).toEqual(['ring', 'kazaa'])
    expect(answeredAtHome(search(answers, 0))).toEqual([])
  })

  it('speaks Chinese', () => {
    expect(said(search({ gnutella: flood }), 1, asker, zh)).toContain('第 1 跳')
  })
})

describe('connections in words', () => {
  const path = {
    peer: peer('5'),
    local: 'host',
    remote: 'prflx',
    protocol: 'udp',
    roundTripMs: 3,
    sentBytes: 1_000,
    receivedBytes: 5_000,
    at: 10_000,
  } as const

  it.each([
    ['host', 'prflx', false],
    ['relay', 'srflx', true],
    ['host', 'relay', true],
    ['host', null, null],
  ] as const)('%s and %s: relayed %s', (local, remote, relayed) => {
    expect(isRelayed({ local, remote })).toBe(relayed)
  })

  it('measures speeds between two looks, and none when a path begins anew', () => {
    const first = withSpeeds(new Map(), [path])
    expect(first.get(path.peer)).toMatchObject({ downSpeed: null, upSpeed: null })
    const second = withSpeeds(first, [{ ...path, at: 12_000, receivedBytes: 9_000, sentBytes: 1_000 }])
    expect(second.get(path.peer)).toMatchObject({ downSpeed: 2_000, upSpeed: 0 })
    expect(withSpeeds(second, [{ ...path, at: 12_000 }]).get(path.peer)).toMatchObject({ downSpeed: 2_000 })
    const anew = withSpeeds(second, [{ ...path, at: 14_000, receivedBytes: 10 }])
    expect(anew.get(path.peer)).toMatchObject({ downSpeed: null })
  })

  it('name every purpose of a link', () => {
    expect(rolesOf(node(), en, peer('5'))).toEqual(['successor on the ring', 'Gnutella neighbour'])
    expect(rolesOf(node(), en, peer('c'))).toEqual(['your child'])
    expect(rolesOf(node(), en, peer('0'))).toEqual([])
  })

  it.each(['noAnswer', 'busy', 'refused', 'iceFailed', 'badProof', 'timeout', 'noWay', 'somethingNew'])(
    'say what happened, why and what to do: %s',
    (code) => {
      for (const t of [en, zh]) {
        const words = failureWords(t, code)
        expect(Object.values(words).every((text) => text.length > 3)).toBe(true)
      }
    },
  )
})

describe('words of the page', () => {
  it('count peers as people do, and speak of the ring where it is', () => {
    expect(en.leftOut(1)).toBe('One more peer is known; there is no room to draw it.')
    expect(en.leftOut(2)).toBe('2\u00a0more peers are known; there is no room to draw them.')
    expect([en.label(2, 1), zh.label(2, 1)].filter((each) => /ring|环/.test(each))).toEqual([])
  })

  it('name every view in each language', () => {
    for (const t of [en, zh])
      for (const view of VIEWS) expect(t.views[view] && t.ideas[view] && t.empty[view]).toBeTruthy()
  })

  it('compare with the moment at which the server went', () => {
    const watch = new PlugWatch()
    const up = { ...appSnapshot([]), node: node({ links: [link(peer('5')), link(peer('7'))] }) }
    watch.see(up)
    expect(watch.before).toBeNull()
    const down = {
      ...up,
      server: { state: 'down', because: null },
      node: node({ links: [link(peer('5'))] }),
    } as const
    watch.see(down)
    watch.see(down)
    expect(watch.before).toEqual({ links: 2, ringSize: 12 })
    watch.see(up)
    expect(watch.before).toBeNull()
  })
})
