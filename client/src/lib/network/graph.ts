/** What this browser knows of the network, as peers and links to draw. */
import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { SearchStep } from '@ringdrop/shared/discovery/overlay.ts'
import type { NodeSnapshot } from '@ringdrop/shared/node/snapshot.ts'
import type { OverlayName } from '@ringdrop/shared/node/systems.ts'

/** What the map shows. */
export const VIEWS = ['all', 'swarm', 'gnutella', 'kazaa', 'ring'] as const
export type MapView = (typeof VIEWS)[number]

export type LinkKind = 'ring' | 'finger' | 'gnutella' | 'lazy' | 'kazaa' | 'transfer' | 'link'

export interface GraphPeer {
  readonly peer: PeerId
  readonly isSelf: boolean
  readonly isLinked: boolean
  readonly isSilent: boolean
  /** Ours is known; of others what we have heard. */
  readonly role: 'superNode' | 'child' | 'peer'
}

export interface GraphLink {
  readonly from: PeerId
  readonly to: PeerId
  readonly kind: LinkKind
  /** Between others: known from what they told of searches and of their neighbours. */
  readonly isHeard: boolean
  /** Bytes per second towards us and away from us, where a share moves. */
  readonly flow: Flow | null
}
export interface Flow {
  readonly toUs: number
  readonly fromUs: number
}

export interface Graph {
  readonly peers: readonly GraphPeer[]
  readonly links: readonly GraphLink[]
  /** Peers that are known but for which there is no room. */
  readonly leftOut: number
}

/** More would hide each other. */
export const MAX_PEERS = 200
export const MAX_LINKS = 800

const KINDS: Readonly<Record<MapView, readonly LinkKind[]>> = {
  all: ['ring', 'finger', 'gnutella', 'lazy', 'kazaa', 'transfer', 'link'],
  swarm: ['transfer'],
  gnutella: ['gnutella', 'lazy'],
  kazaa: ['kazaa'],
  ring: ['ring', 'finger'],
}

/** The part of the network that a view is about. Peers are in the order of the ring. */
export function graphOf(node: NodeSnapshot, view: MapView): Graph {
  const kinds = KINDS[view]
  const found = [...ownLinks(node), ...chainLinks(node), ...heardLinks(node)]
  const known = new Set<PeerId>([node.id])
  const links = new Map<string, GraphLink>()
  for (const link of found) {
    if (!kinds.includes(link.kind)) continue
    known.add(link.from).add(link.to)
    // What we have ourselves is found first and stays; a link that only exists is hidden by what it is for.
    const key = pairKey(link)
    if (!links.has(key)) links.set(key, link)
  }
  const shown = new Set([...known].slice(0, MAX_PEERS))
  const describe = describer(node, view)
  return {
    peers: [...shown].sort().map(describe),
    links: withoutIdle([...links.values()])
      .filter(({ from, to }) => shown.has(from) && shown.has(to))
      .slice(0, MAX_LINKS),
    leftOut: known.size - shown.size,
  }
}

/** The same for two graphs that differ in speeds only: the layout can stay. */
export function structureOf({ peers, links }: Graph): string {
  return `${peers.map(({ peer }) => peer.slice(0, 12)).join()}|${links.map(linkKey).sort().join()}`
}

/** Tells links apart. */
export function linkKey({ from, to, kind }: GraphLink): string {
  return `${from.slice(0, 12)}:${to.slice(0, 12)}:${kind}`
}

/** What a pair of peers has with each other, whoever is named first. */
function pairKey({ from, to, kind }: GraphLink): string {
  const family = kind === 'lazy' ? 'gnutella' : kind
  return from < to ? `${from}${to}${family}` : `${to}${from}${family}`
}

/** A bare link says nothing where another one between the same peers is drawn. */
function withoutIdle(links: readonly GraphLink[]): GraphLink[] {
  const used = new Set(
    links.filter(({ kind }) => kind !== 'link').flatMap(({ from, to }) => [from + to, to + from]),
  )
  return links.filter(({ kind, from, to }) => kind !== 'link' || !used.has(from + to))
}

