import type { PeerId } from '../../kernel/ids.ts'
import type { ChordContext } from './context.ts'
import type { Link } from './link.ts'
import type { Routing } from './messages.ts'
import { apart, clockwise, COARSE_RING, coarse, isUpTo } from './position.ts'

/** A linked peer that a question can go to next, and how near to the key that brings it; less is better. */
export interface Candidate {
  readonly peer: PeerId
  readonly distance: number
}

/** What a node goes by: see {@link nextHops}. */
export interface Sight {
  /** Places of peers that had the question, and of peers that are dead. */
  readonly visited: Without<number>
  readonly dead: Without<number>
  /** Whether a listed owner that is not linked, so that it may be dead, is worth a try. */
  readonly usesLists: boolean
  /** Whether the links of links count. */
  readonly looksAhead: boolean
  /** Whether nobody before the key can help any longer. */
  readonly isFromAfter: boolean
}

interface Without<T> {
  has(item: T): boolean
}

/**
 * Where a question for a key can go next, best first. `excluded`: peers that were tried, avoided or asked us.
 */
export function nextHops(
  context: ChordContext,
  { key, routing }: { readonly key: string; readonly routing: Routing },
  excluded: Without<PeerId>,
  sight: Sight,
): Candidate[] {
  const { visited } = sight
  const links = context.memberLinks().filter(({ peer, at }) => !excluded.has(peer) && !visited.has(at))
  const at = coarse(key)
  if (routing === 'full') {
    const owner = listedOwner(context, key, excluded, sight.dead)
    const isAim = owner !== null && (sight.usesLists || links.some(({ peer }) => peer === owner))
    return isAim ? towards(links, owner) : nearestBothWays(context, links, at, sight)
  }
  if (routing === 'fingers') return nearestClockwise(context, links, key, at)
  const next = context.successors.peers.find((peer) => links.some((link) => link.peer === peer))
  return next === undefined ? [] : [{ peer: next, distance: 0 }]
}

/** Chord's closest preceding finger first, then the successors, since one of them may own the key. */
function nearestClockwise(
  context: ChordContext,
  links: readonly Link[],
  key: string,
  at: number,
): Candidate[] {
  const preceding: Candidate[] = []
  for (const { peer, at: place } of links)
    if (peer !== key && isUpTo(peer, context.self, key))
      preceding.push({ peer, distance: clockwise(place, at) })
  preceding.sort((a, b) => a.distance - b.distance)
  const beyond = links
    .filter(({ peer }) => !isUpTo(peer, context.self, key))
    .map(({ peer, at: place }) => ({ peer, distance: COARSE_RING + clockwise(at, place) }))
  beyond.sort((a, b) => a.distance - b.distance)
  const successor = context.successors.head
  const isOwner = successor !== undefined && isUpTo(key, context.self, successor)
  return isOwner ? [...beyond, ...preceding] : [...preceding, ...beyond]
}

/** The owner, when our own lists show it: the first listed peer at or after the key. */
export function listedOwner(
  context: ChordContext,
  key: string,
  excluded: Without<PeerId>,
  dead: Without<number>,
): PeerId | null {
  const { self, successors, predecessors } = context
  // A link is a better witness than another's word.
  const isOut = (peer: PeerId) => excluded.has(peer) || (!context.links.has(peer) && dead.has(coarse(peer)))
  let before = self
  for (const peer of successors.peers) {
    if (isOut(peer)) continue
    if (isUpTo(key, before, peer)) return peer
    before = peer
  }
  let after: PeerId | null = null
  for (const peer of predecessors.peers) {
    if (isOut(peer)) continue
    if (after !== null && isUpTo(key, peer, after)) return after
    after = peer
  }
  return null
}

/** A known peer is the aim: itself, then whoever is linked with it, then the nearest. */
function towards(links: readonly Link[], owner: PeerId): Candidate[] {
  const at = coarse(owner)
  const candidates = links.map((link) => {
    if (link.peer === owner) return { peer: link.peer, distance: 0 }
    const distance = apart(link.at, at)
    return { peer: link.peer, distance: link.beyond.includes(at) ? distance / COARSE_RING : distance }
  })
  return candidates.sort((a, b) => a.distance - b.distance || (a.peer < b.peer ? -1 : 1))
}

/**
 * Both ways round, looking ahead: a link counts as near as the nearest peer that it is linked with
 * (Manku, Naor, Wieder 2004: "know thy neighbor's neighbor").
 */
function nearestBothWays(
  context: ChordContext,
  links: readonly Link[],
  at: number,
  { visited, dead, looksAhead, isFromAfter }: Sight,
): Candidate[] {
  // The owner stands at or after the key; whoever stands before it is one step of the ring farther.
  // Where nobody that we are linked with stands between us and the key, only the other side of it can help.
  const isOneSided = isFromAfter || isBeyondAll(context, links, at)
  const gap = isOneSided ? COARSE_RING / 2 : COARSE_RING / context.sizeEstimate()
  const isOut = (place: number) => place === context.at || visited.has(place) || dead.has(place)
  const candidates = links.map((link) => {
    const direct = penalised(link.at, at, gap)
    if (!looksAhead) return { peer: link.peer, distance: direct }
    const ahead = nearestBeyond(link.beyond, at, gap, isOut)
    // A tie goes to the peer itself.
    return { peer: link.peer, distance: direct <= ahead ? direct : ahead + 0.5 }
  })
  return candidates.sort((a, b) => a.distance - b.distance || (a.peer < b.peer ? -1 : 1))
}

