import type { PeerId } from '../../kernel/ids.ts'
import { chordFormat } from './codec.ts'
import { CHORD } from './constants.ts'
import type { ChordContext } from './context.ts'
import type { ChordMessage, Find, Found, Trace } from './messages.ts'
import { clockwise, coarse, COARSE_RING, isUpTo } from './position.ts'
import { listedOwner, nearestTo } from './routing.ts'

/** A question that came through here. */
export interface Pass {
  find: Find
  /** `null`: it is our own. */
  readonly previous: PeerId | null
  readonly tried: Set<PeerId>
  /** Places that had the question, or are not to have it. */
  readonly visited: Set<number>
  /** Peers that we or others before us know to be dead: where the look ahead and the lists would go astray. */
  readonly dead: Set<number>
  /** Afterwards nobody waits for an answer any longer. */
  readonly endsAt: number
  /** We would answer, but look for somebody better first. */
  isClaimed: boolean
  next: PeerId | null
  sentAt: number
  tries: number
  ttl: number
  /** Messages and bytes that it cost here, not counting what came with it. */
  messages: number
  bytes: number
  /** `sent`: no acknowledgement yet. `seeking`: waits for word of a peer that may be alive. `over`: answered or given back. */
  state: 'new' | 'sent' | 'acknowledged' | 'seeking' | 'over'
}

/** @param previous who asked us, `null` for our own question; @param not peers that it must not go to. */
export function newPass(
  find: Find,
  previous: PeerId | null,
  not: readonly PeerId[],
  context: ChordContext,
): Pass {
  return {
    find,
    previous,
    tried: new Set([...not, ...find.avoid, ...(previous === null ? [] : [previous])]),
    visited: new Set([...find.visited, context.at, ...find.avoid.map(coarse)]),
    dead: new Set(find.dead),
    endsAt: context.now + CHORD.lookupMs,
    isClaimed: false,
    next: null,
    sentAt: 0,
    tries: 0,
    ttl: find.ttl,
    messages: previous === null ? 0 : 1,
    bytes: 0,
    state: 'new',
  }
}

/** Others had the question, too, and know of deaths. */
export function learn(pass: Pass, visited: readonly number[], dead: readonly number[]): void {
  for (const place of visited) pass.visited.add(place)
  for (const place of dead) pass.dead.add(place)
}

/** What was learnt since the question came: whoever sent it knows the rest. */
export function newsOf({ find, visited, dead }: Pass): { visited: number[]; dead: number[] } {
  const [toldVisited, toldDead] = [new Set(find.visited), new Set(find.dead)]
  return {
    visited: [...visited].filter((place) => !toldVisited.has(place)).slice(-CHORD.visited),
    dead: nearestTo(
      find.key,
      [...dead].filter((place) => !toldDead.has(place)),
      CHORD.dead,
    ),
  }
}

/** What a question has cost so far, for one who wants to know. */
export function traceOf({ find: { trace }, messages, bytes }: Pass): Trace | null {
  return trace && { path: trace.path, messages: trace.messages + messages, bytes: trace.bytes + bytes }
}

export function countMessage(pass: Pass, message: ChordMessage): void {
  if (pass.find.trace === null) return
  pass.messages++
  pass.bytes += chordFormat.size(message)
}

/** Whether we own the key beyond doubt. */
export function isSure(context: ChordContext, { find, dead }: Pass): boolean {
  if (context.phase === 'alone') return true
  if (context.predecessors.horizon !== 'known') return false
  return context.owns(find.key, find.avoid) || context.ownsBut(find.key, find.avoid, dead)
}

/** How the answer is counted that goes back over here. */
export function countAnswer(found: Found): Found {
  const trace = found.trace && {
    ...found.trace,
    messages: Math.min(65_535, found.trace.messages + 2),
    bytes: Math.min(0xffffffff, found.trace.bytes + chordFormat.size(found)),
  }
  return { ...found, trace }
}

/** The question as it arrived here: one link farther. */
export function arrived(find: Find, self: PeerId): Find {
  const trace = find.trace && {
    ...find.trace,
    path: find.trace.path.length > CHORD.ttl ? find.trace.path : [...find.trace.path, self],
  }
  return { ...find, ttl: find.ttl - 1, hops: Math.min(255, find.hops + 1), trace }
}

/** Whether somebody nearer to the key than we are, and after it, has had the question: who had it is alive. */
export function isOutdone(context: ChordContext, { find, visited }: Pass): boolean {
  const at = coarse(find.key)
  const own = clockwise(at, context.at)
  const avoided = new Set(find.avoid.map(coarse))
  for (const place of visited) if (!avoided.has(place) && clockwise(at, place) < own) return true
  return false
}

/** Whether one who would answer has looked around long enough; less where somebody before the key knew nobody up to it. */
export function hasLookedEnough(context: ChordContext, pass: Pass): boolean {
  const { tries, find, endsAt } = pass
  if (tries === 0) return false
  // Who asks waits for others, too, and gives up: a late answer is none.
  const isLate = context.now >= endsAt - CHORD.lookupMs + CHORD.excursionsMs
  return tries >= (find.course === 'fromAfter' ? 1 : CHORD.excursions) || isLate || wasBefore(context, pass)
}

/** Whether a listed predecessor that stands before the key had the question, and found nobody nearer. */
function wasBefore({ predecessors, self, isGone }: ChordContext, { find, visited }: Pass): boolean {
  return predecessors.peers.some(
    (peer) => visited.has(coarse(peer)) && !isGone(peer) && isUpTo(find.key, peer, self),
  )
}

/** Places of listed peers nearer to the key who have no link with us, had no question, and may be alive; the nearest first. */
export function ownersOutOfReach(context: ChordContext, { find, visited, dead }: Pass): number[] {
  const at = coarse(find.key)
  const own = clockwise(at, context.at)
  const isDoubtful = (peer: PeerId) =>
    !context.links.has(peer) && !context.isGone(peer) && !find.avoid.includes(peer)
  return [...context.predecessors.peers, ...context.successors.peers]
    .filter(isDoubtful)
    .map(coarse)
    .filter((place) => !visited.has(place) && !dead.has(place) && clockwise(at, place) < own)
    .sort((a, b) => clockwise(at, a) - clockwise(at, b))
}

/**
 * How long one that confirmed a question for records may take; `null`: as long as it likes, since it is only on the
 * way, or since a place, unlike a record, has no copies.
 */
export function patienceWith(context: ChordContext, peer: PeerId, { find, dead }: Pass): number | null {
  const { key, ask, avoid } = find
  if (ask.type === 'locate') return null
  if (listedOwner(context, key, new Set(avoid), dead) === peer) return CHORD.answerMs
  const arc = (COARSE_RING / context.sizeEstimate()) * CHORD.replicas
  return clockwise(coarse(key), coarse(peer)) < arc ? CHORD.holderMs : null
}
