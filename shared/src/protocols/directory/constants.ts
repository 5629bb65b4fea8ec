/** Files that one peer may list: OpenNap's `max_shared`. */
export const FILES_PER_PEER = 5_000
/** Words in the names of all files of one peer: ten a file. Our choice: names of 32 words each take ten times the memory of usual ones. */
export const WORDS_PER_PEER = 50_000
/**
 * Memory that all files and shares may take, in bytes as `WordIndex` counts them; a directory that is full says so. Our
 * choice: half of what a server, and its Redis, may have as we deploy them; about 300,000 files with usual names.
 */
export const DIRECTORY_BYTES = 512 * 1024 * 1024
/** What a share takes besides its files; by measurement, rounded up. */
export const SHARE_BYTES = 500
/** Hits in one answer: the cap of Napster's server. */
export const RESULTS = 100
/** Matching listings that are ranked; the rest of a very common word is not looked at. Our choice. */
export const RANKED = 500
/** Files and shares in one update message, and listings in one script of Redis. Our choice: a few milliseconds of the server. */
export const CHANGES_PER_UPDATE = 60
/** Bytes of JSON in one update message, so that it stays under the socket's limit of 64 KiB. */
export const UPDATE_BYTES = 60_000
/** Providers of an infohash in one answer. */
export const PROVIDERS = 50
/** A search without an answer is given up after this time. */
export const SEARCH_TIMEOUT_MS = 5_000
/**
 * After an update that was refused or not answered all is sent again after this time, doubling up to the longest. One
 * that came too soon is sent again itself. Our choice.
 */
export const RETRY_MS = 1_000
export const RETRY_MAX_MS = 30_000

/** A search that is asked before anything is known of the server waits so long for it; our choice: a socket connects in less. */
export const FIRST_WORD_MS = 3_000
