/** Numbers of this protocol with their sources; "our choice" where nothing else is named. */

/** TTL of a flooded query. The protocol's default was 7 (Gnutella 0.4); at degree 6 five reach 99 % of 1,000. */
export const DEFAULT_TTL = 5
/** No flooded query travels further (Gnutella 0.4). */
export const MAX_TTL = 7
/**
 * TTL of a query that follows the tree: a bound against errors, not a horizon, since paths in a tree that grew
 * from floods are longer than the shortest ones. Our choice.
 */
export const TREE_TTL = 32

/** Neighbours: below `min` new ones are urgent, `target` is aimed at, `max` is never exceeded. Our choice. */
export const DEFAULT_DEGREE = { min: 4, target: 6, max: 8 } as const

/** Peers remembered over sessions; our choice. */
export const HOST_CACHE_PEERS = 200
/** Of them, peers that only one neighbour named; our choice: a few of its answers. */
export const HOSTS_OF_ONE = 40
/** The host is not told of changes to the host cache more often than this; our choice. */
export const HOST_CACHE_SAVE_MS = 10_000
/** A peer that could not be dialled this often in a row is forgotten; our choice. */
export const DIAL_ATTEMPTS = 3
/** Pause before a peer is asked again, multiplied by its failures; the second while neighbours are badly needed. */
export const RETRY_MS = 30_000
export const URGENT_RETRY_MS = 4_000
/** Dials under way at one time, so that a newcomer does not build connections that it never uses. */
export const PARALLEL_DIALS = 3
/** An unanswered CONNECT is given up; our choice. */
export const CONNECT_TIMEOUT_MS = 3_000
/** After a Bye or a refusal the link stays open this long, so that the message arrives. */
export const RELEASE_AFTER_MS = 2_000
/** Guests that are not neighbours and may have a link to be told of others. */
export const GUESTS = 2
/** How often a servent above its target looks for a redundant neighbour; jittered by half. Our choice. */
export const TRIM_EVERY_MS = 20_000
/** How often a servent below its target looks for neighbours. */
export const SEEK_EVERY_MS = 1_000

/** Pong caching after Rohrs and Falco, "Ping Reduction Scheme": lifetime and pongs per ping. */
export const PONG_CACHE_MS = 3_000
export const PONGS_PER_PING = 10
/** How far a ping refreshes caches; our choice. */
export const PING_TTL = 3
/** Pings of a settled servent keep the host cache young; jittered by half. Our choice. */
export const PING_EVERY_MS = 60_000
/** Pings of a servent that lacks neighbours: the lifetime of a pong cache. */
export const URGENT_PING_EVERY_MS = 3_000

/** A generation of the table of GUIDs; LimeWire kept queries 5 to 10 minutes. */
export const ROUTE_PERIOD_MS = 300_000
/** Links remembered on which a query came in: one for its hits, one in reserve. */
export const ARRIVALS_PER_QUERY = 2
/** A hit sent over a link that dies within this time is offered to the reserve. Our choice. */
export const HIT_MEMORY_MS = 6_000
export const HITS_REMEMBERED = 256
/** Hits of one query that a servent relays: as many as any searcher keeps. */
export const RELAYED_HITS = 500

/** Queries that a servent forwards for all neighbours together, per second and in a burst. Our choice. */
export const QUERY_RATE = { perSecond: 40, burst: 80 } as const
/** Queries taken from one neighbour: more than it may forward of all of its own. Our choice. */
export const NEIGHBOUR_QUERY_RATE = { perSecond: 60, burst: 200 } as const
/** Queries that a neighbour may ask in its own name: more than people type. */
export const OWN_QUERY_RATE = { perSecond: 2, burst: 20 } as const
/** Everything but queries and hits from one neighbour. */
export const CONTROL_RATE = { perSecond: 40, burst: 120 } as const
/** Hits from one neighbour. */
export const HIT_RATE = { perSecond: 200, burst: 600 } as const
/** Queries that wait for their turn, per neighbour. */
export const QUEUED_QUERIES = 32

/** A lazy link is told of GUIDs in batches of this time (Plumtree sends them in batches; the time is ours). */
export const DIGEST_EVERY_MS = 1_000
export const GUIDS_PER_DIGEST = 64
/** A GUID that was announced may still be on its way; Plumtree's timer, the value is ours. */
export const GRAFT_AFTER_MS = 1_000
/** Queries kept for those who graft. */
export const QUERIES_KEPT = 128
export const QUERY_KEPT_MS = 30_000
/** GUIDs waited for after an announcement: of one neighbour, and in all. */
export const MISSING_PER_NEIGHBOUR = 64
export const MISSING_GUIDS = 512

/** A flooded query with so little TTL left is held back so long, for a copy with more. Our choice. */
export const HOLD_TTL = 3
export const HOLD_MS = 80
export const QUERIES_HELD = 256

/** Reports of work wait this long for others, so that they leave together. */
export const TALLY_EVERY_MS = 100
/** Steps that a servent passes on for one query. */
export const TALLY_STEPS = 512

/** A search lasts at least and at most so long. */
export const SEARCH_MIN_MS = 1_500
export const SEARCH_MAX_MS = 5_000
/** A lost branch of the tree is mended by a digest and a graft; a search waits for that. */
export const TREE_SEARCH_MIN_MS = 3_000
/** Assumed while no neighbour has answered a ping. */
export const ASSUMED_RTT_MS = 150
/** A search without neighbours waits this long for the first. */
export const LONELY_MS = 1_500
