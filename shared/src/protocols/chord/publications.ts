import type { InfoHash, PeerId } from '../../kernel/ids.ts'
import { fairParts } from '../../discovery/fair-parts.ts'
import type { Listing } from '../../discovery/listing.ts'
import { CHORD } from './constants.ts'
import type { ChordContext } from './context.ts'
import type { Lookups } from './lookups.ts'
import { partsOf, wordCountOf, type Part } from './parts.ts'
import { nameOf, signedText, type RingRecord } from './record.ts'

/** One record of ours, of which version after version is put into the ring. */
interface Publication {
  readonly name: string
  readonly key: string
  readonly infoHash: InfoHash
  readonly listing: Listing | null
  kind: RingRecord['kind']
  /** Until when others may have a version that is not withdrawn. */
  heldUntil: number
  /** When the next version is due. */
  dueAt: number
  state: 'waiting' | 'signing' | 'putting'
  sequence: number
}

/** Our own records: signed, put into the ring, and put again before they expire, each at its own time. */
export class Publications {
  readonly #context: ChordContext
  readonly #lookups: Lookups
  /** What is to be told, share by share; where there is no room for all words each share has its part. */
  readonly #shares = new Map<InfoHash, { readonly listings: readonly Listing[]; readonly words: number }>()
  readonly #byName = new Map<string, Publication>()
  readonly #signing = new Map<number, { publication: Publication; unsigned: Omit<RingRecord, 'signature'> }>()
  #putting = 0
  #nextPutAt = 0
  #earliest = Infinity

  constructor(context: ChordContext, lookups: Lookups) {
    this.#context = context
    this.#lookups = lookups
  }

