import type { AppSnapshot } from './api.ts'
import type { NodeRuntime } from './node-runtime.ts'
import { VERSION } from './version.ts'

/** A report to copy into a bug report: no names of files, no addresses. */
export function describeDiagnostics(snapshot: AppSnapshot, runtime: NodeRuntime): string {
  const { node } = snapshot
  const shares = node?.shares.map(({ name: _, pieceMap: __, ...share }) => share) ?? []
  const report = {
    version: VERSION,
    at: new Date().toISOString(),
    browser: navigator.userAgent,
    phase: snapshot.phase,
    server: snapshot.server,
    storage: snapshot.storage,
    limits: snapshot.limits,
    connectionsConstructed: runtime.transport.constructedCount,
    links: node?.links ?? [],
    linkFailures: node?.linkFailures ?? [],
    violations: runtime.violations,
    shares,
  }
  return JSON.stringify(report, null, 2)
}
