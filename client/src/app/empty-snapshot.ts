import { NO_NEARBY } from '@ringdrop/shared/node/nearby-view.ts'
import type { AppPhase, AppSnapshot, SettingsView } from './api.ts'

/** Settings of somebody who never changed one. */
export const DEFAULT_SETTINGS: SettingsView = {
  systems: { directory: true, gnutella: true, kazaa: true, ring: true },
  answeredBy: 'directory',
  isWilling: true,
  isRelayOnly: false,
  ringRouting: 'full',
  gnutellaMode: 'pruned',
}

/** What can be said while no node is there. */
export function emptySnapshot(phase: AppPhase): AppSnapshot {
  return {
    phase,
    node: null,
    session: null,
    hashing: [],
    missingSources: [],
    server: { state: phase.name === 'failed' ? 'down' : 'connecting', because: null },
    storage: { kind: 'opfs', usedBytes: null, quotaBytes: null, unwritten: 0, lost: [] },
    limits: { uploadRate: null, downloadRate: null },
    settings: DEFAULT_SETTINGS,
    nearby: NO_NEARBY,
    sleep: null,
    code: 'here',
    hasRelay: false,
    constructedConnections: 0,
  }
}
