import * as v from 'valibot'
import {
  parseInfoHash,
  parsePeerId,
  type FileRoot,
  type InfoHash,
  type PeerId,
} from '@ringdrop/shared/kernel/ids.ts'
import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import type { Priority } from '@ringdrop/shared/protocols/bittorrent/piece-picker.ts'

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
  /** Of the person's own files in file order, where the browser gave them: each its own, or that of the folder it lies in. */
  readonly handles: readonly FileSystemHandle[] | null
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
export const shareSchema = v.object({
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
    v.array(v.custom<FileSystemHandle>((input) => typeof input === 'object' && input !== null)),
  ),
})
export const spanSchema = v.object({
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

export const storedPeers = v.pipe(
  v.array(v.custom<PeerId>((input) => parsePeerId(input) !== null)),
  v.maxLength(500),
)
export const ringSchema = v.object({
  peers: storedPeers,
  records: v.pipe(v.array(bytes), v.maxLength(LIMITS.records)),
})

/** Choices of the person; what is missing or odd takes its default. */
export const settingsSchema = v.object({
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
  isRelayOnly: v.fallback(v.boolean(), false),
  ringRouting: v.fallback(v.picklist(['circle', 'fingers', 'full']), 'full'),
  gnutellaMode: v.fallback(v.picklist(['classic', 'pruned']), 'pruned'),
})
export type StoredSettings = v.InferOutput<typeof settingsSchema>

/** Whether others of the network see this device, and under which name; nobody is shown unasked. */
export const nearbySchema = v.object({ isOn: v.boolean(), name: v.pipe(v.string(), v.maxLength(256)) })
export type StoredNearby = v.InferOutput<typeof nearbySchema>

const rate = v.nullable(v.pipe(v.number(), v.minValue(1)))
export const limitsSchema = v.object({ uploadRate: rate, downloadRate: rate })
export const identitySchema = v.object({
  privateKey: v.instance(CryptoKey),
  publicKey: v.pipe(v.string(), v.regex(/^04[0-9a-f]{128}$/)),
})
