import * as v from 'valibot'
import {
  parseInfoHash,
  parsePeerId,
  type FileRoot,
  type InfoHash,
  type PeerId,
} from '@ringdrop/shared/kernel/ids.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import type { Priority } from '@ringdrop/shared/protocols/bittorrent/piece-picker.ts'
import type { StoredIdentity } from './identity.ts'
import type { Values } from './values.ts'

/** What is remembered of a share. Contents are re-verified on load like anything else from outside. */
export interface StoredShare {
  readonly infoHash: InfoHash
  readonly infoBytes: Bytes
  readonly isSource: boolean
  readonly isPaused: boolean
  readonly isUnlisted: boolean
  /** File indices; `null` for all. */
  readonly selection: readonly number[] | null
  /** By file index; `null` when all are the same. */
  readonly priorities: readonly Priority[] | null
  readonly addedAt: number
  /** Handles of the person's own files in file order, where the browser gave them. */
  readonly handles: readonly FileSystemFileHandle[] | null
}

/** Verified block hashes of one span, with their proof. */
export interface StoredSpan {
  readonly root: FileRoot
  readonly span: number
  readonly hashes: Bytes
  readonly proof: Bytes
}

export interface StoredLimits {
  readonly uploadRate: number | null
  readonly downloadRate: number | null
}

const bytes = v.custom<Bytes>((input) => input instanceof Uint8Array)
const hex64 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const index = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const shareSchema = v.object({
  infoHash: v.custom<InfoHash>((input) => parseInfoHash(input) !== null),
  infoBytes: bytes,
  isSource: v.boolean(),
  isPaused: v.boolean(),
  // Entries of earlier versions do not say.
  isUnlisted: v.optional(v.boolean(), false),
  selection: v.nullable(v.array(index)),
  priorities: v.optional(v.nullable(v.array(v.picklist(['skip', 'low', 'normal', 'high']))), null),
  addedAt: v.number(),
  handles: v.nullable(
    v.array(v.custom<FileSystemFileHandle>((input) => typeof input === 'object' && input !== null)),
  ),
})
const spanSchema = v.object({
  root: v.pipe(
    hex64,
    v.transform((text) => text as FileRoot),
  ),
  span: index,
  hashes: bytes,
  proof: bytes,
})
/** What the overlays remember: peers to begin with, and the ring's records, encoded. */
export interface StoredOverlays {
  readonly peers: readonly PeerId[]
  readonly hostCache: readonly PeerId[]
  readonly records: readonly Bytes[]
}

const peers = v.pipe(v.array(v.custom<PeerId>((input) => parsePeerId(input) !== null)), v.maxLength(500))
const ringSchema = v.object({ peers, records: v.pipe(v.array(bytes), v.maxLength(LIMITS.records)) })

/** Choices of the person; what is missing or odd takes its default. */
const settingsSchema = v.object({
  systems: v.fallback(
    v.object({
      directory: v.boolean(),
      gnutella: v.boolean(),
      kazaa: v.boolean(),
      ring: v.boolean(),
    }),
    { directory: true, gnutella: true, kazaa: true, ring: true },
  ),
  answeredBy: v.fallback(v.picklist(['directory', 'gnutella', 'kazaa', 'ring', 'all']), 'directory'),
  isWilling: v.fallback(v.boolean(), true),
  ringRouting: v.fallback(v.picklist(['circle', 'fingers', 'full']), 'full'),
  gnutellaMode: v.fallback(v.picklist(['classic', 'pruned']), 'pruned'),
})
export type StoredSettings = v.InferOutput<typeof settingsSchema>

/** Whether others of the network see this device, and under which name; nobody is shown unasked. */
const nearbySchema = v.object({ isOn: v.boolean(), name: v.pipe(v.string(), v.maxLength(256)) })
export type StoredNearby = v.InferOutput<typeof nearbySchema>

const rate = v.nullable(v.pipe(v.number(), v.minValue(1)))
const limitsSchema = v.object({ uploadRate: rate, downloadRate: rate })
const identitySchema = v.object({
  privateKey: v.instance(CryptoKey),
  publicKey: v.pipe(v.string(), v.regex(/^04[0-9a-f]{128}$/)),
})

/** State of this profile. Entries that don't read back as themselves are dropped. */
export class StateStore {
  readonly #values: Values
  /** Writes of spans that wait for the next batch: one transaction each would be slow. */
  #pendingSpans: [string, StoredSpan][] = []
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
    const hostCache = v.safeParse(peers, await this.#values.get('hostCache'))
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
    const parsed = v.safeParse(shareSchema, await this.#values.get(`share:${infoHash}`))
    if (parsed.success) await this.saveShare({ ...parsed.output, ...change })
  }

  saveSpan(infoHash: InfoHash, span: StoredSpan): Promise<void> {
    this.#pendingSpans.push([`span:${infoHash}:${span.root}:${String(span.span)}`, span])
    this.#flush ??= this.#writeSpans()
    return this.#flush
  }

  async removeShare(infoHash: InfoHash): Promise<void> {
    await this.#flush
    const keys = (await this.#values.entries()).map(([key]) => key)
    await this.#values.deleteMany([
      ...keys.filter((key) => key.startsWith(`span:${infoHash}:`)),
      `share:${infoHash}`,
    ])
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
