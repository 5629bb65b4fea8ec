/** Every constant of the tracker protocol, with its source. Times in milliseconds. */
export const TRACKER = {
  /** Time between announces of one share: what bittorrent-tracker's WebSocket server tells its clients. */
  intervalMs: 120_000,
  /** The same while a swarm is small, so that its first peers find each other soon. Our choice. */
  smallSwarmIntervalMs: 30_000,
  /** A swarm of at most so many peers is small. Our choice. */
  smallSwarmPeers: 4,
  /** An interval is told with plus or minus this share, so that announces spread out. Our choice. */
  intervalJitter: 0.1,
  /** A peer is forgotten after so many base intervals of silence. Our choice; losing its socket removes it at once. */
  expiryIntervals: 2.5,
  /** How often the server looks for peers to forget. Our choice. */
  sweepMs: 30_000,
  /** How long an emptied swarm's "last seen" is kept. Our choice. */
  memoryMs: 24 * 3_600_000,
  /** Swarms kept at a time. Our choice: about 40 MB of tables. */
  maxSwarms: 100_000,
  /** Emptied swarms remembered at a time. Our choice. */
  maxRemembered: 10_000,
  /** Peers in one swarm: as many as one server takes sockets. */
  maxPeersPerSwarm: 10_000,
  /** Swarms that one peer may be in, our choice. */
  maxSwarmsPerPeer: 500,
} as const

/** Constants of the announcing side. Times in milliseconds. */
export const ANNOUNCER = {
  /** First starts of more shares than this are spread out. Our choice. */
  spreadAbove: 3,
  /** Window over which they are spread, so that a restarted server is not stormed; our choice. */
  spreadMs: 2_000,
  /** The window grows by this much a share: 13 announces/s stays under the server's 20/s. Our choice. */
  spreadPerShareMs: 75,
  /** Shortest time between two announces of a share that wants more peers. Our choice. */
  minGapMs: 5_000,
  /** Backoff after a failed announce: uniform in [0, min(cap, base * 2^n)), "full jitter" (AWS, Brooker 2015). */
  retryBaseMs: 500,
  retryCapMs: 30_000,
  /** A server may not send us to sleep for longer than this. Our choice. */
  maxIntervalMs: 600_000,
} as const
