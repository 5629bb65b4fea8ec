import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { textbookOf } from '@ringdrop/shared/sim/lab/lab-textbook.ts'
import type { LabFrame, LabNode } from '@ringdrop/shared/sim/lab/lab-frame.ts'
import { parseInfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { placeOf } from '../../src/lib/lab-chart.ts'
import { layout } from '../../src/lib/lab-layout.ts'
import { LabState } from '../../src/state/lab-state.svelte.ts'
import type { LabAnswer, LabCommand } from '../../src/workers/lab-protocol.ts'
import { parseRange, parseStreamUrl, streamPath } from '../../src/workers/media-protocol.ts'

const node = (id: number, parts: Partial<LabNode> = {}): LabNode => ({
  id,
  turn: id / 4,
  role: 'peer',
  hasTopic: false,
  ...parts,
})
const frame = (parts: Partial<LabFrame>): LabFrame => ({
  now: 0,
  nodes: [],
  links: [],
  flights: [],
  upkeep: 0,
  search: null,
  ...parts,
})
const search = { searcher: 0, topic: 1, messages: 0, found: 0, sources: 0, hops: 0, firstHitMs: null }

describe('the picture of the lab', () => {
  it('puts ring members at their place on the circle', () => {
    const places = layout('ring', frame({ nodes: [node(0), node(1)] }))
    expect(places.get(0)?.x).toBeCloseTo(0)
    expect(places.get(0)?.y).toBeLessThan(0)
    expect(places.get(1)?.x).toBeGreaterThan(0.9)
  })

  it('puts the searcher in the middle and others by hops; the unreachable outside', () => {
    const links = [
      [0, 1],
      [1, 2],
    ] as const
    const places = layout('gnutella', frame({ nodes: [0, 1, 2, 3].map((id) => node(id)), links, search }))
    const far = (id: number) => Math.hypot(places.get(id)?.x ?? 9, places.get(id)?.y ?? 9)
    expect(far(0)).toBe(0)
    expect(far(1)).toBeLessThan(far(2))
    expect(far(2)).toBeLessThan(far(3))
    expect(places.size).toBe(4)
  })

  it('draws without a searcher, with one that died, and with cycles', () => {
    const nodes = [1, 2, 3].map((id) => node(id))
    const links = [
      [1, 2],
      [2, 3],
      [3, 1],
    ] as const
    expect(layout('gnutella', frame({ nodes, links })).size).toBe(3)
    expect(layout('gnutella', frame({ nodes, links, search })).size).toBe(3)
    expect(layout('gnutella', frame({ nodes, links, search: { ...search, searcher: 1 } })).size).toBe(3)
    expect(layout('ring', frame({})).size).toBe(0)
  })

  it('puts children outside of super nodes', () => {
    const nodes = [node(0, { role: 'superNode' }), node(1, { role: 'superNode' }), node(2, { role: 'child' })]
    const places = layout('kazaa', frame({ nodes, links: [[0, 2]] }))
    const far = (id: number) => Math.hypot(places.get(id)?.x ?? 0, places.get(id)?.y ?? 0)
    expect(far(2)).toBeGreaterThan(far(0))
  })
})

it('scales keep values within the chart', () => {
  const log = { ticks: [1, 10, 100], isLog: true }
  expect(placeOf(log, 10)).toBeCloseTo(0.5)
  expect(placeOf(log, 0)).toBe(0)
  expect(placeOf({ ticks: [0, 10], isLog: false }, 50)).toBe(1)
})

it('the textbook: N/2, half of log2 N, a tree, and the bound of Kumar and Ross', () => {
  const line = (curve: 'hops' | 'messages' | 'makespan', name: string) =>
    textbookOf(curve).find((each) => each.line === name)?.points ?? []
  expect(line('hops', 'half')[0]).toEqual([8, 4])
  expect(line('hops', 'log').at(-1)).toEqual([256, 4])
  expect(line('messages', 'tree').slice(0, 2)).toEqual([
    [1, 6],
    [2, 36],
  ])
  expect(line('makespan', 'bound').every(([, y]) => y === 1)).toBe(true)
  expect(line('makespan', 'server').at(-1)).toEqual([8, 8])
})

/** A worker that fails to load until it does not, and notes what it is told. */
class StubWorker {
  static made: StubWorker[] = []
  readonly told: LabCommand[] = []
  onmessage: ((event: { data: LabAnswer }) => void) | null = null
  onerror: (() => void) | null = null

  constructor() {
    StubWorker.made.push(this)
  }

  postMessage(command: LabCommand): void {
    this.told.push(command)
  }

  terminate(): void {
    this.onmessage = null
  }
}

describe('the lab while its simulator can’t be fetched', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('says so, tries again, and then does what was asked for meanwhile', async () => {
    StubWorker.made = []
    const lab = new LabState(() => new StubWorker() as unknown as Worker)
    lab.measure('hops', 1)
    for (const pauseMs of [500, 1_000]) {
      StubWorker.made.at(-1)?.onerror?.()
      await vi.advanceTimersByTimeAsync(pauseMs)
    }
    expect([lab.isAwaited, lab.failure, StubWorker.made.length]).toEqual([true, null, 3])
    const [worker] = StubWorker.made.slice(-1)
    worker?.onmessage?.({ data: { type: 'ready' } })
    await vi.advanceTimersByTimeAsync(0)
    expect([lab.isAwaited, worker?.told]).toEqual([false, [{ type: 'curve', name: 'hops', seed: 1 }]])
    worker?.onmessage?.({ data: { type: 'failed', message: 'bad luck' } })
    expect([lab.measuring, lab.failure]).toEqual([null, 'bad luck'])
    lab.stop()
  })

  it('shows no network under the name of the next', async () => {
    StubWorker.made = []
    const lab = new LabState(() => new StubWorker() as unknown as Worker)
    StubWorker.made[0]?.onmessage?.({ data: { type: 'ready' } })
    const show = (network: number, nodes: number) =>
      StubWorker.made[0]?.onmessage?.({
        data: {
          type: 'frame',
          frame: frame({ nodes: Array.from({ length: nodes }, (_, id) => node(id)) }),
          network,
        },
      })
    const options = { peers: 8, seed: 1, routing: 'full', mode: 'classic', ttl: 5 } as const
    lab.open({ ...options, system: 'ring' })
    show(1, 1)
    expect(lab.frame?.nodes).toHaveLength(1)
    lab.open({ ...options, system: 'kazaa' })
    expect(lab.frame).toBeNull()
    // It was on its way.
    show(1, 1)
    expect(lab.frame).toBeNull()
    show(2, 2)
    expect(lab.frame?.nodes).toHaveLength(2)
    lab.stop()
  })
})

