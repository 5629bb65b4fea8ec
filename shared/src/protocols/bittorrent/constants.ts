import { LIMITS } from '../../kernel/limits.ts'

/** Every number of the exchange with its source. Times in milliseconds, sizes in bytes. */

/** BEP 3: download slots, the optimistic one among them. */
export const UPLOAD_SLOTS = 4
/** BEP 3: slots are ranked anew every ten seconds, so that TCP (here SCTP) has time to reach its rate. */
export const RECHOKE_MS = 10_000
/** BEP 3: the optimistic slot moves every third re-ranking. */
export const OPTIMISTIC_MS = 30_000
/** BEP 3: new connections are three times as likely to get the optimistic slot. */
export const NEWCOMER_WEIGHT = 3
/**
 * Our choice, by simulation: what a peer may get from us before it has given anything. Little, since a free
 * rider takes it from each of its links; enough to have something to trade.
 */
export const GIFT_BYTES = 2 * 16_384
/** Our choice: beyond the gift, a peer that got more than so many times what it gave only takes. */
export const GENEROSITY = 8
/** Our choice, by simulation: so long a peer may have had blocks for us and kept us choked. */
export const PATIENCE_MS = 2_000
/** Our choice: a peer that only takes is this likely to be drawn by lot. */
export const TAKER_WEIGHT = 0.02
/** Super-seeding: so many blocks that a peer kept to itself show that it only takes; our choice. */
export const KEPT_BLOCKS = 4
/** Our choice: a peer counts as a newcomer for two optimistic periods. */
export const NEWCOMER_MS = 2 * OPTIMISTIC_MS
/** Window over which rates are measured for ranking. BEP 3 speaks of a 20 second average. */
export const RANK_WINDOW_MS = 20_000
/** Window over which rates are shown and pipelines sized; our choice. */
export const SPEED_WINDOW_MS = 4_000

/** Requests outstanding per peer at the least and at the most. libtorrent: 2 and 500. */
export const PIPELINE_MIN = 4
export const PIPELINE_MAX = 500
/** Seconds of data kept requested from a peer. Measured: short queues waste least (docs/performance.md). */
export const PIPELINE_SECONDS = 1
/**
 * Where an answer takes longer than half of that, as much is kept requested as comes in during so many answers: a
 * pipeline that only holds what one of them brought would never grow. TCP's slow start doubles as well (RFC 5681).
 */
export const PIPELINE_ANSWERS = 2
/** At the most, since a peer may also be slow on purpose. libtorrent keeps 3 s requested in all cases. */
export const PIPELINE_MAX_SECONDS = 6
/** A request run is sent when this share of the pipeline is free, so that requests travel in batches. */
export const REFILL_SHARE = 0.25
/** Our choice: a peer that delivers nothing asked of it for so long is snubbed. */
export const SNUB_MS = 10_000
/**
 * Our choice: two peers that want nothing of each other leave each other after so long. Longer than the time after which a
 * peer may join anew (`STATES_PER_SECOND`), so that who chooses file after file is never taken for one who comes and goes.
 */
export const NEEDLESS_MS = 10_000
/** Endgame: copies of one block asked for at the same time. */
export const ENDGAME_COPIES = 2

/** Endgame: a block is asked of a second peer only when the first has had it for so long; our choice. */
export const STEAL_AFTER_MS = 1_000
/** Endgame: how often to look for blocks to ask of a second peer; our choice. */
export const ENDGAME_CHECK_MS = 500

/**
 * Blocks picked at random before rarest first takes over. libtorrent: 4 pieces, as it relays whole pieces only;
 * we relay blocks.
 */
export const RANDOM_BLOCKS = 4

/** `have` runs are gathered for so long, or until so many blocks are pending; our choice. */
export const HAVE_FLUSH_MS = 100
export const HAVE_FLUSH_BLOCKS = 16
/** Peers that have a block already are told of ours later, in long runs; our choice. */
export const HAVE_LAZY_MS = 2_000

/**
 * Blocks being read for one link at a time: so many seconds of its rate within bounds. Slow uplinks must not
 * gather a queue, since what waits there is stale when it leaves; fast ones must not wait for the disk.
 */
export const SERVE_SECONDS = 0.02
/**
 * The same while no other peer waits for blocks: whole frames from 2.5 MiB/s on. Between several, they cost contributors a hundredth more
 * time (simulated with a fast source and free riders).
 */
