import type { AppPhase, AppSnapshot, NodeClient } from '../app/api.ts'
import { emptySnapshot } from '../app/empty-snapshot.ts'

/** Stands in when the node can't even be loaded, so that people read why instead of seeing a blank page. */
export function deadClient(phase: Extract<AppPhase, { name: 'failed' }>): NodeClient {
  const snapshot = Object.freeze<AppSnapshot>(emptySnapshot(phase))
  return {
    snapshot: () => snapshot,
    onChange: () => () => undefined,
    run: () => Promise.resolve({ ok: false, code: 'ownerGone' }),
  }
}
