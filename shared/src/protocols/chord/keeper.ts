import type { PeerId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { matches, wordsOf, areQueryWords } from '../../discovery/words.ts'
import { CHORD } from './constants.ts'
import type { ChordContext } from './context.ts'
import type { Answer, Ask, PutOutcome } from './messages.ts'
import { providerKey, wordKey } from './position.ts'
import { isPlausible, nameOf, recordFormat, signedText, type RingRecord } from './record.ts'
import { RecordQueue } from './record-queue.ts'
import { quotasFor, RecordStore, type StoredRecord } from './record-store.ts'

/** How often expired records are thrown away; our choice. */
const SWEEP_MS = 30_000

/** Keeps the records of the keys that fall to us, and their copies on our successors. */
export class Keeper {
  readonly store = new RecordStore()
  readonly #context: ChordContext
  readonly #queue: RecordQueue
  #repairAt = Infinity
  #sweepAt: number
  #changedAt = Infinity
  #lastChange = -Infinity

  constructor(context: ChordContext) {
    this.#context = context
    this.#sweepAt = context.now + SWEEP_MS
    this.#queue = new RecordQueue(
      () => context.checksUnderWay < CHORD.pendingChecks - CHORD.checksKeptFree,
      (record, holder, done) => {
        this.admit(record, holder, done)
      },
    )
  }

  wakeAt(): number {
    const sweepAt = this.store.size > 0 ? this.#sweepAt : Infinity
    const repairAt = this.#context.maintenance === 'paused' ? Infinity : this.#repairAt
    return Math.min(repairAt, sweepAt, this.#changedAt)
  }

  wake(): void {
    const { now } = this.#context
    if (this.#sweepAt <= now) {
      this.#sweepAt = now + SWEEP_MS
      const before = this.store.size
      this.store.expire(now)
      if (this.store.size < before) this.#changed()
    }
    if (this.#repairAt <= now && this.#context.maintenance === 'running') this.#repair()
    if (this.#changedAt <= now) {
      this.#changedAt = Infinity
      this.#lastChange = now
      this.#context.emit({ type: 'recordsChanged' })
    }
  }

  /** The lists or the links have changed: copies may be missing somewhere. */
  holdersChanged(): void {
    if (this.store.size > 0)
      this.#repairAt = Math.min(this.#repairAt, this.#context.now + CHORD.repairDelayMs)
  }

  /** The owner's answer to what came with a question. */
  answer(ask: Ask, reply: (answer: Answer) => void): void {
    const { date } = this.#context
    switch (ask.type) {
      case 'locate':
        return reply({ type: 'located' })
      case 'getProviders':
        return reply(this.#records(this.store.at(providerKey(ask.infoHash), date), ask.limit, () => true))
      case 'getFiles':
        return reply(this.#files(ask.words, ask.limit))
      case 'put':
        return this.admit(ask.record, null, (outcome) => {
          reply({ type: 'put', outcome })
        })
    }
  }

  /** Checks a record and keeps it if it is in order. @param holder who has it, too. */
  admit(record: RingRecord, holder: PeerId | null, done: (outcome: PutOutcome) => void): void {
    const context = this.#context
    if (!isPlausible(record, context.date, context.isKeyOf)) return done('bad')
    if (this.store.hasNewer(record)) {
      this.#noteHolder(record, holder)
      return done('older')
    }
    const isTaken = context.check(record.publicKey, signedText(record), record.signature, (isValid) => {
      if (!isValid) return done('bad')
      const until = context.now + record.expiresAt - context.date
      const quotas = quotasFor(context.sizeEstimate())
      const outcome = this.store.put(record, quotas, (key) => context.keeps(key), until)
      if (outcome === 'stored') this.#stored(record, holder)
      done(outcome)
    })
    if (!isTaken) done('full')
  }

  /** Records that another node offers: what is missing is asked for. */
  offered(from: PeerId, tags: readonly string[]): void {
    const lacking = tags.filter((tag) => {
      const known = this.store.byTag(tag)
      known?.holders.add(from)
      return known === undefined
    })
    if (lacking.length > 0) this.#context.send(from, { type: 'want', tags: lacking })
  }

  wanted(from: PeerId, tags: readonly string[]): void {
    const budget = this.#context.links.get(from)?.records
    const wanted = [...new Set(tags)].flatMap((tag) => this.store.byTag(tag) ?? [])
    this.#sendRecords(
      from,
      wanted.filter(() => budget?.take(1, this.#context.now) === true),
    )
  }

  received(from: PeerId, records: readonly RingRecord[]): void {
    for (const record of records)
      if (this.#context.keeps(record.key) || this.#context.phase !== 'member') this.#queue.add(record, from)
  }

  /** Records of an earlier life of this node. */
  restored(records: readonly RingRecord[]): void {
    for (const record of records) this.#queue.add(record, null)
  }

  linkDown(peer: PeerId): void {
    for (const { holders } of this.store.all()) holders.delete(peer)
  }

  /** Goodbye: what the next in line may lack goes to them at once. */
  handOver(): void {
    for (const peer of this.#successorLinks()) {
      const lacking = [...this.store.all()].filter(
        ({ record, holders }) => this.#context.owns(record.key) && !holders.has(peer),
      )
      this.#sendRecords(peer, lacking)
    }
  }

  snapshot(): RingRecord[] {
    return [...[...this.store.all()].map(({ record }) => record), ...this.#queue.restored()]
  }

  #files(words: readonly string[], limit: number): Answer {
    const indexWord = areQueryWords(words) ? rarestOf(words) : null
    if (indexWord === null) return { type: 'records', records: [] }
    const found = this.store.at(wordKey(indexWord), this.#context.date)
    return this.#records(found, limit, ({ listing }) => {
      return listing !== null && matches(wordsOf(listing.name), words)
    })
  }

  /** As many as fit into one message. */
  #records(from: Iterable<StoredRecord>, limit: number, isWanted: (record: RingRecord) => boolean): Answer {
    const records: RingRecord[] = []
    let bytes = 0
    for (const { record } of from) {
      if (records.length >= Math.min(limit, LIMITS.hitsPerNode)) break
      if (!isWanted(record)) continue
      bytes += recordFormat.size(record)
      if (bytes > CHORD.recordBytesPerMessage) break
      records.push(record)
    }
    return { type: 'records', records }
  }

  #stored(record: RingRecord, holder: PeerId | null): void {
    this.#noteHolder(record, holder)
    this.#repairAt = Math.min(this.#repairAt, this.#context.now + CHORD.repairDelayMs)
    this.#changed()
  }

  #noteHolder(record: RingRecord, holder: PeerId | null): void {
    if (holder === null) return
    for (const stored of this.store.at(record.key, this.#context.date))
      if (nameOf(stored.record) === nameOf(record) && stored.record.sequence === record.sequence)
        stored.holders.add(holder)
  }

  #changed(): void {
    const earliest = Math.max(this.#context.now, this.#lastChange + CHORD.recordsChangedMs)
    this.#changedAt = Math.min(this.#changedAt, earliest)
  }

  /**
   * Each record that we own is offered to the successors that should hold it; one that we don't own any longer
   * to our predecessor, which is nearer to its owner.
   */
  #repair(): void {
    this.#repairAt = Infinity
    if (this.#context.phase !== 'member') return
    const offers = new Map<PeerId, string[]>()
    const offer = (peer: PeerId, { tag, holders }: StoredRecord) => {
      if (holders.has(peer)) return
      holders.add(peer)
      const tags = offers.get(peer) ?? []
      offers.set(peer, tags)
      tags.push(tag)
    }
    const successors = this.#successorLinks()
    const predecessor = this.#context.predecessors.head
    for (const stored of this.store.all()) {
      if (stored.record.expiresAt <= this.#context.date) continue
      if (this.#context.owns(stored.record.key)) for (const peer of successors) offer(peer, stored)
      else if (predecessor !== undefined && this.#context.links.has(predecessor)) offer(predecessor, stored)
    }
    for (const [peer, tags] of offers)
      for (let i = 0; i < tags.length; i += CHORD.tagsPerOffer)
        this.#context.send(peer, { type: 'offer', tags: tags.slice(i, i + CHORD.tagsPerOffer) })
  }

  #successorLinks(): PeerId[] {
    const next = this.#context.successors.peers.slice(0, CHORD.replicas - 1)
    return next.filter((peer) => this.#context.links.has(peer))
  }

  #sendRecords(to: PeerId, stored: readonly StoredRecord[]): void {
    let [batch, bytes]: [RingRecord[], number] = [[], 0]
    const flush = () => {
      if (batch.length > 0) this.#context.send(to, { type: 'store', records: batch })
      ;[batch, bytes] = [[], 0]
    }
    for (const { record } of stored) {
      const size = recordFormat.size(record)
      if (bytes + size > CHORD.recordBytesPerMessage || batch.length >= CHORD.recordsPerMessage) flush()
      batch.push(record)
      bytes += size
    }
    flush()
  }
}

/**
 * The word by which files are looked up: the longest, since long words are rare. The last of several words may
 * be the beginning of one, so it is taken only when it is alone.
 */
export function rarestOf(words: readonly string[]): string | null {
  const whole = words.length > 1 ? words.slice(0, -1) : words
  let best: string | null = null
  for (const word of whole) if (best === null || word.length > best.length) best = word
  return best
}
