/** Files that one peer may list: OpenNap's `max_shared`. */
export const FILES_PER_PEER = 5_000
/** Files of all peers together; a directory that is full says so. Our choice, about 1.2 GB of memory. */
export const FILES = 2_000_000
/** Hits in one answer: the cap of Napster's server. */
export const RESULTS = 100
/** Matching listings that are ranked; the rest of a very common word is not looked at. Our choice. */
export const RANKED = 500
/** Listings in one update message, so that it stays under the socket's limit. */
export const LISTINGS_PER_UPDATE = 60
/** Providers of an infohash in one answer. */
export const PROVIDERS = 50
/** A search without an answer is given up after this time. */
export const SEARCH_TIMEOUT_MS = 5_000
/** An update that was refused or not answered is sent again after this time, doubling up to the longest. */
export const RETRY_MS = 1_000
export const RETRY_MAX_MS = 30_000

/** A search that is asked before anything is known of the server waits so long for it; our choice: a socket connects in less. */
export const FIRST_WORD_MS = 3_000