function ownLinks(node: NodeSnapshot): GraphLink[] {
  const links: GraphLink[] = []
  const add = (to: PeerId | null | undefined, kind: LinkKind, flow: Flow | null = null) => {
    if (to === null || to === undefined || to === node.id) return
    links.push({ from: node.id, to, kind, isHeard: false, flow })
  }
  const { ring, gnutella, kazaa } = node.systems
  const flows = flowsOf(node)
  for (const [peer, flow] of flows) add(peer, 'transfer', flow)
  for (const { peer } of ring?.fingers ?? []) add(peer, 'finger')
  for (const { peer, lazy } of gnutella?.neighbours ?? []) add(peer, lazy ? 'lazy' : 'gnutella')
  add(kazaa?.leader, 'kazaa')
  add(kazaa?.standby, 'kazaa')
  for (const peer of [...(kazaa?.superNodes ?? []), ...(kazaa?.children ?? [])]) add(peer, 'kazaa')
  for (const { peer, shareCount } of node.links)
    add(peer, shareCount > 0 && !flows.has(peer) ? 'transfer' : 'link')
  return links
}

/** What each peer of our shares gives us and gets, over all shares. */
function flowsOf({ shares }: NodeSnapshot): Map<PeerId, Flow> {
  const flows = new Map<PeerId, Flow>()
  for (const { peers } of shares) {
    for (const { peer, downSpeed, upSpeed } of peers) {
      const { toUs, fromUs } = flows.get(peer) ?? { toUs: 0, fromUs: 0 }
      flows.set(peer, { toUs: toUs + downSpeed, fromUs: fromUs + upSpeed })
    }
  }
  return flows
}

/** Members that stand one after the other around us, as our two lists say. */
function chainLinks({ id, systems: { ring } }: NodeSnapshot): GraphLink[] {
  if (ring === null) return []
  const chain = [...[...ring.predecessors].reverse(), id, ...ring.successors]
  return chain.flatMap((to, index): GraphLink[] => {
    const from = chain[index - 1]
    if (from === undefined || from === to) return []
    return [{ from, to, kind: 'ring', isHeard: from !== id && to !== id, flow: null }]
  })
}

/** Links of others that our questions crossed. */
function heardLinks({ id, searches }: NodeSnapshot): GraphLink[] {
  const links: GraphLink[] = []
  for (const { answers } of [...searches].reverse()) {
    for (const { system, steps } of answers) {
      if (system === 'directory') continue
      for (const { from, to, kind } of steps) {
        if (from === to || (kind !== 'query' && kind !== 'duplicate')) continue
        links.push({ from, to, kind: HEARD[system], isHeard: from !== id && to !== id, flow: null })
      }
    }
  }
  return links
}
const HEARD: Readonly<Record<OverlayName, LinkKind>> = {
  gnutella: 'gnutella',
  kazaa: 'kazaa',
  ring: 'finger',
}

/** Super nodes are one system's affair: where others are shown alone, all peers are alike. */
function hasRoles(view: MapView): boolean {
  return view === 'all' || view === 'kazaa'
}

function describer(node: NodeSnapshot, view: MapView): (peer: PeerId) => GraphPeer {
  const linked = new Map(node.links.map((link) => [link.peer, link]))
  const { kazaa } = node.systems
  const superNodes = new Set<PeerId | null | undefined>([
    ...(kazaa?.superNodes ?? []),
    kazaa?.leader,
    kazaa?.standby,
  ])
  if (kazaa?.role === 'superNode') superNodes.add(node.id)
  // Only super nodes are asked.
  for (const { to, kind } of kazaaSteps(node)) if (kind !== 'hit') superNodes.add(to)
  const children = new Set(kazaa?.children ?? [])
  if (kazaa?.role === 'child') children.add(node.id)
  return (peer) => ({
    peer,
    isSelf: peer === node.id,
    isLinked: linked.has(peer),
    isSilent: linked.get(peer)?.isSilent ?? false,
    role: !hasRoles(view)
      ? 'peer'
      : superNodes.has(peer)
        ? 'superNode'
        : children.has(peer)
          ? 'child'
          : 'peer',
  })
}

function kazaaSteps({ searches }: NodeSnapshot): SearchStep[] {
  return searches
    .flatMap(({ answers }) => answers)
    .flatMap(({ system, steps }) => (system === 'kazaa' ? steps : []))
}
