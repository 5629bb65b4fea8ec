/** Numbers of this protocol with their sources; "our choice" where nothing else is named. */

/** Children of a super node, main and standby together. FastTrack's had 60 to 150; a browser has fewer links. */
export const CHILDREN_CAP = 32
/** Links with other super nodes: never more, and as many as it looks for. FastTrack's had 40 to 50. */
export const LEADER_LINKS_CAP = 16
export const LEADER_LINKS_TARGET = 14
/** More children than this, and one of them is invited to become a super node. */
export const SPLIT_ABOVE = 30
/** Fewer children than a quarter of the cap, and a super node gives them to another. */
export const MERGE_BELOW = CHILDREN_CAP / 4
/** The one that takes them has no more than this afterwards: room to grow before it splits again. */
export const MERGED_MOST = 24
/** From so many children on a super node that is alone wants a second one beside it. */
export const SECOND_FROM = 2

/** Super nodes named in one message, remembered by one peer's word alone, and in all. */
export const LEADERS_NAMED = 20
export const LEADERS_OF_ONE = 32
export const LEADERS_KNOWN = 64
/** Peers of unknown role remembered, to ask for super nodes. */
export const CANDIDATES_KNOWN = 100
/** Bits of the largest filter, in bytes. */
export const FILTER_BYTES = 8_192
export const FILTER_BYTES_MIN = 128
/** Ten bits and three hashes a key: 2 % of the answers are wrongly yes (Bloom 1970). */
export const FILTER_BITS_PER_KEY = 10
export const FILTER_HASHES = 3
/** Words are also in the filter by their beginning, for queries whose last word is not finished. */
export const FILTER_PREFIX = 4
/** A filter that changed is sent no more often than this. */
export const FILTER_EVERY_MS = 5_000
/** Listings in one message: the longest of them fit into 16 KiB. */
export const LISTINGS_PER_MESSAGE = 24
/** Shares named in one message. */
export const SHARES_PER_MESSAGE = 64
/** What a super node keeps of one child. */
export const LISTINGS_PER_CHILD = 1_000
export const SHARES_PER_CHILD = 500
/** The parts that our shares have of it are evened out so long after a change; our choice. */
export const EVEN_OUT_MS = 3_000
/** Hits in one message: with eight providers each they fit into 16 KiB. */
export const HITS_PER_MESSAGE = 16
/** Receipts in one message. */
export const RECEIPTS_PER_MESSAGE = 16

/** A peer without any super node in reach makes itself one after this time and a random one on top. */
export const ELECTION_MS = 5_000
export const ELECTION_JITTER_MS = 1_000
/** One that knows a better one among those linked waits longer, so many times. */
export const ELECTION_DEFER_MS = 3_000
export const ELECTION_DEFERRALS = 2
/** Uptime from which a peer counts as one that stays; expected future uptime grows with past uptime. */
export const STEADY_SECONDS = 180
/** Free links from which a peer can take a good part of a super node's load. */
export const ROOMY_LINKS = 16
/** An unanswered join or invitation is given up. */
export const ANSWER_TIMEOUT_MS = 3_000
/** Pause before a peer that refused or could not be dialled is asked again. */
export const RETRY_MS = 10_000
/** Dials under way for leaders, and for peers that may know some. */
export const PARALLEL_DIALS = 3
/** A dial that is silent for so long is joined by another: a probe and its answer take less (RFC 8305's idea). */
export const HEDGE_MS = 700
/** Dials under way of any age. Probes are cheap: no connection is made before the other side says yes. */
export const DIALS_AT_MOST = 12
/** A super node that could not be reached so often in a row is forgotten; it may only have been full. */
export const DIALS_OF_ONE = 3
/** How often a node looks after its ties; jittered by half. */
export const TICK_MS = 5_000
/** A link that is of no use for so long is released. */
export const IDLE_MS = 10_000
/** How often a child sends a digest of what its leaders should have. */
export const DIGEST_EVERY_MS = 60_000
/** How often super nodes tell neighbours and children what they are and whom they know. */
export const INFO_EVERY_MS = 60_000
/** How often a super node with few neighbours asks a stranger, so that islands merge. */
export const ISLAND_EVERY_MS = 30_000
/** A reason to step down must hold so long (hysteresis), a hidden tab's too. */
export const DEMOTE_AFTER_MS = 30_000
/** How long an index is kept of a child that was told to go, or that another announced. */
export const HANDOVER_KEPT_MS = 15_000
/**
 * A super node of whose announced children so many more stayed away than came is not believed any more: half of the places.
 * Those whom it sends come all the same, without their index ahead of them. Our choice.
 */