/** Whether we stand before a key, and nobody that we are linked with between us and it. */
export function isLastBefore(context: ChordContext, key: string): boolean {
  return isBeyondAll(context, context.memberLinks(), coarse(key))
}

function isBeyondAll(context: ChordContext, links: readonly Link[], at: number): boolean {
  const reach = clockwise(context.at, at)
  return reach < COARSE_RING / 2 && links.every((link) => clockwise(context.at, link.at) > reach)
}

/** Links before a key, the nearest first: over them its other side is reached by one who stands after it. */
export function hopsBefore(
  context: ChordContext,
  key: string,
  excluded: Without<PeerId>,
  visited: Without<number>,
): Candidate[] {
  const at = coarse(key)
  return context
    .memberLinks()
    .filter((link) => !excluded.has(link.peer) && !visited.has(link.at))
    .map((link) => ({ peer: link.peer, distance: clockwise(link.at, at) }))
    .sort((a, b) => a.distance - b.distance)
}

/** More than a way has that was found by asking around. */
const MAX_LINKS = 16

/**
 * Links that own a key rather than anybody who had the question, or are known to see somebody who does.
 * @param seenBy places that a link knows a way to, and of how many links.
 */
export function sightedHops(
  context: ChordContext,
  key: string,
  excluded: Without<PeerId>,
  visited: ReadonlySet<number>,
  seenBy: (peer: PeerId) => readonly { readonly place: number; readonly links: number }[],
): Candidate[] {
  const at = coarse(key)
  const least = Math.min(...[...visited].map((place) => clockwise(at, place)))
  const links = context.memberLinks().filter((link) => !excluded.has(link.peer))
  const aims = links.map(({ peer, at: place }) => {
    // One that had the question has learnt since that it is a way.
    const own = visited.has(place) ? Infinity : clockwise(at, place)
    const seen = seenBy(peer).filter((each) => !visited.has(each.place))
    // Of several ways the shortest, by a part of the least distance: so none goes round.
    const ways = seen.map((each) => clockwise(at, each.place) + each.links / MAX_LINKS)
    return { peer, distance: Math.min(own, ...ways) }
  })
  return aims.filter(({ distance }) => distance < least).sort((a, b) => a.distance - b.distance)
}

/** So many of these places, the nearest to a key. */
export function nearestTo(key: string, places: Iterable<number>, count: number): number[] {
  const all = [...places]
  if (all.length <= count) return all
  const at = coarse(key)
  return all.sort((a, b) => apart(a, at) - apart(b, at)).slice(0, count)
}

/**
 * Links that are themselves nearer to a key than we are, best first. Who stands before it and knows nobody between
 * goes by those after it, unless they are farther than one who had the question already: that one asked us for these.
 */
export function closerHops(
  context: ChordContext,
  key: string,
  excluded: Without<PeerId>,
  visited: ReadonlySet<number>,
): Candidate[] {
  const at = coarse(key)
  const isLast = isLastBefore(context, key)
  const gap = isLast ? COARSE_RING / 2 : COARSE_RING / context.sizeEstimate()
  const own = penalised(context.at, at, gap)
  const most = isLast ? Math.min(own, ...[...visited].map((place) => penalised(place, at, gap))) : own
  return context
    .memberLinks()
    .filter((link) => !excluded.has(link.peer) && !visited.has(link.at))
    .map((link) => ({ peer: link.peer, distance: penalised(link.at, at, gap) }))
    .filter(({ distance }) => distance < most)
    .sort((a, b) => a.distance - b.distance || (a.peer < b.peer ? -1 : 1))
}

function penalised(place: number, at: number, gap: number): number {
  const after = clockwise(at, place)
  const before = COARSE_RING - after
  return after === 0 ? 0 : Math.min(after, before + gap)
}

/** The least distance of a sorted list, some of whose places don't count. */
function nearestBeyond(
  places: readonly number[],
  at: number,
  gap: number,
  isOut: (place: number) => boolean,
): number {
  const count = places.length
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((places[middle] ?? 0) < at) low = middle + 1
    else high = middle
  }
  return Math.min(firstOf(places, low, 1, at, gap, isOut), firstOf(places, low - 1, -1, at, gap, isOut))
}

/** The distance of the first place that counts, going one way from an index. */
function firstOf(
  places: readonly number[],
  from: number,
  step: 1 | -1,
  at: number,
  gap: number,
  isOut: (place: number) => boolean,
): number {
  const count = places.length
  for (let i = 0; i < count; i++) {
    const place = places[(from + step * i + 2 * count) % count]
    if (place !== undefined && !isOut(place)) return penalised(place, at, gap)
  }
  return Infinity
}

/** The linked peer to hand a message for another peer to: strictly nearer to it than we are, so that none goes round. */
export function nextHopTo(context: ChordContext, peer: PeerId): PeerId | null {
  if (context.links.has(peer)) return peer
  const at = coarse(peer)
  const own = apart(context.at, at)
  let best: { readonly peer: PeerId; readonly distance: number } | null = null
  for (const link of context.memberLinks()) {
    const distance = apart(link.at, at)
    if (distance >= own) continue
    const score = link.beyond.includes(at) ? 0 : distance
    if (best === null || score < best.distance) best = { peer: link.peer, distance: score }
  }
  return best?.peer ?? null
}
