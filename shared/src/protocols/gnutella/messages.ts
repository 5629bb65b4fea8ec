import type { WorkReport } from '../../discovery/search-format.ts'
import type { Listing } from '../../discovery/listing.ts'
import type { Criteria } from '../../discovery/overlay.ts'
import type { Nonce, PeerId } from '../../kernel/ids.ts'

/** `classic`: over all links but the one it came by. `pruned`: over the links of the tree. */
export type SpreadMode = 'classic' | 'pruned'

/** One peer as another knows it. */
export interface PongEntry {
  readonly peer: PeerId
  /** Links between the sender of the pong and this peer; 0: the sender itself. */
  readonly hops: number
  /** Its neighbours, when last heard of. */
  readonly degree: number
  /** Shares that it offers. */
  readonly shares: number
}

/** A query on its way. `ttl + hops` stays what it was at the searcher (Gnutella 0.4). */
export interface Query {
  readonly type: 'query'
  readonly guid: Nonce
  /** Links that it may still cross, this one included. */
  readonly ttl: number
  /** Links that it crossed before this one. */
  readonly hops: number
  readonly mode: SpreadMode
  /** The searcher wants to know what work its query makes. */
  readonly wantsTally: boolean
  readonly criteria: Criteria
}

/** What one servent has for a query. It goes back the way the query came. */
export interface QueryHit {
  readonly type: 'queryHit'
  readonly guid: Nonce
  /** Links that it crossed before this one. */
  readonly hops: number
  readonly responder: PeerId
  /** Empty for a query by infohash of an unlisted share: the responder is then what was looked for. */
  readonly listings: readonly Listing[]
}

export type GnutellaMessage =
  /** Let us be neighbours. Links are shared with other systems, so a link alone does not say so. */
  | { readonly type: 'connect'; readonly degree: number }
  | { readonly type: 'ok'; readonly degree: number; readonly peers: readonly PeerId[] }
  /** No room; others to try (X-Try of Gnutella 0.6). */
  | { readonly type: 'refused'; readonly peers: readonly PeerId[] }
  /** Neighbours no longer; others to try. */
  | { readonly type: 'bye'; readonly reason: 'leaving' | 'trimmed'; readonly peers: readonly PeerId[] }
  /** `ttl` above 1 asks for others too. Pings are not forwarded: caches answer. */
  | { readonly type: 'ping'; readonly guid: Nonce; readonly ttl: number }
  | { readonly type: 'pong'; readonly guid: Nonce; readonly pongs: readonly PongEntry[] }
  | Query
  | QueryHit
  /** This link only brought a duplicate: it leaves the tree (Plumtree). */
  | { readonly type: 'prune' }
  /** This link joins the tree; `guid`: a query to send again, since it never came. */
  | { readonly type: 'graft'; readonly guid: Nonce | null }
  /** Queries that the sender has seen and did not send over this link. */
  | { readonly type: 'ihave'; readonly guids: readonly Nonce[] }
  | ({ readonly type: 'tally' } & WorkReport)
