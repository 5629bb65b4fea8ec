/** A sentence for each step of a replay. */
import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { Language } from '../../lang/language.ts'
import type { NetworkMessages } from '../../lang/network/en.ts'
import { formatPercent } from '../format.ts'
import type { Replay, ReplayFrame } from './replay.ts'
import { markOf } from '../peer-mark.ts'

/** Who asked: sentences say "you". */
export interface Asker {
  readonly self: PeerId
  readonly isSuperNode: boolean
}

/** Steps of a replay, the one before the question left out. */
export function lastPosition({ frames }: Replay): number {
  return frames.length
}

/** What happens at a position; at 0 nothing has happened yet, at the last one all of it is summed up. */
export function replaySentence(
  { t: words }: Language,
  t: NetworkMessages,
  replay: Replay,
  position: number,
  asker: Asker,
): string {
  const frame = replay.frames[position - 1]
  if (frame === undefined) return t.start(replay.text, words.system.names[replay.system])
  const sentences =
    frame.part === 'answer' ? answerSentences(t, frame, asker) : questionSentences(t, replay, frame, asker)
  if (position === lastPosition(replay)) sentences.push(endSentence(t, replay))
  return sentences.join(t.space)
}

function questionSentences(
  t: NetworkMessages,
  { system }: Replay,
  frame: ReplayFrame,
  asker: Asker,
): string[] {
  const { hop, senders, reached, again } = frame
  if (system === 'ring') return ringSentences(t, frame, asker)
  if (reached === 0) return [t.flood.onlyAgain(hop, again)]
  const said = again > 0 ? [t.flood.again(again)] : []
  if (system === 'gnutella') {
    const first = hop === 1 ? t.flood.first(reached) : t.flood.hop(hop, senders, reached)
    return [first, ...said]
  }
  if (hop > 1) return [t.kazaa.hop(hop, senders, reached), ...said]
  return [asker.isSuperNode ? t.kazaa.firstAsSuper(reached) : t.kazaa.first, ...said]
}

function ringSentences(t: NetworkMessages, { hop, approach }: ReplayFrame, asker: Asker): string[] {
  if (approach === null) return [t.ring.receipt]
  const name = (peer: PeerId) => (peer === asker.self ? t.self : markOf(peer))
  const [from, to] = [name(approach.from), name(approach.to)]
  const moved =
    approach.after === 0
      ? t.ring.last(hop, from, to)
      : t.ring.hop(hop, from, to, formatPercent(approach.before), formatPercent(approach.after))
  return hop === 1 ? [moved, t.ring.receipt] : [moved]
}

function answerSentences(t: NetworkMessages, { steps, senders }: ReplayFrame, asker: Asker): string[] {
  return [steps.some(({ to }) => to === asker.self) ? t.answer.arrives : t.answer.back(senders)]
}

function endSentence(t: NetworkMessages, { answer }: Replay): string {
  return answer.hits > 0 ? t.end(answer.hits, answer.messages, answer.hops) : t.endNone(answer.messages)
}
