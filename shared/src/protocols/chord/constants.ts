/** Every constant of the ring, with its source. Times in milliseconds. */
export const CHORD = {
  /** Entries of the successor list and of the predecessor list. Stoica et al. 2003 ask for O(log N); our choice. */
  listLength: 8,
  /** Links of a node, of all kinds together. */
  linkCap: 24,
  /** Links beyond which no finger is dialled: what is left is for ring neighbours and those who join. Our choice. */
  fingerSlack: 6,
  /** Links beyond which fingers that are missed least are let go, one by one. Our choice. */
  pruneSlack: 4,
  /** Links beyond which strangers are refused: the last places belong to ring neighbours. Our choice. */
  ringSlack: 2,
  /** Copies of a record, on the owner and its successors; a search asks so many while it finds nothing. */
  replicas: 5,
  /**
   * Holders of a key to whom a provider gives its record itself: so many must throw it away to hide it. By simulation
   * (`npm run sim -- sybil`): 1 costs 7 messages, 3 cost 23, 5 cost 43.
   */
  putCopies: 3,
  /**
   * Who confirmed a question for records and says nothing for so long is passed over: the owner by our lists, and one
   * that stands where copies are, which may itself be waiting for the owner. Our choice.
   */
  answerMs: 1_000,
  holderMs: 1_500,
  /** Messages that one lookup may cause before it is given up. */
  ttl: 64,
  /** So many messages of a lookup go by the links of links; then only by links. Our choice, by simulation. */
  looksAheadFor: 10,
  /** The same when only successors are asked, one after the other. */
  circleTtl: 255,
  /** Peers that a question names as visited; as dead; and dead ones that one node adds. Our choice. */
  visited: 128,
  dead: 128,
  deadNamed: 12,
  /** Stabilize: after a change, at rest, and how fast the one becomes the other. Our choice. */
  stabilizeMinMs: 2_000,
  stabilizeMaxMs: 15_000,
  stabilizeGrowth: 1.5,
  /** A ring neighbour that leaves a stabilize unanswered for so long is given up. Our choice. */
  silentMs: 8_000,
  /** Changes of lists are gathered for so long before they are told to ring neighbours. Our choice. */
  notifyDelayMs: 60,
  /** Changes of links are gathered for so long before they are told to all links. Our choice. */
  linksDelayMs: 3_000,
  /** Between the word that a link is let go, and its end. Our choice. */
  letGoMs: 1_000,
  /**
   * A call that fails sooner was refused; a dead peer is waited for. Who refuses is left out of lists for so long, and so
   * often, then for as long as one that could not be reached. Our choice.
   */
  refusedMs: 2_000,
  refusals: 3,
  /** A peer that could not be reached is left out of lists for so long. Our choice. */
  goneMs: 20_000,
  goneEntries: 128,
  /** One finger is looked for at a time, so often. Our choice. */
  fingerMinMs: 700,
  fingerMaxMs: 20_000,
  /** RFC 6298: first timeout; its minimum is ours, as links are tens to hundreds of milliseconds long. */
  firstRtoMs: 1_000,
  minRtoMs: 300,
  maxRtoMs: 4_000,
  /** After so long without an answer a lookup is tried by another first hop as well; so often; and its end. Our choice. */
  attemptMs: 1_500,
  attempts: 3,
  lookupMs: 4_800,
  /** A question of a person. */
  searchMs: 5_000,
  searches: 64,
  /** Lookups whose way back a node remembers. Our choice. */
  relays: 2_048,
  /** Questions and records taken from one link, a second and at once. Our choice. */
  linkRate: 200,
  linkBurst: 600,
  /**
   * Messages of upkeep taken from one link, a second and at once. In the simulator nobody sends more than 14 in a second, 41 in
   * ten or 122 in a minute, in rings of 24 to 300 with sessions of 30 s, half of the peers dead, a cut or a growing ring. At once:
   * all that a link may hold back before it is closed (30 s). By simulation.
   */
  upkeepRate: 20,
  upkeepBurst: 400,
  /** Records sent to one link because it asked, a second and at once: a newcomer may want all that a node holds. Our choice. */
  recordRate: 200,
  recordBurst: 2_000,
  /** Ways that a node which has lost its neighbours tries, and for so long, before it takes a key for its own. Our choice; by simulation. */
  excursions: 3,
  excursionsMs: 1_500,
  excursionTtl: 16,
  shortExcursionTtl: 6,
  /**
   * Peers that may be alive and can't be reached, for so long after a quarter of our links was lost at once (in everyday churn most of them
   * are dead, and asking costs more than all other upkeep): our links and theirs (`seekTtl`) are asked for so many at a time; they are given up
   * after three round trips, and the outcome is kept until lists are likely to be mended. By simulation.
   */
  seekForMs: 120_000,
  seekTtl: 2,
  seekPlaces: 8,
  seekWays: 8,
  seekMs: 600,
  soughtMs: 10_000,
  soughtPlaces: 512,
  /** Of others' questions of this kind so many are passed on, a second and at once: each is copied to every link. Our choice. */
  seekRate: 10,
  seekBurst: 200,
  /** A join is tried again after this time, and candidates are dialled so many at a time. Our choice. */
  joinRetryMs: 1_500,
  pairAfterMs: 1_000,
  candidatesAtOnce: 3,
  candidates: 64,
  redialMs: 3_000,
  /** Past peers remembered, and how often one of them is looked for. Our choice. */
  pastPeers: 32,
  healMs: 20_000,
  /** Records: life, republication (spread by this share), skew of clocks that is borne. */
  recordLifeMs: 25 * 60_000,
  republishMs: 10 * 60_000,
  republishSpread: 0.1,
  clockSkewMs: 5 * 60_000,
  /** Records of our own on their way at the same time, and the pause between two. Our choice. */
  putsAtOnce: 8,
  putGapMs: 20,
  putRetryMs: 15_000,
  /** Our own records; as many as a whole node holds. */
  publications: 2_000,
  /**
   * So large a part of our links lost within so long means a disaster: everything is put again. Where half of a ring died,
   * one peer in a thousand lost less than a quarter of its links (simulated), and none less than this. Soon after
   * a disaster it takes more. Our choice.
   */
  disasterShare: 0.15,
  nextDisasterShare: 0.25,
  disasterPauseMs: 60_000,
  disasterMs: 10_000,
  disasterSpreadMs: 30_000,
  /** A node that has just joined puts its records within this time. Our choice. */
  joinSpreadMs: 1_500,
  /** Repair of replicas waits for so long after a change of the lists. Our choice. */
  repairDelayMs: 1_000,
  /** Signatures being checked at the same time. Our choice. */
  pendingChecks: 512,
  /** So many of them are left to what is asked of us while many records come in; those wait, as many as a node holds. Our choice. */
  checksKeptFree: 256,
  recordsWaiting: 2_000,
  /** Tags in one offer, and bytes of records in one message. */
  tagsPerOffer: 512,
  recordBytesPerMessage: 15_000,
  recordsPerMessage: 64,
  recordsChangedMs: 1_000,
} as const