  wakeAt(): number {
    if (this.#putting >= CHORD.putsAtOnce || this.#context.phase === 'joining') return Infinity
    return Math.max(this.#earliest, this.#nextPutAt)
  }

  publish(infoHash: InfoHash, listings: readonly Listing[]): void {
    this.#shares.set(infoHash, { listings, words: wordCountOf(listings) })
    const live = this.#live()
    const before = live.get(infoHash) ?? []
    const parts = new Map<string, Part>()
    if (before.length > 0)
      for (const part of partsOf(infoHash, listings)) parts.set(this.#nameOf(infoHash, part), part)
    for (const publication of before) {
      const part = parts.get(publication.name)
      if (part === undefined) this.#withdraw(publication)
      else if (part.listing?.name !== publication.listing?.name) this.#add(infoHash, part)
    }
    this.#fill(before.length === 0 ? live : this.#live())
  }

  withdraw(infoHash: InfoHash): void {
    this.#shares.delete(infoHash)
    const live = this.#live()
    for (const publication of live.get(infoHash) ?? []) this.#withdraw(publication)
    this.#fill(live)
  }

  /** Everything is put again within this time: we are new in a ring, or much of it is gone. */
  putAllWithin(spreadMs: number): void {
    const { now, rng } = this.#context
    for (const publication of this.#byName.values())
      publication.dueAt = Math.min(publication.dueAt, now + Math.round(rng.float() * spreadMs))
    this.#settle()
  }

  wake(): void {
    const { now, phase } = this.#context
    if (this.wakeAt() > now || phase === 'joining') return
    for (const publication of this.#byName.values()) {
      if (publication.state !== 'waiting' || publication.dueAt > now) continue
      this.#nextPutAt = now + CHORD.putGapMs
      this.#sign(publication)
      break
    }
    this.#settle()
  }

  signed(ticket: number, signature: string): void {
    const pending = this.#signing.get(ticket)
    this.#signing.delete(ticket)
    if (pending === undefined) return
    const { publication, unsigned } = pending
    publication.state = 'putting'
    this.#put(publication, { ...unsigned, signature }, [], false)
  }

  /**
   * Gives the record to one holder of its key after the other. The first would see to the rest, but may be one that
   * throws it away: copies that we hand over ourselves don't depend on it.
   * @param given those who answered so far; @param isTaken whether one of them kept it.
   */
  #put(publication: Publication, record: RingRecord, given: readonly PeerId[], isTaken: boolean): void {
    this.#lookups.start({
      key: record.key,
      ask: { type: 'put', record },
      avoid: given,
      done: ({ owner, answer }) => {
        const isKept = isTaken || (answer?.type === 'put' && answer.outcome !== 'full')
        const isLast = owner === null || given.includes(owner) || given.length + 1 >= CHORD.putCopies
        const isLonely = given.length >= this.#context.successors.peers.length
        if (isLast || isLonely) this.#putEnded(publication, isKept)
        else this.#put(publication, record, [...given, owner], isKept)
      },
    })
  }

  /** Gives each share its part of the room: what is too much is taken back, and what was left out is told. */
  #fill(live: ReadonlyMap<InfoHash, readonly Publication[]>): void {
    const shares = [...this.#shares].slice(0, CHORD.publications)
    const wanted = shares.map(([, { words }]) => words)
    const words = fairParts(wanted, CHORD.publications - shares.length)
    shares.forEach(([infoHash, { listings }], index) => {
      const allowed = 1 + (words[index] ?? 0)
      const told = live.get(infoHash) ?? []
      // Those who hold our records have no more room for them than we.
      for (const publication of told.slice(allowed)) this.#withdraw(publication)
      let lacking = allowed - told.length
      if (lacking <= 0) return
      for (const part of partsOf(infoHash, listings)) {
        if (lacking <= 0) return
        const known = this.#byName.get(this.#nameOf(infoHash, part))
        if (known !== undefined && known.kind !== 'withdrawn') continue
        this.#add(infoHash, part)
        lacking--
      }
    })
    const withdrawn = [...this.#byName.values()].filter(({ kind }) => kind === 'withdrawn')
    for (const { name } of withdrawn.slice(0, -CHORD.publications)) this.#byName.delete(name)
    this.#settle()
  }

  /** What is told of each share, that we have it before any word. */
  #live(): Map<InfoHash, Publication[]> {
    const live = new Map<InfoHash, Publication[]>()
    for (const publication of this.#byName.values()) {
      if (publication.kind === 'withdrawn') continue
      const ofShare = live.get(publication.infoHash) ?? []
      live.set(publication.infoHash, ofShare)
      if (publication.listing === null) ofShare.unshift(publication)
      else ofShare.push(publication)
    }
    return live
  }

  #nameOf(infoHash: InfoHash, { key, listing }: Part): string {
    return nameOf({ key, provider: this.#context.self, infoHash, listing })
  }

  /** Begins a publication, or takes the place of one that was withdrawn or had another name. */
  #add(infoHash: InfoHash, { key, listing }: Part): void {
    const name = this.#nameOf(infoHash, { key, listing })
    const { sequence, heldUntil } = this.#byName.get(name) ?? { sequence: 0, heldUntil: -Infinity }
    const kind = listing === null ? 'provider' : 'word'
    const known = { sequence, heldUntil, dueAt: this.#context.now }
    this.#byName.set(name, { name, key, infoHash, listing, kind, state: 'waiting', ...known })
  }

  #withdraw(publication: Publication): void {
    if (publication.kind === 'withdrawn') return
    publication.kind = 'withdrawn'
    publication.dueAt = this.#context.now
    if (publication.sequence === 0 && publication.state === 'waiting') this.#byName.delete(publication.name)
  }

  #sign(publication: Publication): void {
    const { date, self, key: publicKey } = this.#context
    const { key, kind, infoHash, listing } = publication
    publication.state = 'signing'
    // A number from the future was given while the clock was wrong, and others took no record with it.
    const last = publication.sequence > date + CHORD.clockSkewMs ? 0 : publication.sequence
    // Clocks of browsers have fractions of milliseconds; records travel as whole ones.
    publication.sequence = Math.max(Math.floor(date), last + 1)
    publication.dueAt = this.#nextDue()
    if (kind !== 'withdrawn' && this.#context.phase === 'member')
      publication.heldUntil = this.#context.now + CHORD.recordLifeMs
    this.#putting++
    const unsigned = {
      key,
      kind,
      infoHash,
      listing,
      provider: self,
      publicKey,
      sequence: publication.sequence,
      expiresAt: Math.floor(date) + CHORD.recordLifeMs,
    }
    const ticket = this.#context.ticket()
    this.#signing.set(ticket, { publication, unsigned })
    this.#context.emit({ type: 'sign', ticket, text: signedText(unsigned) })
  }

  #putEnded(publication: Publication, isDone: boolean): void {
    this.#putting--
    publication.state = 'waiting'
    if (!isDone) publication.dueAt = Math.min(publication.dueAt, this.#context.now + CHORD.putRetryMs)
    else if (publication.kind === 'withdrawn' && publication.dueAt > this.#context.now) {
      // One that only we heard of is for those who are linked again while they may still have what it takes back.
      if (this.#context.phase !== 'member' && publication.heldUntil > this.#context.now)
        publication.dueAt = publication.heldUntil
      // It may have been published anew meanwhile.
      else if (this.#byName.get(publication.name) === publication) this.#byName.delete(publication.name)
    }
    this.#settle()
  }

  #nextDue(): number {
    const spread = 1 - CHORD.republishSpread + 2 * CHORD.republishSpread * this.#context.rng.float()
    return this.#context.now + Math.round(CHORD.republishMs * spread)
  }

  #settle(): void {
    this.#earliest = Infinity
    for (const { state, dueAt } of this.#byName.values())
      if (state === 'waiting') this.#earliest = Math.min(this.#earliest, dueAt)
  }
}
