/**
 * Every bound that a decoder or table obeys, in one place. Sizes are in bytes, times in milliseconds.
 * Sources are named; where none is, it is our choice.
 */
export const LIMITS = {
  /** One block of a file: BEP 52 fixes it at 16 KiB. */
  blockBytes: 16_384,
  /** Neighbouring blocks that one bulk frame may carry: messages, not bytes, are what costs (docs/adr/0026). */
  blocksPerFrame: 8,
  /** Frame on the bulk channel: its blocks and its header. */
  bulkFrameBytes: 8 * 16_384 + 64,
  /** Frame on the control channel, hashes and metadata excepted. */
  controlFrameBytes: 65_536,
  /** One control message inside a frame, hashes and metadata excepted. */
  controlMessageBytes: 16_384,
  /** One `hashes` message. 512 hashes and a proof of 32 levels need 17.4 KiB. */
  hashesMessageBytes: 65_536,
  /** One signed signaling envelope, in JSON. */
  signalBytes: 8_192,
  /** One session description inside an envelope. */
  sdpBytes: 4_096,
  /** ICE candidates accepted for one session. */
  candidatesPerSession: 20,
  /** What a peer may send before it has proved its key. */
  unauthenticatedBytes: 16_384,
  unauthenticatedMs: 10_000,
  /** Info dictionary: BEP 9 has no bound; ours keeps parsing under 50 ms. */
  metainfoBytes: 4 * 1024 * 1024,
  files: 10_000,
  pathDepth: 32,
  nameBytes: 255,
  /** Pieces in one share; the piece length grows with larger shares. */
  pieces: 65_536,
  /** Requests that one peer may have outstanding with us. libtorrent: 500 out, 2,000 in. */
  requestsOutstanding: 500,
  /** Hashes in one `hashes` message: BEP 52 recommends at most 512. */
  hashesPerMessage: 512,
  /** Shares that one link may carry at a time. */
  sharesPerLink: 64,
  /** Peers named in one peer exchange message: BEP 11 says 50. */
  pexPeers: 50,
  /** Socket.IO message. */
  socketMessageBytes: 65_536,
  /** Peers in one announce response. */
  announcePeers: 50,
  /** Hops that a routed envelope may take. */
  signalHops: 8,
  /** Links with shares on them, beyond which no more peers are dialled for shares; our choice. */
  transferLinks: 20,
  /** Other links, beyond which a super node takes no children: each system has limits of its own besides. Our choice. */
  overlayLinks: 44,
  /** All links, beyond which discovery systems dial nobody: the last are for shares. Our choice. */
  systemLinks: 60,
  /** All links, beyond which callers are told that we are busy. Our choice. */
  links: 64,
  /** Negotiations under way at one time. */
  pendingNegotiations: 10,
  /** A query as typed, in UTF-8, and its words. */
  queryBytes: 128,
  queryWords: 8,
  /** One word, in characters; our choice. */
  wordLength: 32,
  /** Words taken from one name; our choice. */
  wordsPerName: 32,
  /** Name of a file with its folders in an index: two components of the longest kind fit. */
  listingNameBytes: 512,
  /** Providers named in one hit; a downloader learns of more from the swarm itself. Our choice. */
  providersPerHit: 8,
  /** Hits that one node gives to one query. */
  hitsPerNode: 20,
  /** Hits kept by the one who searched, all answers together; our choice. */
  hitsPerSearch: 500,
  /** One record of the ring, and how many a node keeps: of one provider, and in all. */
  recordBytes: 1_000,
  recordsPerProvider: 64,
  records: 2_000,
  /** GUIDs remembered in each of two generations. */
  guids: 4_096,
  /** Peers of one network that are shown to each other; our choice: a list that people can read. */
  nearbyPeers: 50,
  /** A device's name, in characters; our choice. */
  displayNameLength: 32,
  /** Message of a discovery system. */
  discoveryMessageBytes: 16_384,
} as const
