import type { PeerId } from '../../src/kernel/ids.ts'
import type { OverlayEffect, OverlayInput } from '../../src/discovery/overlay.ts'
import type { Answer, ChordMessage, Find } from '../../src/protocols/chord/messages.ts'
import type { SimPeer } from '../overlay-world.ts'
import type { SimRingNode } from './chord-world.ts'

/**
 * What an identity of the attacker does with questions for records. All of them keep their place in the ring and pass
 * on what is not for them, so that nobody has a reason to leave them.
 */
export const LIES = ['withhold', 'silent', 'claim', 'decoy'] as const
export type Lie =
  /** Says that it has taken a record and throws it away; says that there is none. */
  | 'withhold'
  /** Confirms that a question came, so that it is not asked elsewhere, and never answers. */
  | 'silent'
  /** The same as `withhold` for every key that is asked over it, as if each were its own. */
  | 'claim'
  /** Says that it has taken a record; names only accomplices as providers, whose records are in order. */
  | 'decoy'

type Effect = OverlayEffect<ChordMessage>

interface Liar {
  readonly self: PeerId
  readonly lie: Lie
  readonly accomplices: ReadonlySet<PeerId>
}

/** From now on the node lies. */
export function corrupt(
  { peer, core }: SimPeer<SimRingNode>,
  lie: Lie,
  accomplices: ReadonlySet<PeerId>,
): void {
  core.tamper = (effect) =>
    effect.type === 'send' ? withheld({ self: peer, lie, accomplices }, effect) : [effect]
  if (lie !== 'claim') return
  core.intercept = (input) => {
    const find = questionOf(input)
    if (find === null || input.type !== 'message') return null
    const { from } = input
    return [
      { type: 'send', to: from, message: { type: 'hopAck', lookup: find.lookup } },
      { type: 'send', to: from, message: claimed(peer, find) },
    ]
  }
}

/** Questions about places, by which the ring is kept, are answered truthfully. */
function questionOf(input: OverlayInput<ChordMessage>): Find | null {
  if (input.type !== 'message' || input.message.type !== 'find') return null
  return input.message.ask.type === 'locate' ? null : input.message
}

/** Nothing that it holds leaves it. */
function withheld({ self, lie, accomplices }: Liar, effect: Extract<Effect, { type: 'send' }>): Effect[] {
  const { message } = effect
  if (message.type === 'offer' || message.type === 'store') return []
  if (message.type !== 'found' || message.owner !== self || message.answer.type === 'located') return [effect]
  if (lie === 'silent') return []
  const isNamed = (provider: PeerId) => lie === 'decoy' && accomplices.has(provider)
  return [{ ...effect, message: { ...message, answer: denied(message.answer, isNamed) } }]
}

/** The answer of one who has the record and hides it. @param isNamed providers who are named all the same. */
export const denied = (answer: Answer, isNamed: (provider: PeerId) => boolean = () => false): Answer =>
  answer.type === 'records'
    ? { type: 'records', records: answer.records.filter(({ provider }) => isNamed(provider)) }
    : answer.type === 'put'
      ? { type: 'put', outcome: 'stored' }
      : answer

const claimed = (owner: PeerId, { lookup, origin, ask, hops, ttl, trace }: Find): ChordMessage => ({
  type: 'found',
  ...{ lookup, origin, owner, hops, ttl, trace },
  answer: ask.type === 'put' ? { type: 'put', outcome: 'stored' } : { type: 'records', records: [] },
})
