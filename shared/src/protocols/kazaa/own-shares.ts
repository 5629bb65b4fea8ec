import { fairParts } from '../../discovery/fair-parts.ts'
import type { Listing } from '../../discovery/listing.ts'
import type { FileRoot, InfoHash } from '../../kernel/ids.ts'
import { EVEN_OUT_MS, LISTINGS_PER_CHILD, SHARES_PER_CHILD } from './constants.ts'
import type { SharePart } from './messages.ts'
import { ShareTable } from './share-table.ts'

/** What we share, and what of it super nodes are told: they take so many files of one peer, of which each share has its part. */
export class OwnShares {
  readonly #shares = new Map<InfoHash, readonly Listing[]>()
  readonly #told = new ShareTable()
  #evenOutAt = Infinity

  has(infoHash: InfoHash): boolean {
    return this.#shares.has(infoHash)
  }

  /** Whether it is offered by its words, told or not: files of unlisted shares are not. */
  lists(infoHash: InfoHash, root: FileRoot): boolean {
    return this.#shares.get(infoHash)?.some((listing) => listing.root === root) ?? false
  }

  /** @returns what is told of it at once, as far as there is room; the rest comes when the parts are evened out. */
  publish({ infoHash, listings }: SharePart, now: number): SharePart | null {
    this.#shares.set(infoHash, listings)
    this.#told.remove(infoHash)
    const taken = this.#told.add({ infoHash, listings })
    this.#changed(now)
    return taken
  }

  withdraw(infoHash: InfoHash, now: number): void {
    this.#shares.delete(infoHash)
    this.#told.remove(infoHash)
    this.#changed(now)
  }

  /** What super nodes are told. */
  parts(): SharePart[] {
    return this.#told.parts()
  }

  /** Fingerprint of that. */
  digest(): string {
    return this.#told.digest()
  }

  wakeAt(): number {
    return this.#evenOutAt
  }

  /** @returns shares of which other files are told from now on, those first that make room. */
  wake(now: number): SharePart[] {
    if (now < this.#evenOutAt) return []
    this.#evenOutAt = Infinity
    const uneven = this.#uneven().sort((a, b) => b.told - b.part - (a.told - a.part))
    const changed: SharePart[] = []
    for (const { infoHash, part } of uneven) {
      this.#told.remove(infoHash)
      const listings = this.#shares.get(infoHash)?.slice(0, part) ?? []
      changed.push(this.#told.add({ infoHash, listings }) ?? { infoHash, listings: [] })
    }
    return changed
  }

  /** Not at once: often many shares come one after the other, and each would make all others anew. */
  #changed(now: number): void {
    if (this.#uneven().length === 0) this.#evenOutAt = Infinity
    else this.#evenOutAt = Math.min(this.#evenOutAt, now + EVEN_OUT_MS)
  }

  /** Shares of which less or more is told than their part. */
  #uneven(): { readonly infoHash: InfoHash; readonly told: number; readonly part: number }[] {
    const shares = [...this.#shares].slice(0, SHARES_PER_CHILD)
    const wanted = shares.map(([, listings]) => listings.length)
    const parts = fairParts(wanted, LISTINGS_PER_CHILD)
    return shares
      .map(([infoHash], index) => ({
        infoHash,
        told: this.#told.countOf(infoHash) ?? -1,
        part: parts[index] ?? 0,
      }))
      .filter(({ told, part }) => told !== part)
  }
}
