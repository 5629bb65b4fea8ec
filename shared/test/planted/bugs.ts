/** A mistake that somebody could make, as a change of one place in the source, and the tests that must turn red. */
export interface PlantedBug {
  readonly name: string
  /** Below `shared/src`. */
  readonly file: string
  /** Text that stands exactly once in the file. */
  readonly find: string
  readonly put: string
  /** Below `shared/test`. */
  readonly tests: readonly string[]
}

const GNUTELLA = ['protocols/gnutella']
const CHORD = ['protocols/chord']
const KAZAA = ['protocols/kazaa']
const INTRODUCTION = ['introduction']
const RELAY = ['protocols/relay']
const EXCHANGE = ['protocols/bittorrent/exchange', 'protocols/bittorrent/choker']
const FRAMES = ['protocols/bittorrent/frames']
/** Whole networks with their checkers: slower, for what no single core shows. */
const SWARM = ['sim/swarm']
const RING = ['sim/chord.test']
const SYBIL = ['sim/sybil.test']
const CROWD = ['node/crowd']

/** What the tests and the checkers of the simulator must catch. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'any proof of hashes passes',
    file: 'content/merkle.ts',
    find: 'return equalBytes(node, fromHex(root))',
    put: 'return node.length > 0',
    tests: ['content/merkle'],
  },
  {
    name: 'a leaf may stand for another place',
    file: 'content/merkle.ts',
    find: 'node = index % 2 === 0 ? hashPair(node, uncle) : hashPair(uncle, node)',
    put: 'node = hashPair(node, uncle)',
    tests: ['content/merkle'],
  },
  {
    name: 'a peer is banned one bad block late',
    file: 'protocols/bittorrent/peer-record.ts',
    find: 'this.badBlocks >= BAD_BLOCKS_TO_BAN',
    put: 'this.badBlocks > BAD_BLOCKS_TO_BAN',
    tests: SWARM,
  },
  {
    name: 'choked peers are served',
    file: 'protocols/bittorrent/uploads.ts',
    find: 'if (link.amChoking || !mayServe(link.peer, block))',
    put: 'if (!mayServe(link.peer, block))',
    tests: EXCHANGE,
  },
  {
    name: 'requests without end are queued',
    file: 'protocols/bittorrent/uploads.ts',
    find: 'link.queue.length >= LIMITS.requestsOutstanding',
    put: 'link.queue.length >= 1e9',
    tests: EXCHANGE,
  },
  {
    name: 'a request may reach beyond its block',
    file: 'protocols/bittorrent/uploads.ts',
    find: "if (block === null || geometry.blockSize(block) !== range.length) return 'badRange'",
    put: "if (block === null) return 'badRange'",
    tests: EXCHANGE,
  },
  {
    name: 'no slot for strangers: the optimistic one is never drawn',
    file: 'protocols/bittorrent/choker.ts',
    find: 'while (unchoked.size < slots) {',
    put: 'while (unchoked.size < 0) {',
    tests: EXCHANGE,
  },
  {
    name: 'those who only take are ranked among those who give',
    file: 'protocols/bittorrent/choker.ts',
    find: ".filter(({ score, snubbing, standing }) => score > 0 && !snubbing && standing !== 'takes')",
    put: '.filter(({ score }) => score > 0)',
    tests: EXCHANGE,
  },
  {
    name: 'a silent peer is never snubbed',
    file: 'protocols/bittorrent/snubs.ts',
    find: "if (link.trust === 'trusted') link.trust = 'snubbed'",
    put: '',
    tests: EXCHANGE,
  },
  {
    name: 'cancelled blocks are answered twice',
    file: 'protocols/bittorrent/uploads.ts',
    find: 'link.queue.splice(position, 1)',
    put: '',
    tests: SWARM,
  },
  {
    name: 'TTL is not clamped at the receiver',
    file: 'protocols/gnutella/query-routing.ts',
    find: 'const ttl = Math.min(query.ttl, cap - query.hops)',
    put: 'const ttl = query.ttl',
    tests: GNUTELLA,
  },
  {
    name: 'a query seen before is flooded again',
    file: 'protocols/gnutella/query-routing.ts',
    find: 'if (known !== undefined) return this.#onDuplicate({ ...query, ttl }, known, from, now)',
    put: '',
    tests: GNUTELLA,
  },
  {
    name: 'TTL does not fall on the way',
    file: 'protocols/gnutella/query-routing.ts',
    find: 'this.#forward({ ...query, ttl: query.ttl - 1, hops: query.hops + 1 }, from, now)',
    put: 'this.#forward({ ...query, hops: query.hops + 1 }, from, now)',
    tests: GNUTELLA,
  },
  {
    name: 'a query goes back over the link that it came by',
    file: 'protocols/gnutella/query-routing.ts',
    find: 'if (peer === from) continue',
    put: '',
    tests: GNUTELLA,
  },
  {
    name: 'one neighbour may ask without measure',
    file: 'protocols/gnutella/query-routing.ts',
    find: 'if (query.hops === 0 && !this.#ownQueries.take(from, now)) {',
    put: 'if (query.hops < 0) {',
    tests: GNUTELLA,
  },
  {
    name: 'hits of a lost link are not sent again',
    file: 'protocols/gnutella/hit-routing.ts',
    find: 'this.context.send(reserve, hit)',
    put: '',
    tests: GNUTELLA,
  },
  {
    name: 'a super node answers for peers that are not its children',
    file: 'protocols/kazaa/children.ts',
    find: 'if (this.#children.get(from)?.epoch !== epoch) return\n    if (reset)',
    put: 'if (reset)',
    tests: KAZAA,
  },
  {
    name: 'a differing index is never asked for again',
    file: 'protocols/kazaa/children.ts',
    find: "if (this.index.digestOf(from) !== digest) this.context.send(from, { type: 'resend', epoch })",
    put: '',
    tests: KAZAA,
  },
  {
    name: 'super nodes pass queries on beyond their TTL',
    file: 'protocols/kazaa/query-routing.ts',
    find: 'ttl: Math.min(query.ttl, QUERY_TTL - hops) }',
    put: 'ttl: query.ttl }',
    tests: KAZAA,
  },
  {
    name: 'hits from anybody are believed',
    file: 'protocols/kazaa/query-routing.ts',
    find: 'if (!this.isTied(from) && !this.leaders.has(from)) return\n      this.#learnWays',
    put: 'this.#learnWays',
    tests: KAZAA,
  },
  {
    name: 'a receipt to oneself counts',
    file: 'protocols/kazaa/receipts.ts',
    find: 'if (uploader === downloader || bytes <= 0',
    put: 'if (bytes <= 0',
    tests: KAZAA,
  },
  {
    name: 'a receipt counts as often as it is shown',
    file: 'protocols/kazaa/receipts.ts',
    find: 'if (this.#nonces.has(nonce)) return false',
    put: '',
    tests: KAZAA,
  },
  {
    name: 'nobody ages in the upload queue',
    file: 'protocols/kazaa/upload-queue.ts',
    find: 'place.countsFrom - place.credit * HEAD_START * place.waitMs',
    put: '-place.credit',
    tests: KAZAA,
  },
  {
    name: 'expired records are kept and answered',
    file: 'protocols/chord/record.ts',
    find: 'record.expiresAt > now &&',
    put: '',
    tests: CHORD,
  },
  {
    name: 'a record may lie at a key of its author’s choice',
    file: 'protocols/chord/record.ts',
    find: 'hasRightKey(record) &&',
    put: '',
    tests: CHORD,
  },
  {
    name: 'an older version of a record replaces a newer one',
    file: 'protocols/chord/record-store.ts',
    find: "if (this.hasNewer(record)) return 'older'",
    put: '',
    tests: CHORD,
  },
  {
    name: 'one provider may fill the store',
    file: 'protocols/chord/record-store.ts',
    find: "if (ofProvider() >= quotas.perProvider || this.size >= quotas.inAll) return 'full'",
    put: '',
    tests: CHORD,
  },
  {
    name: 'records are not repaired after a death',
    file: 'protocols/chord/keeper.ts',
    find: 'if (this.#context.owns(stored.record.key)) for (const peer of successors) offer(peer, stored)',
    put: '',
    tests: RING,
  },
  {
    name: 'a silent successor stays in the ring',
    file: 'protocols/chord/membership.ts',
    find: '} else if (now - link.askedAt >= CHORD.silentMs) this.#giveUp(link)',
    put: '}',
    tests: CHORD,
  },
  {
    name: 'an envelope may name another sender than its key',
    file: 'protocols/introduction/envelope-gate.ts',
    find: "if (toHex(sha256(fromHex(envelope.key))) !== envelope.from) return fail('badKey')",
    put: '',
    tests: INTRODUCTION,
  },
  {
    name: 'an old envelope is as good as a new one',
    file: 'protocols/introduction/envelope-gate.ts',
    find: 'if (envelope.expiry < date - CLOCK_SKEW_MS || envelope.expiry > date + CLOCK_SKEW_MS + lifeMs(carrier))',
    put: 'if (envelope.expiry < 0)',
    tests: INTRODUCTION,
  },
  {
    name: 'an answer to another offer is taken',
    file: 'protocols/introduction/descriptions.ts',
    find: 'if (!facts.ok || payload.offerHash !== hashText(session.offerSdp)) return []',
    put: 'if (!facts.ok) return []',
    tests: INTRODUCTION,
  },
  {
    name: 'an envelope of another negotiation fits',
    file: 'protocols/introduction/introducer.ts',
    find: "if (payload.peerNonce !== session.nonce) return this.#refuse(carrier, 'unknownInvite')",
    put: '',
    tests: INTRODUCTION,
  },
  {
    name: 'peers that fell silent stay in the tracker',
    file: 'protocols/tracker/swarm-table.ts',
    find: 'if (entry.updatedAt + this.limits.expiryMs > now) break',
    put: 'if (now > 0) break',
    tests: ['protocols/tracker'],
  },
  {
    name: 'files of a peer that left are still found',
    file: 'protocols/directory/server.ts',
    find: 'this.#forget(input.peer)',
    put: '',
    tests: ['protocols/directory'],
  },
  {
    name: 'a list may be as long as it says',
    file: 'wire/binary.ts',
    find: 'if (length <= max) return length',
    put: 'if (length >= 0) return length',
    tests: ['wire', 'fuzz'],
  },
  {
    name: 'a device name passes as a file name',
    file: 'content/file-names.ts',
    find: "const harmless = DEVICE.test(trimEdges(stem)) ? fit(FILLER + fitting, '') : fitting",
    put: 'const harmless = stem === null ? FILLER : fitting',
    tests: ['content/file-names'],
  },
  {
    name: 'anybody may speak in a circuit of others',
    file: 'protocols/relay/relay-desk.ts',
    find: 'if (circuit === undefined || (circuit.from !== from && circuit.to !== from)) return',
    put: 'if (circuit === undefined) return',
    tests: RELAY,
  },
  {
    name: 'a relay holds whatever an end sends',
    file: 'protocols/relay/relay-desk.ts',
    find: 'queue.bytes > QUEUE_BYTES',
    put: 'queue.bytes < 0',
    tests: RELAY,
  },
  {
    name: 'an end of a circuit takes part in what it was not told of',
    file: 'protocols/relay/circuit-ends.ts',
    find: '(!isOurs && !isTold)',
    put: '(!isOurs && told === null)',
    tests: RELAY,
  },
  {
    name: 'an answer may come over a connection where a circuit was offered',
    file: 'protocols/introduction/descriptions.ts',
    find: 'if (circuit?.id !== session.circuit?.id || circuit?.relay !== session.circuit?.relay) return []',
    put: '',
    tests: INTRODUCTION,
  },
  {
    name: 'a liar on the ring: a record is given to one holder alone',
    file: 'protocols/chord/publications.ts',
    find: 'given.length + 1 >= CHORD.putCopies',
    put: 'given.length + 1 >= 1',
    tests: SYBIL,
  },
  {
    name: 'a liar on the ring: its own record ends the search for providers',
    file: 'protocols/chord/searches.ts',
    find: "return criteria.by === 'infoHash' ? CHORD.putCopies : 1",
    put: "return criteria.by === 'infoHash' ? 1 : 1",
    tests: SYBIL,
  },
  {
    name: 'a liar on the ring: its silence is waited for',
    file: 'protocols/chord/relay.ts',
    find: 'if (patienceMs !== null)',
    put: 'if (patienceMs === -1)',
    tests: SYBIL,
  },
  {
    name: 'links of the systems take the places of shares',
    file: 'node/connector.ts',
    find: 'limit - links.carryingCount',
    put: 'limit - links.upCount',
    tests: CROWD,
  },
  {
    name: 'who has peers that lack the same looks for no others',
    file: 'node/share-entry.ts',
    find: "if (exchange.state.name === 'metadata') return true",
    put: 'if (exchange.links.size > 0) return false',
    tests: CROWD,
  },
  {
    name: 'the ring needs every link that there is',
    file: 'protocols/chord/chord.ts',
    find: '!this.#membership.isReleased(peer) || this.#context.isRingNeighbour(peer)',
    put: 'links.size > 0',
    tests: CROWD,
  },
  {
    name: 'calls are accepted for systems without room',
    file: 'protocols/introduction/door.ts',
    find: 'this.accepts(peer, systems)',
    put: 'peer.length > 0',
    tests: INTRODUCTION,
  },
  {
    name: 'a super node takes children without links to give away',
    file: 'protocols/kazaa/children.ts',
    find: 'this.load < CHILDREN_CAP && this.context.me.freeLinks > 0',
    put: 'this.load < CHILDREN_CAP',
    tests: KAZAA,
  },
  {
    name: 'a call that was lost is not repeated when the other side calls',
    file: 'protocols/introduction/introducer.ts',
    find: "return existing.stage === 'probing' ? this.#probe(existing, carrier, now) : undefined",
    put: 'return',
    tests: INTRODUCTION,
  },
  {
    name: 'an owner whom all list and nobody is linked with is passed over',
    file: 'protocols/chord/relay.ts',
    find: 'if (this.#context.now >= this.#context.seeksUntil) return false',
    put: 'if (this.#context.now >= 0) return false',
    tests: RING,
  },
  {
    name: 'a neighbour without room counts as unreachable',
    file: 'protocols/chord/membership.ts',
    find: 'refusals <= CHORD.refusals ? CHORD.refusedMs : CHORD.goneMs',
    put: 'refusals > 0 ? CHORD.goneMs : CHORD.refusedMs',
    tests: CHORD,
  },
  {
    name: 'a loss of a sixth of the links is no disaster',
    file: 'protocols/chord/disasters.ts',
    find: 'isFirst ? CHORD.disasterShare : CHORD.nextDisasterShare',
    put: 'isFirst ? CHORD.nextDisasterShare : CHORD.nextDisasterShare',
    tests: CHORD,
  },
  {
    name: 'runs of reads end anywhere',
    file: 'protocols/bittorrent/uploads.ts',
    find: '% (run * LIMITS.blockBytes) > 0',
    put: '>= 0',
    tests: FRAMES,
  },
  {
    name: 'what is asked for crosses the borders of frames',
    file: 'protocols/bittorrent/piece-picker.ts',
    find: 'const step = count >= MANY_BLOCKS ? LIMITS.blocksPerFrame : 1',
    put: 'const step = count > 0 ? 1 : LIMITS.blocksPerFrame',
    tests: FRAMES,
  },
]