export const VAIN_HANDOVERS = CHILDREN_CAP / 2
/** Super nodes whose announcements are remembered; more than there are neighbours. Our choice. */
export const ANNOUNCERS_KEPT = 64
/** Between two invitations of one super node. */
export const PROMOTE_EVERY_MS = 10_000

/** Links between super nodes that a query may cross. */
export const QUERY_TTL = 3
/** A generation of the table of queries; LimeWire kept them 5 to 10 minutes. */
export const ROUTE_PERIOD_MS = 300_000
/** Hits wait this long for others of the same query, so that they leave grouped. */
export const GATHER_MS = 40
/** Reports of work wait this long for others, so that they leave together. */
export const COST_EVERY_MS = 100
/** Steps that a super node passes on for one query. */
export const COST_STEPS = 512
/** Entries of the index that one query may look at. */
export const INDEX_ENTRIES_PER_QUERY = 200
/** Sources of hits relayed for one query. */
export const RELAYED_SOURCES = 1_000
/** Queries of a child, and those that a super node passes on. */
export const CHILD_QUERY_RATE = { perSecond: 2, burst: 20 } as const
export const LEADER_QUERY_RATE = { perSecond: 60, burst: 200 } as const
/** Everything else from one peer. */
export const CONTROL_RATE = { perSecond: 60, burst: 300 } as const

/** How often a search whose hits only one of two super nodes named is followed by a question to the other; our choice. */
export const AUDIT_CHANCE = 1 / 8
/** What an asked super node has not answered by then it leaves out. Hits of a settled network come within a second. */
export const AUDIT_MS = 2_500
/** A source that does not say within this time that it has a file counts as not having it. */
export const CONFIRM_MS = 6_000
/** So many times caught, and a super node is left for this long. Peers that left in the meantime look like inventions. */
export const STRIKES = 3
export const MISTRUST_MS = 30 * 60_000
export const SUSPECTS_KEPT = 64

/** A search lasts at least so long, and so long after an answer, but no longer than the last. */
export const SEARCH_MIN_MS = 1_500
export const SEARCH_QUIET_MS = 800
export const SEARCH_MAX_MS = 5_000

/** Uploads at one time (gtk-gnutella's default), and peers that wait (PARQ waits up to 5,000). */
export const UPLOAD_SLOTS = 4
export const QUEUE_LIMIT = 1_000
/** Places of one peer. */
export const QUEUE_PER_PEER = 20
/** A place outlives the link by this time (PARQ). */
export const TICKET_KEPT_MS = 300_000
/** Asking again sooner than this is early and costs time in the queue (PARQ punishes it too; values ours). */
export const RETRY_EARLY_MS = 10_000
export const EARLY_PENALTY_MS = 5_000
/** Positions are told again no more often than this. */
export const POSITION_EVERY_MS = 5_000
/** A slot goes to the next one that waits after this time. */
export const SLOT_MAX_MS = 300_000
/** Assumed until uploads have been seen. */
export const ASSUMED_UPLOAD_MS = 30_000
/** Head start of a peer with full credit, as a multiple of the time that the queue takes. */
export const HEAD_START = 0.5

/** A receipt for each MiB. */
export const RECEIPT_BYTES = 1_048_576
/** A fast source gets one for all that came within this time: each is signed, and checked by whoever it is shown to. Our choice. */
export const RECEIPT_MS = 2_000
export const RECEIPT_BYTES_MAX = 64 * RECEIPT_BYTES
/** Receipts older than this do not count. */
export const RECEIPT_AGE_MS = 30 * 86_400_000
/** Clocks of others may be ahead by this. */
export const CLOCK_SKEW_MS = 300_000
/** Receipts that we keep for ourselves, and of one counterparty. */
export const RECEIPTS_KEPT = 256
export const RECEIPTS_PER_COUNTERPARTY = 4
/** Signatures being checked at one time, of all and of one peer. */
export const PENDING_CHECKS = 64
/** Nonces remembered, so that a receipt counts once. */
export const NONCES_KEPT = 8_192
/** Accounts kept of other peers. */
export const ACCOUNTS_KEPT = 512
/** What one counterparty's receipts count at the most: friends alone make nobody important. */
export const COUNTED_PER_COUNTERPARTY = 32 * RECEIPT_BYTES
/** With fewer counterparties than this receipts count proportionally less. */
export const COUNTERPARTIES_WANTED = 3
/** Added to what a peer took, so that the first bytes do not decide. */
export const CREDIT_BASE_BYTES = 16 * RECEIPT_BYTES
