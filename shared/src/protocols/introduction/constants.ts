/** Numbers of the introduction protocol; all ours. Times in milliseconds. */

/** An envelope says it is valid for so long; negotiations take a second or two. */
export const EXPIRY_MS = 60_000
/** An invite waits so long for its reply: people copy and paste. ICE credentials live as long as the connection. */
export const INVITE_MS = 30 * 60_000
/** Invites that wait at a time; each holds a connection. */
export const OPEN_INVITES = 4
/** Clocks of two machines may differ by so much. Freshness comes from the nonces, so this can be generous. */
export const CLOCK_SKEW_MS = 10 * 60_000
/** A probe without an answer is sent over the next way after this time. */
export const PROBE_TIMEOUT_MS = 3_000
/** From the accept to an open, proved channel. ICE gives up on its own after about 15 s. */
export const CONNECT_TIMEOUT_MS = 20_000
/** Probes that are not new to us are refused as long as their dates would let them pass. */
export const SEEN_SESSIONS = 4096
export const SEEN_PERIOD_MS = EXPIRY_MS + 2 * CLOCK_SKEW_MS
/** Envelopes waiting for a signature to be checked: in all, and of those that came one way. */
export const PENDING_CHECKS = 512
export const PENDING_OF_CARRIER = 96
/**
 * Envelopes for us that one neighbour may hand over: a second, as many as it may have a relay pass on, and at once, all of twenty
 * negotiations, the most that we accept at a time, with four and twenty candidates each.
 */
export const ENVELOPES_PER_SECOND = 40
export const ENVELOPE_BURST = 20 * 24
/** Neighbours whose rate is remembered; more than there are links. */
export const RATED_CARRIERS = 256
/** What is left to a negotiation whose way broke: ICE may have all it needs already. */
export const CARRIER_LOST_MS = 3_000
/** Restarts of one link in its life; a phone that moves makes some a day. */
export const RESTARTS = 10_000
/** Both ends notice a broken path within moments of each other: one restart answers both. */
export const RESTART_GAP_MS = 2_000
