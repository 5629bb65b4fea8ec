import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { parsePeerId, type PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { Graph } from '../../src/lib/network/graph.ts'
import { NetworkMapState } from '../../src/state/network-map.svelte.ts'

const [self, other] = ['1', '5'].map((digit) => parsePeerId(digit.repeat(64)) as PeerId) as [PeerId, PeerId]

beforeEach(() => void vi.stubGlobal('matchMedia', () => ({ matches: true })))
afterEach(() => vi.unstubAllGlobals())

function graph(...peers: readonly PeerId[]): Graph {
  const drawn = peers.map((peer) => {
    return { peer, isSelf: peer === self, isLinked: true, isSilent: false, role: 'peer' } as const
  })
  return { peers: drawn, links: [], leftOut: 0 }
}

it('who is in another view only is neither shown nor the place where the keyboard is', () => {
  const map = new NetworkMapState()
  map.show(graph(self, other))
  map.open(other)
  map.choose('gnutella')
  map.show(graph(self))
  expect([map.isOpen, map.active]).toEqual([false, null])
  map.step('ArrowRight')
  expect(map.active).toBe(self)
})
