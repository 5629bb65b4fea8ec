import type { AppSnapshot } from './api.ts'
import { connectionsOf } from './connections.ts'
import type { NodeRuntime } from './node-runtime.ts'
import { VERSION } from './version.ts'

/** So many digits tell a share from the others of a report; whoever has all of them can fetch it. */
const INFOHASH_SHOWN = 8
const shortened = (infoHash: string): string => infoHash.slice(0, INFOHASH_SHOWN)

/** A report to copy into a bug report: no names of files, no addresses, and nothing that opens a share. */
export async function describeDiagnostics(snapshot: AppSnapshot, runtime: NodeRuntime): Promise<string> {
  const { node } = snapshot
  const shares = node?.shares.map(({ name: _, pieceMap: __, ...share }) => share) ?? []
  const report = {
    version: VERSION,
    at: new Date().toISOString(),
    browser: navigator.userAgent,
    phase: snapshot.phase,
    code: snapshot.code,
    server: snapshot.server,
    hasRelay: snapshot.hasRelay,
    storage: { ...snapshot.storage, lost: snapshot.storage.lost.map(shortened) },
    limits: snapshot.limits,
    settings: snapshot.settings,
    sleep: snapshot.sleep,
    connectionsConstructed: runtime.transport.constructedCount,
    links: node?.links ?? [],
    connections: await connectionsOf(runtime),
    linkFailures: node?.linkFailures ?? [],
    systems: node?.systems ?? null,
    violations: runtime.violations,
    shares,
  }
  const shorten = (key: string, value: unknown) =>
    key === 'infoHash' && typeof value === 'string' ? shortened(value) : value
  return JSON.stringify(report, shorten, 2)
}
