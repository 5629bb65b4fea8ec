import type { ChordView } from './api.ts'
import type { ChordContext } from './context.ts'
import { clockwise, levelOf, positionOf } from './position.ts'

export function viewOf(context: ChordContext, records: number): ChordView {
  const { successors, predecessors, phase, listLength } = context
  const size = context.sizeEstimate()
  const fingers = context
    .memberLinks()
    .filter(({ peer }) => !context.isRingNeighbour(peer))
    .map(({ peer, at }) => ({ level: levelOf(clockwise(context.at, at)), peer }))
  return {
    position: positionOf(context.self),
    state: phase === 'member' && size <= listLength ? 'forming' : phase,
    predecessors: predecessors.peers,
    successors: successors.peers,
    fingers: fingers.sort((a, b) => a.level - b.level || (a.peer < b.peer ? -1 : 1)),
    records,
    size: phase === 'member' ? size : 1,
    routing: context.routing,
  }
}
