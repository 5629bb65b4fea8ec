import { createHash } from 'node:crypto'
import { mergeHits, type Hit, type Listing } from '@ringdrop/shared/discovery/listing.ts'
import { wordsOf } from '@ringdrop/shared/discovery/words.ts'
import type { InfoHash, PeerId } from '@ringdrop/shared/kernel/ids.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import { CHANGES_PER_UPDATE, PROVIDERS, RESULTS } from '@ringdrop/shared/protocols/directory/constants.ts'
import {
  countSchema as count,
  fileRootSchema,
  infoHashSchema,
  peerIdSchema,
} from '@ringdrop/shared/wire/schemas.ts'
import type {
  DirectorySearchRequest,
  DirectorySearchResponse,
  DirectoryUpdateRequest,
  DirectoryUpdateResponse,
} from '@ringdrop/shared/wire/signaling.ts'
import * as v from 'valibot'
import type { DirectoryRole } from '../../roles/directory.ts'
import type { Directory, Reply } from '../../roles/roles.ts'
import { SCRIPTS } from './scripts.ts'
import type { SharedState } from './shared-state.ts'

/** Listings looked at for one query, as in memory (`WordIndex`). */
const LOOKED_AT = 3_000
/** Digits of a file's id in the index: 132 bits of SHA-256. Our choice. */
const ID_DIGITS = 22

const listingSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.strictObject({ root: fileRootSchema, infoHash: infoHashSchema, name: v.string(), sizeBytes: count }),
)
const hitsSchema = v.array(v.tuple([listingSchema, count, v.array(peerIdSchema)]))
const peersSchema = v.array(peerIdSchema)
const listed = v.picklist([0, 1])

/**
 * The directory of several servers. Each keeps its own peers' files in memory, checks their updates there and
 * searches there while Redis is away; else the index in Redis answers, which has the files of all.
 */
export class SharedDirectory implements Directory {
  /** Peers of which Redis did not take something, out of memory for example; whether it is to forget what it has of them. */
  readonly #unsaid = new Map<PeerId, 'add' | 'reset'>()

  constructor(
    readonly own: DirectoryRole,
    readonly shared: SharedState,
    /** Bytes of Redis's memory that it may take. */
    readonly room: number,
  ) {}

  get sizes(): Directory['sizes'] {
    return this.own.sizes
  }

