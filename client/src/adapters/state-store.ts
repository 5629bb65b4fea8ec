import { createStore, del, delMany, entries, get, set, setMany, type UseStore } from 'idb-keyval'
import * as v from 'valibot'
import type { InfoHash, PeerId } from '@ringdrop/shared/kernel/ids.ts'
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

/** State of this profile in IndexedDB, by idb-keyval. Entries that don't read back as themselves are dropped. */
export class StateStore {
  readonly #store: UseStore
  /** Writes of spans that wait for the next batch: one transaction each would be slow. */
  #pendingSpans: [string, StoredSpan][] = []
  #flush: Promise<void> | null = null

  constructor(name = 'ringdrop-state') {
    this.#store = createStore(name, 'state')
  }

  async identity(): Promise<StoredIdentity | null> {
    const parsed = v.safeParse(identitySchema, await get('identity', this.#store))
    return parsed.success ? parsed.output : null
  }

  async saveIdentity(identity: StoredIdentity): Promise<void> {
    await set('identity', identity, this.#store)
  }

  async limits(): Promise<StoredLimits> {
    const parsed = v.safeParse(limitsSchema, await get('limits', this.#store))
    return parsed.success ? parsed.output : { uploadRate: null, downloadRate: null }
  }

  async saveLimits(limits: StoredLimits): Promise<void> {
    await set('limits', limits, this.#store)
  }

  async settings(): Promise<StoredSettings> {
    const stored: unknown = (await get('settings', this.#store)) ?? {}
    const parsed = v.safeParse(settingsSchema, stored)
    return parsed.success ? parsed.output : v.parse(settingsSchema, {})
  }

  async saveSettings(settings: StoredSettings): Promise<void> {
    await set('settings', settings, this.#store)
  }

  async nearby(): Promise<StoredNearby> {
    const parsed = v.safeParse(nearbySchema, await get('nearby', this.#store))
    return parsed.success ? parsed.output : { isOn: false, name: '' }
  }

  async saveNearby(nearby: StoredNearby): Promise<void> {
    await set('nearby', nearby, this.#store)
  }

  async overlays(): Promise<StoredOverlays> {
    const ring = v.safeParse(ringSchema, await get('ring', this.#store))
    const hostCache = v.safeParse(storedPeers, await get('hostCache', this.#store))
    return {
      peers: ring.success ? ring.output.peers : [],
      records: ring.success ? ring.output.records : [],
      hostCache: hostCache.success ? hostCache.output : [],
    }
  }

  async saveRing(ring: Pick<StoredOverlays, 'peers' | 'records'>): Promise<void> {
    await set('ring', ring, this.#store)
  }

  async saveHostCache(hostCache: readonly PeerId[]): Promise<void> {
    await set('hostCache', hostCache, this.#store)
  }

  /** All shares with their spans, oldest first. */
  async shares(): Promise<{ share: StoredShare; spans: StoredSpan[] }[]> {
    const shares = new Map<string, { share: StoredShare; spans: StoredSpan[] }>()
    const all = await entries<string, unknown>(this.#store)
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
    await set(`share:${share.infoHash}`, share, this.#store)
  }

  async updateShare(infoHash: InfoHash, change: Partial<StoredShare>): Promise<void> {
    const parsed = v.safeParse(shareSchema, await get(`share:${infoHash}`, this.#store))
    if (parsed.success) await this.saveShare({ ...parsed.output, ...change })
  }

  saveSpan(infoHash: InfoHash, span: StoredSpan): Promise<void> {
    this.#pendingSpans.push([`span:${infoHash}:${span.root}:${String(span.span)}`, span])
    this.#flush ??= this.#writeSpans()
    return this.#flush
  }

  async removeShare(infoHash: InfoHash): Promise<void> {
    await this.#flush
    const keys = (await entries<string, unknown>(this.#store)).map(([key]) => key)
    await delMany(
      keys.filter((key) => key.startsWith(`span:${infoHash}:`)),
      this.#store,
    )
    await del(`share:${infoHash}`, this.#store)
  }

  async #writeSpans(): Promise<void> {
    // Spans of one moment come in a burst; the microtask lets them gather.
    await Promise.resolve()
    const batch = this.#pendingSpans
    this.#pendingSpans = []
    try {
      await setMany(batch, this.#store)
    } finally {
      this.#flush = this.#pendingSpans.length > 0 ? this.#writeSpans() : null
    }
  }
}
