/** Numbers of the nearby protocol; all our choice. Times in milliseconds. */

/** A client says its card again so often, and gets the whole list: what was lost on the way is made right. */
export const REFRESH_MS = 120_000
/** After a refusal or silence of the server. */
export const RETRY_MS = 30_000
/** An offer waits so long for its answer: people look up from what they do. */
export const OFFER_MS = 120_000
/** Whoever was on the list so long ago may still make an offer: the server may have just gone. */
export const GRACE_MS = OFFER_MS
/** Offers that wait for our answer: of one peer, and in all. */
export const PENDING_PER_PEER = 3
export const PENDING = 20
/** Our own offers that are not decided yet. */
export const OUTGOING = 20
/** Decided offers stay visible so long, and so many of each direction. */
export const SETTLED_MS = 60_000
export const SETTLED = 20
/** Peers remembered as lately seen. */
export const REMEMBERED = 200
/** Offers of one peer in the long run, ten at once: whoever is declined cannot ask without end. */
export const OFFERS_PER_SECOND = 1 / 12
export const OFFERS_BURST = 10