  update(
    from: PeerId,
    address: string | null,
    request: DirectoryUpdateRequest,
    reply: Reply<DirectoryUpdateResponse>,
  ): void {
    const before = new Set(request.reset ? [] : this.own.sharesOf(from).keys())
    for (const infoHash of request.withdraw) before.delete(infoHash)
    this.own.update(from, address, request, (answer) => {
      void this.#update(from, request, before).then((result) => {
        if (result === 'full' && answer.ok) reply({ ok: false, code: 'full' })
        else reply(answer)
      })
    })
  }

  search(from: PeerId, request: DirectorySearchRequest, reply: Reply<DirectorySearchResponse>): void {
    void this.#search(from, request).then((answer) => {
      if (answer !== null) reply(answer)
      else this.own.search(from, request, reply)
    })
  }

  peerGone(peer: PeerId): void {
    this.#unsaid.delete(peer)
    this.own.peerGone(peer)
  }

  stop(): void {
    this.own.stop()
  }

  /** Says again what a peer of this server lists. */
  async publish(peer: PeerId): Promise<void> {
    this.#unsaid.delete(peer)
    const shares = [...this.own.sharesOf(peer)]
    const results = await Promise.all(shares.map((share) => this.#list(peer, ...share)))
    if (results.includes('full') && !this.#unsaid.has(peer)) this.#unsaid.set(peer, 'add')
  }

  /**
   * Says again what Redis did not take; not the rest when it takes nothing yet.
   * @param isHere whether a peer has a socket here; others are forgotten
   */
  async repair(isHere: (peer: PeerId) => boolean): Promise<void> {
    for (const [peer, what] of [...this.#unsaid]) {
      this.#unsaid.delete(peer)
      if (!isHere(peer)) continue
      if (what === 'reset') await this.#withdraw(peer, true, [])
      if (!this.#unsaid.has(peer)) await this.publish(peer)
      if (this.#unsaid.has(peer)) return
    }
  }

  async #withdraw(peer: PeerId, isReset: boolean, shares: readonly InfoHash[]): Promise<void> {
    const args = [this.shared.server, peer, isReset ? 1 : 0, ...shares]
    if ((await this.shared.ask(SCRIPTS.withdraw, args, listed)) === null) this.#unsaid.set(peer, 'reset')
  }

  /**
   * Does in Redis what the own core has done: it may have left out what is too much or there already.
   * @param known shares that Redis has from before
   */
  async #update(
    from: PeerId,
    { reset, add, withdraw }: DirectoryUpdateRequest,
    known: Set<InfoHash>,
  ): Promise<'done' | 'full'> {
    const kept = this.own.sharesOf(from)
    const steps: Promise<'done' | 'full'>[] = []
    if (reset || withdraw.length > 0) steps.push(this.#withdraw(from, reset, withdraw).then(() => 'done'))
    for (const { infoHash, listings } of add) {
      const taken = listings.filter((each) => this.own.holds(from, each))
      if (!kept.has(infoHash) || (known.has(infoHash) && taken.length === 0)) continue
      known.add(infoHash)
      steps.push(this.#list(from, infoHash, taken))
    }
    return (await Promise.all(steps)).includes('full') ? 'full' : 'done'
  }

  async #list(peer: PeerId, infoHash: InfoHash, listings: readonly Listing[]): Promise<'done' | 'full'> {
    const parts: Promise<0 | 1 | null>[] = []
    const address = this.own.addressOf(peer) ?? ''
    // At least once, so that an unlisted share has its provider too.
    for (let at = 0; at === 0 || at < listings.length; at += CHANGES_PER_UPDATE) {
      const files = listings.slice(at, at + CHANGES_PER_UPDATE).flatMap(entryOf)
      const args = [this.shared.server, peer, infoHash, this.room, address, ...files]
      parts.push(this.shared.ask(SCRIPTS.list, args, listed))
    }
    const answers = await Promise.all(parts)
    if (answers.includes(null) && !this.#unsaid.has(peer)) this.#unsaid.set(peer, 'add')
    return answers.includes(0) ? 'full' : 'done'
  }

  async #search(
    from: PeerId,
    { criteria, limit }: DirectorySearchRequest,
  ): Promise<DirectorySearchResponse | null> {
    if (criteria.by === 'infoHash') {
      const args = [from, criteria.infoHash, PROVIDERS]
      const peers = await this.shared.ask(SCRIPTS.providers, args, peersSchema)
      return peers === null ? null : { ok: true, hits: [], peers }
    }
    const most = Math.min(limit, RESULTS)
    const args = [from, most, LOOKED_AT, LIMITS.providersPerHit, ...criteria.words]
    const found = await this.shared.ask(SCRIPTS.search, args, hitsSchema)
    if (found === null) return null
    const hits = mergeHits(found.map(([listing, , providers]): Hit => ({ listing, providers })))
    return {
      ok: true,
      hits: hits.map(({ listing, providers }) => ({
        listing,
        providers: providers.slice(0, LIMITS.providersPerHit),
      })),
      peers: [],
    }
  }
}

/** Id, words and text of a listing, as the index has it. Who lists a file under another name makes another entry. */
function entryOf(listing: Listing): [string, string, string] {
  const { root, infoHash, name, sizeBytes } = listing
  const text = JSON.stringify({ root, infoHash, name, sizeBytes })
  const id = createHash('sha256').update(text).digest('base64url').slice(0, ID_DIGITS)
  return [id, ` ${wordsOf(name).join(' ')} `, text]
}
