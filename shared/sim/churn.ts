import type { PeerId } from '../src/kernel/ids.ts'
import type { Rng } from '../src/kernel/rng.ts'

export interface ChurnOptions {
  /** Mean time online and offline; both exponential. */
  readonly sessionMs: number
  readonly pauseMs: number
  /** Nothing happens after this time, so that a run can end. */
  readonly untilMs: number
}

export interface ChurnEvent {
  readonly atMs: number
  readonly peer: PeerId
  readonly type: 'leave' | 'comeBack'
}

/** Comings and goings of each peer, each from its own stream; everybody is back in the end. */
export function planChurn(peers: readonly PeerId[], options: ChurnOptions, rng: Rng): ChurnEvent[] {
  const events: ChurnEvent[] = []
  for (const peer of peers) {
    const stream = rng.child(peer)
    const draw = (meanMs: number) => -Math.log(1 - stream.float()) * meanMs
    for (let at = draw(options.sessionMs); at < options.untilMs; at += draw(options.sessionMs)) {
      events.push({ atMs: at, peer, type: 'leave' })
      at += draw(options.pauseMs)
      events.push({ atMs: at, peer, type: 'comeBack' })
    }
  }
  return events.sort((a, b) => a.atMs - b.atMs || (a.peer < b.peer ? -1 : 1))
}
