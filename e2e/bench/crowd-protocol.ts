import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import type { SystemName } from '@ringdrop/shared/node/systems.ts'

/** What the benchmark asks of one process of peers. Peers are numbered over all processes. */
export type CrowdRequest =
  /** Further peers. */
  | { readonly type: 'start'; readonly server: string; readonly first: number; readonly count: number }
  /** Every peer shares a file of its own. */
  | { readonly type: 'share'; readonly fileBytes: number }
  /** Waits until every peer has found its place in every system. */
  | { readonly type: 'settle'; readonly timeoutMs: number }
  | { readonly type: 'search'; readonly peer: number; readonly text: string; readonly system: SystemName }
  | { readonly type: 'download'; readonly peer: number; readonly infoHash: InfoHash }
  | { readonly type: 'figures' }
  | { readonly type: 'stop' }

/** A file that a peer shares. */
export interface CrowdShare {
  readonly peer: number
  readonly infoHash: InfoHash
  readonly sha: string
}

export interface CrowdFigures {
  readonly links: number
  readonly constructed: number
  readonly messages: number
  readonly superNodes: number
  readonly cpuSeconds: number
  readonly rssMiB: number
  readonly threads: number
}

/** Answers by type of request. */
export interface CrowdAnswers {
  /** How many are connected to the server. */
  start: { readonly connected: number }
  share: { readonly shares: readonly CrowdShare[] }
  settle: { readonly settled: number }
  /** Infohashes of the hits, and what the answer cost. */
  search: { readonly found: readonly InfoHash[]; readonly messages: number; readonly tookMs: number }
  /** Digest of the saved file; `null` when there is none. */
  download: { readonly sha: string | null }
  figures: CrowdFigures
  stop: null
}

export interface Numbered<Body> {
  readonly id: number
  readonly body: Body
}

/** The words of a peer's file: one that all have, and one of its own that no other word begins with. */
export const nameOf = (peer: number): string => `crowd song number${String(peer)}x.bin`
export const wordsOf = (peer: number): string => `song number${String(peer)}x`
