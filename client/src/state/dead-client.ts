import type { AppPhase, AppSnapshot, NodeClient } from '../app/api.ts'

/** Stands in when the node can't even be loaded, so that people read why instead of seeing a blank page. */
export function deadClient(phase: Extract<AppPhase, { name: 'failed' }>): NodeClient {
  const snapshot = Object.freeze<AppSnapshot>({
    phase,
    node: null,
    hashing: [],
    missingSources: [],
    server: { state: 'down', because: 'unreachable' },
    storage: { kind: 'opfs', usedBytes: null, quotaBytes: null },
    limits: { uploadRate: null, downloadRate: null },
  })
  return {
    snapshot: () => snapshot,
    onChange: () => () => undefined,
    run: () => Promise.resolve({ ok: false, code: 'ownerGone' }),
  }
}
