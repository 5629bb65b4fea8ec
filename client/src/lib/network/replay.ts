/** A search, hop by hop. */
import type { SearchStep } from '@ringdrop/shared/discovery/overlay.ts'
import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { AnswerView, SearchView } from '@ringdrop/shared/node/searches.ts'
import type { OverlayName } from '@ringdrop/shared/node/systems.ts'
import { groupBy } from './group.ts'

/** What happens at a time. */
export interface ReplayFrame {
  readonly part: 'question' | 'answer'
  /** 1 for the first links that the question, or the answer, crosses. */
  readonly hop: number
  readonly steps: readonly SearchStep[]
  /** Different peers that send. */
  readonly senders: number
  /** Different peers that get it for the first time. */
  readonly reached: number
  /** Messages to peers that had it already. */
  readonly again: number
  /** Of the ring's questions: how the first one of this hop comes nearer. */
  readonly approach: Approach | null
}

export interface Approach {
  readonly from: PeerId
  readonly to: PeerId
  /** Parts of the whole ring, 0 to 1, that lie between the peer and the one that answers. */
  readonly before: number
  readonly after: number
}

/** The answer of one system, to be played. */
export interface Replay {
  readonly system: OverlayName
  readonly text: string
  readonly answer: AnswerView
  readonly frames: readonly ReplayFrame[]
}

/** What can be replayed of a search: the answers of systems that say which way the question took. */
export function replaysOf(search: SearchView): Replay[] {
  return search.answers.flatMap((answer) => {
    const { system, steps } = answer
    if (system === 'directory' || steps.length === 0) return []
    return [{ system, text: search.text, answer, frames: framesOf(system, steps) }]
  })
}

/** Systems that found something without a message: the asker holds the answer itself, as a super node or an owner. */
export function answeredAtHome(search: SearchView): OverlayName[] {
  return search.answers.flatMap(({ system, state, hits, steps }) => {
    if (system === 'directory' || state !== 'ended' || steps.length > 0 || hits === 0) return []
    return [system]
  })
}

/**
 * Questions in the order of their hops. Answers of a flood count the hops that the question had behind it, so they
 * come back from the farthest; those of the ring count on.
 */
export function framesOf(system: OverlayName, steps: readonly SearchStep[]): ReplayFrame[] {
  const questions = grouped(
    steps.filter(({ kind }) => kind !== 'hit'),
    // A receipt belongs to the hop that it confirms.
    ({ kind, hops }) => (kind === 'ack' ? hops - 1 : hops),
  )
  const answers = grouped(
    steps.filter(({ kind }) => kind === 'hit'),
    ({ hops }) => (system === 'ring' ? hops : -hops),
  )
  return [
    ...questions.map((each, index) => frameOf('question', index + 1, each, system === 'ring' ? steps : null)),
    ...answers.map((each, index) => frameOf('answer', index + 1, each, null)),
  ]
}

function frameOf(
  part: ReplayFrame['part'],
  hop: number,
  steps: readonly SearchStep[],
  ringSteps: readonly SearchStep[] | null,
): ReplayFrame {
  const sent = steps.filter(({ kind }) => kind !== 'ack')
  const news = sent.filter(({ kind }) => kind !== 'duplicate')
  return {
    part,
    hop,
    steps,
    senders: new Set(sent.map(({ from }) => from)).size,
    reached: new Set(news.map(({ to }) => to)).size,
    again: sent.length - news.length,
    approach: ringSteps === null ? null : approachOf(news[0], ringSteps),
  }
}

function approachOf(step: SearchStep | undefined, steps: readonly SearchStep[]): Approach | null {
  if (step === undefined) return null
  const { from, to } = step
  let end: SearchStep = step
  // Each hop of a lookup leads on from where the last one ended.
  for (let next: SearchStep | undefined = step; next !== undefined;) {
    end = next
    const { to: at, hops } = end
    next = steps.find((each) => each.kind === 'query' && each.from === at && each.hops === hops + 1)
  }
  return { from, to, before: ringDistance(from, end.to), after: ringDistance(to, end.to) }
}

/** The shorter way around between two peers, as a part of the ring, 0 to 0.5. */
export function ringDistance(a: PeerId, b: PeerId): number {
  const apart = Math.abs(turnOf(a) - turnOf(b))
  return Math.min(apart, 1 - apart)
}

/** Where a peer stands on the ring, 0 to 1, clockwise: its id says it. */
export function turnOf(peer: PeerId): number {
  return parseInt(peer.slice(0, 12), 16) / 2 ** 48
}

function grouped(steps: readonly SearchStep[], orderOf: (step: SearchStep) => number): SearchStep[][] {
  return [...groupBy(steps, orderOf)].sort(([a], [b]) => a - b).map(([, group]) => group)
}