describe('addresses of streams', () => {
  const scope = 'https://drop.example/app/'
  const infoHash = parseInfoHash('ab'.repeat(32))
  it('come back as they were made', () => {
    if (infoHash === null) throw new Error('infohash')
    const url = new URL(streamPath(infoHash, 3, 'video/mp4'), scope)
    expect(parseStreamUrl(url, scope)).toEqual({ infoHash, file: 3, type: 'video/mp4' })
  })

  it.each([
    `stream/${'ab'.repeat(32)}/3`,
    `stream/${'ab'.repeat(32)}/3?type=text/html`,
    `stream/${'ab'.repeat(32)}/3?type=image/svg%2Bxml`,
    `stream/${'ab'.repeat(32)}/-1?type=video/mp4`,
    `stream/${'ab'.repeat(32)}/1e3?type=video/mp4`,
    `stream/${'ab'.repeat(32)}/3/4?type=video/mp4`,
    'stream/nonsense/3?type=video/mp4',
    'stream/?type=video/mp4',
    `other/${'ab'.repeat(32)}/3?type=video/mp4`,
  ])('%s is none', (path) => expect(parseStreamUrl(new URL(path, scope), scope)).toBeNull())

  it.each([
    ['bytes=0-', 0, null],
    ['bytes=0-1', 0, 1],
    ['bytes=100-200', 100, 200],
    ['bytes=200-100', 200, null],
    ['bytes=-500', 0, null],
    ['bytes=1-2,5-6', 0, null],
    ['junk', 0, null],
    [null, 0, null],
  ])('range %s goes from %s to %s', (header, first, last) =>
    expect(parseRange(header)).toEqual({ first, last }),
  )
})
