import type { Core } from '../../kernel/core.ts'
import type { PeerId } from '../../kernel/ids.ts'
import type { OverlayCore } from '../../discovery/overlay.ts'
import type { KazaaEffect, KazaaInput, KazaaOptions, KazaaView } from './kazaa-api.ts'

/** Being written: the shape is final, the behaviour follows. */
export class KazaaNode implements Core<KazaaInput, KazaaEffect>, OverlayCore {
  constructor(readonly options: KazaaOptions) {}
  handle(_input: KazaaInput, _now: number): KazaaEffect[] {
    return []
  }
  wakeAt(): number {
    return Infinity
  }
  needs(_peer: PeerId): boolean {
    return false
  }
  accepts(_peer: PeerId): boolean {
    return false
  }
  view(): KazaaView {
    return { role: 'orphan', leader: null, standby: null, children: [], superNodes: [], indexSize: 0, uploadQueue: [], counters: {} as never }
  }
}