export const SERVE_ALONE_SECONDS = 0.1
export const SERVE_MIN = 2
export const SERVE_MAX = 32
/** Runs of blocks being read for one link at a time; our choice: one is read while another is sent. */
export const RUNS_READ = 2

/** Metadata travels in parts of 16 KiB (BEP 9). */
export const METADATA_PART_BYTES = 16_384
/**
 * So long a source of metadata may take in all before another is asked, if there is one: with 4 MiB that is
 * 140 KiB/s. Twice as long in each round in which all others failed too, so that slow ones come to an end. Our choice.
 */
export const METADATA_SOURCE_MS = 30_000
/**
 * Metadata parts that one peer is given: the largest dictionary at once, then as many again in the time after which
 * it gives a slow source up. Beyond that it is told to ask later. Our choice.
 */
export const METADATA_PARTS_BURST = LIMITS.metainfoBytes / METADATA_PART_BYTES
export const METADATA_PARTS_PER_SECOND = METADATA_PARTS_BURST / (METADATA_SOURCE_MS / 1_000)
/**
 * So many small steps of reading metadata are taken before others have their turn: some 600 files of a share, a few
 * milliseconds, or some forty on a slow machine. Our choice.
 */
export const METADATA_STEPS_A_TURN = 64
/** Who refused metadata or hashes is asked again only after so long, others meanwhile; our choice. */
export const REFUSED_REST_MS = 1_000
/** A peer that does not answer a metadata or hash request for so long is passed over; our choice. */
export const ANSWER_TIMEOUT_MS = 10_000
/** Hash requests outstanding with one peer; our choice: two hide the round trip, more would crowd one uplink. */
export const HASH_WINDOW = 2
/** Small spans (many small files) may be asked for together up to so many hashes. */
export const HASH_WINDOW_HASHES = 512

/** Our choice: one bad block stops requests, the second bans. */
export const BAD_BLOCKS_TO_BAN = 2
/** Peers that left, of whom a share remembers what counts for and against them; our choice: several swarms' worth. */
export const PEERS_REMEMBERED = 200

/**
 * Super-seeding, by simulation: blocks revealed to a peer ahead of what it has fetched are this many seconds of
 * its rate within bounds, and a turn is so many times that.
 */
export const REVEAL_SECONDS = 0.5
export const REVEAL_MIN = 8
export const REVEAL_MAX = 64
export const TURN_REVEALS = 2
/** Blocks of a first turn, for a peer that has not yet shown that it passes them on; our choice. */
export const PROBE_REVEALS = 4
/** A peer that has a turn and fetches nothing loses it after so long: as with a re-ranking. */
export const TURN_MS = RECHOKE_MS
/**
 * Super-seeding begins so often in one share: each time all are told anew what we have, and somebody may come and go
 * on purpose. Two messages each time are well within {@link STATES_BURST}; our choice.
 */
export const SUPER_SEEDINGS_MAX = 4
/** A block that only its first receiver has shown for so long is given to another; our choice. */
export const SPREAD_TIMEOUT_MS = 10_000
/** Peer exchange: at most one message a minute (BEP 11), after the first one at once. */
export const PEX_MS = 60_000
/** What we take of one peer: twice as often, and the first ones at once. More is ignored. */
export const PEX_TAKEN_PER_SECOND = 2_000 / PEX_MS
export const PEX_TAKEN_BURST = 3

/** Hash requests of one peer that are answered; beyond that it is told to ask later. Our choice: many small files. */
export const HASH_REQUESTS_PER_SECOND = 200
export const HASH_REQUEST_BURST = 1_000

/**
 * How often a peer may tell all that it has, since each time every block is counted anew; and how often it may join,
 * since it is told the same. Honest ones do so when they join, and as often as hiding begins and ends; our choice.
 */
export const STATES_PER_SECOND = 0.2
export const STATES_BURST = 20
/** Blocks that a peer may announce although we know that it has them: few overlap with its first message. Our choice. */
export const KNOWN_BLOCKS_PER_SECOND = 10_000
export const KNOWN_BLOCKS_BURST = 100_000

/**
 * While a file is played, so many pieces from where it is watched are asked for in order; beyond them rarity rules
 * again. 32 pieces of 256 KiB are 8 MiB, some ten seconds of a good film; our choice.
 */
export const PLAY_WINDOW_PIECES = 32

/** Of them, so many are what the player waits for: while they lack requests, requests for other parts are called off. Our choice. */
export const URGENT_PIECES = 4
