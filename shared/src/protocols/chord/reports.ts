import type { PeerId } from '../../kernel/ids.ts'
import type { ChordContext } from './context.ts'
import type { Link, Told } from './link.ts'
import { coarse } from './position.ts'

/**
 * Tells a link where we stand, as a change of what it was told. Ring neighbours learn our lists, others only
 * our phase. `hello` and `answer` are sent even when nothing changed; an answer has the lists for anyone.
 */
export function tell(context: ChordContext, link: Link, occasion: 'hello' | 'change' | 'answer'): void {
  const told = link.told
  const hasLists = occasion === 'answer' || context.isRingNeighbour(link.peer)
  const now = hasLists || told === null ? current(context, hasLists) : { ...told, phase: context.phase }
  if (occasion === 'change' && told !== null && isSame(told, now)) return
  link.told = now
  const before = new Set(told?.near ?? [])
  const after = new Set(now.near)
  context.send(link.peer, {
    type: occasion === 'answer' ? 'neighbours' : 'notify',
    phase: now.phase,
    successorCount: now.successorCount,
    predecessorCount: now.predecessorCount,
    added: now.near.filter((peer) => !before.has(peer)),
    removed: [...before].filter((peer) => !after.has(peer)).map(coarse),
  })
}

function current({ phase, successors, predecessors }: ChordContext, hasLists: boolean): Told {
  if (!hasLists) return { phase, near: [], successorCount: 0, predecessorCount: 0 }
  return {
    phase,
    near: [...new Set<PeerId>([...successors.peers, ...predecessors.peers])],
    successorCount: successors.peers.length,
    predecessorCount: predecessors.peers.length,
  }
}

function isSame(a: Told, b: Told): boolean {
  return (
    a.phase === b.phase &&
    a.successorCount === b.successorCount &&
    a.predecessorCount === b.predecessorCount &&
    a.near.length === b.near.length &&
    a.near.every((peer) => b.near.includes(peer))
  )
}
