import * as v from 'valibot'
import { parseInfoHash, type InfoHash, type PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { StoredIdentity } from './identity.ts'
import {
  identitySchema,
  limitsSchema,
  nearbySchema,
  ringSchema,
  settingsSchema,
  shareSchema,
  spanSchema,
  storedPeers,
  type StoredLimits,
  type StoredNearby,
  type StoredOverlays,
  type StoredSettings,
  type StoredShare,
  type StoredSpan,
} from './stored-state.ts'
import type { Values } from './values.ts'

/** State of this profile. Entries that don't read back as themselves are dropped. */
export class StateStore {
  readonly #values: Values
  /** Writes of spans that wait for the next batch: one transaction each would be slow. */
  #pendingSpans: [string, StoredSpan][] = []
  #turn: Promise<void> = Promise.resolve()
  #flush: Promise<void> | null = null

  constructor(values: Values) {
    this.#values = values
  }

  async identity(): Promise<StoredIdentity | null> {
    const parsed = v.safeParse(identitySchema, await this.#values.get('identity'))
    return parsed.success ? parsed.output : null
  }

  async saveIdentity(identity: StoredIdentity): Promise<void> {
    await this.#values.set('identity', identity)
  }

  async limits(): Promise<StoredLimits> {
    const parsed = v.safeParse(limitsSchema, await this.#values.get('limits'))
    return parsed.success ? parsed.output : { uploadRate: null, downloadRate: null }
  }

  async saveLimits(limits: StoredLimits): Promise<void> {
    await this.#values.set('limits', limits)
  }

  async settings(): Promise<StoredSettings> {
    const stored: unknown = (await this.#values.get('settings')) ?? {}
    const parsed = v.safeParse(settingsSchema, stored)
    return parsed.success ? parsed.output : v.parse(settingsSchema, {})
  }

  async saveSettings(settings: StoredSettings): Promise<void> {
    await this.#values.set('settings', settings)
  }

  async nearby(): Promise<StoredNearby> {
    const parsed = v.safeParse(nearbySchema, await this.#values.get('nearby'))
    return parsed.success ? parsed.output : { isOn: false, name: '' }
  }

  async saveNearby(nearby: StoredNearby): Promise<void> {
    await this.#values.set('nearby', nearby)
  }

  async overlays(): Promise<StoredOverlays> {
    const ring = v.safeParse(ringSchema, await this.#values.get('ring'))
    const hostCache = v.safeParse(storedPeers, await this.#values.get('hostCache'))
    return {
      peers: ring.success ? ring.output.peers : [],
      records: ring.success ? ring.output.records : [],
      hostCache: hostCache.success ? hostCache.output : [],
    }
  }

  async saveRing(ring: Pick<StoredOverlays, 'peers' | 'records'>): Promise<void> {
    await this.#values.set('ring', ring)
  }

  async saveHostCache(hostCache: readonly PeerId[]): Promise<void> {
    await this.#values.set('hostCache', hostCache)
  }

  /** All shares with their spans, oldest first. */
  async shares(): Promise<{ share: StoredShare; spans: StoredSpan[] }[]> {
    const shares = new Map<string, { share: StoredShare; spans: StoredSpan[] }>()
    const all = await this.#values.entries()
    for (const [key, value] of all) {
      const parsed = key.startsWith('share:') ? v.safeParse(shareSchema, value) : null
      if (parsed?.success === true) shares.set(parsed.output.infoHash, { share: parsed.output, spans: [] })
    }
    for (const [key, value] of all) {
      if (!key.startsWith('span:')) continue
      const parsed = v.safeParse(spanSchema, value)
      const owner = shares.get(key.split(':')[1] ?? '')
      if (parsed.success && owner !== undefined) owner.spans.push(parsed.output)
    }
    return [...shares.values()].sort((a, b) => a.share.addedAt - b.share.addedAt)
  }

  async saveShare(share: StoredShare): Promise<void> {
    await this.#values.set(`share:${share.infoHash}`, share)
  }

  async updateShare(infoHash: InfoHash, change: Partial<StoredShare>): Promise<void> {
    await this.#inTurn(async () => {
      const share = await this.share(infoHash)
      if (share !== null) await this.saveShare({ ...share, ...change })
    })
  }

  async share(infoHash: InfoHash): Promise<StoredShare | null> {
    const parsed = v.safeParse(shareSchema, await this.#values.get(`share:${infoHash}`))
    return parsed.success ? parsed.output : null
  }

  saveSpan(infoHash: InfoHash, span: StoredSpan): Promise<void> {
    this.#pendingSpans.push([`span:${infoHash}:${span.root}:${String(span.span)}`, span])
    this.#flush ??= this.#writeSpans()
    return this.#flush
  }

  async removeShare(infoHash: InfoHash): Promise<void> {
    // Whoever wrote them hears of spans that could not be written.
    await this.#flush?.catch(() => undefined)
    await this.#inTurn(async () => {
      const keys = await this.#values.keys()
      await this.#values.deleteMany([
        ...keys.filter((key) => key.startsWith(`span:${infoHash}:`)),
        `share:${infoHash}`,
      ])
    })
  }

  /** Shares that are written down. */
  async infoHashes(): Promise<InfoHash[]> {
    const keys = await this.#values.keys()
    return keys.flatMap((key) => (key.startsWith('share:') ? (parseInfoHash(key.slice(6)) ?? []) : []))
  }

  /**
   * Deletes spans whose share was never written down, or is no more.
   * @param isWanted shares that may still be written down; asked once it is known what there is
   */
  async sweepSpans(isWanted: (infoHash: InfoHash) => boolean): Promise<void> {
    const keys = await this.#values.keys()
    const written = new Set(keys.filter((key) => key.startsWith('share:')).map((key) => key.slice(6)))
    const lost = keys.filter((key) => {
      const infoHash = key.startsWith('span:') ? parseInfoHash(key.split(':')[1] ?? '') : null
      return infoHash !== null && !written.has(infoHash) && !isWanted(infoHash)
    })
    await this.#values.deleteMany(lost)
  }

  /** What reads before it writes: of two clicks in a row, the second would write back what the first has changed, or removed. */
  #inTurn(write: () => Promise<void>): Promise<void> {
    const mine = this.#turn.then(write)
    this.#turn = mine.catch(() => undefined)
    return mine
  }

  async #writeSpans(): Promise<void> {
    // Spans of one moment come in a burst; the microtask lets them gather.
    await Promise.resolve()
    const batch = this.#pendingSpans
    this.#pendingSpans = []
    try {
      await this.#values.setMany(batch)
    } finally {
      this.#flush = this.#pendingSpans.length > 0 ? this.#writeSpans() : null
    }
  }
}
