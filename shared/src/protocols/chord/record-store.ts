import type { PeerId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import type { PutOutcome } from './messages.ts'
import { nameOf, tagOf, type RingRecord } from './record.ts'

export interface StoredRecord {
  readonly record: RingRecord
  readonly tag: string
  /** When it is thrown away, by the clock that counts: a date that is set wrong for a while must not empty the store. */
  readonly until: number
  /** Peers that are known to hold this version. */
  readonly holders: Set<PeerId>
}

/** Room that one provider has, and all together. */
export interface Quotas {
  readonly perProvider: number
  readonly inAll: number
}

/** Verified records by key, the newest version of each. Every table is bounded. */
export class RecordStore {
  readonly #byName = new Map<string, StoredRecord>()
  readonly #byKey = new Map<string, Set<StoredRecord>>()
  readonly #byTag = new Map<string, StoredRecord>()
  readonly #counts = new Map<PeerId, number>()

  get size(): number {
    return this.#byName.size
  }

  all(): IterableIterator<StoredRecord> {
    return this.#byName.values()
  }

  byTag(tag: string): StoredRecord | undefined {
    return this.#byTag.get(tag)
  }

  /** Records of a key that are in force on a date. */
  at(key: string, date: number): StoredRecord[] {
    return [...(this.#byKey.get(key) ?? [])].filter(
      ({ record }) => record.kind !== 'withdrawn' && record.expiresAt > date,
    )
  }

  /** Is there a version that is as new or newer? */
  hasNewer(record: RingRecord): boolean {
    const known = this.#byName.get(nameOf(record))
    return known !== undefined && known.record.sequence >= record.sequence
  }

  /**
   * Keeps a verified record. When there is no room, others make way that are not ours to keep, then, for the
   * record of a share, those of words of the same provider. `until`: see {@link StoredRecord}; left out, both clocks agree.
   */
  put(
    record: RingRecord,
    quotas: Quotas,
    keeps: (key: string) => boolean,
    until = record.expiresAt,
  ): PutOutcome {
    if (this.hasNewer(record)) return 'older'
    this.#remove(this.#byName.get(nameOf(record)))
    const ofProvider = () => this.#counts.get(record.provider) ?? 0
    // More than one too many: the quota shrinks as the ring grows.
    this.#makeRoom(record, 1 + ofProvider() - quotas.perProvider)
    if (this.size >= quotas.inAll) this.#removeWhere((stored) => !keeps(stored.record.key))
    if (ofProvider() >= quotas.perProvider || this.size >= quotas.inAll) return 'full'
    const stored: StoredRecord = { record, tag: tagOf(record), until, holders: new Set() }
    this.#byName.set(nameOf(record), stored)
    this.#byTag.set(stored.tag, stored)
    const atKey = this.#byKey.get(record.key) ?? new Set()
    this.#byKey.set(record.key, atKey.add(stored))
    this.#counts.set(record.provider, ofProvider() + 1)
    return 'stored'
  }

  expire(now: number): void {
    this.#removeWhere(({ until }) => until <= now)
  }

  /** A word of a provider makes way for its shares, and a withdrawal for anything. */
  #makeRoom(record: RingRecord, count: number): void {
    if (count <= 0) return
    const rank = { provider: 2, word: 1, withdrawn: 0 }
    const lesser = [...this.#byName.values()].filter(
      ({ record: other }) => other.provider === record.provider && rank[other.kind] < rank[record.kind],
    )
    for (const stored of lesser.slice(0, count)) this.#remove(stored)
  }

  #removeWhere(isUnwanted: (stored: StoredRecord) => boolean): void {
    for (const stored of [...this.#byName.values()]) if (isUnwanted(stored)) this.#remove(stored)
  }

  #remove(stored: StoredRecord | undefined): void {
    if (stored === undefined) return
    const { record, tag } = stored
    this.#byName.delete(nameOf(record))
    if (this.#byTag.get(tag) === stored) this.#byTag.delete(tag)
    const atKey = this.#byKey.get(record.key)
    atKey?.delete(stored)
    if (atKey?.size === 0) this.#byKey.delete(record.key)
    const count = (this.#counts.get(record.provider) ?? 1) - 1
    if (count === 0) this.#counts.delete(record.provider)
    else this.#counts.set(record.provider, count)
  }
}

/**
 * A provider's share of a node's table: the fixed quota, or in a small ring, where every node keeps everything,
 * an equal part of the table if that is more.
 */
export function quotasFor(size: number): Quotas {
  const equalPart = Math.floor(LIMITS.records / Math.max(1, size))
  return { perProvider: Math.max(LIMITS.recordsPerProvider, equalPart), inAll: LIMITS.records }
}
