import { utf8Encode } from '../kernel/bytes.ts'
import type { FileRoot, InfoHash, PeerId } from '../kernel/ids.ts'
import { LIMITS } from '../kernel/limits.ts'
import * as binary from '../wire/binary.ts'

/** One file of a share, as every discovery system names it. */
export interface Listing {
  /** Identity of the file's bytes: equal files have equal roots, whatever their names and shares. */
  readonly root: FileRoot
  /** The share to join for it. */
  readonly infoHash: InfoHash
  /** Name of the share and path of the file, with `/` between; words are taken from it. Written by a peer: sanitise before showing. */
  readonly name: string
  readonly sizeBytes: number
}

/** A listing and peers that offer it, in no order. */
export interface Hit {
  readonly listing: Listing
  readonly providers: readonly PeerId[]
}

export const listingFormat: binary.Format<Listing> = binary.struct<Listing>({
  root: binary.fileRoot,
  infoHash: binary.infoHash,
  name: binary.text(LIMITS.listingNameBytes),
  sizeBytes: binary.uint48,
})

export const hitFormat: binary.Format<Hit> = binary.struct<Hit>({
  listing: listingFormat,
  providers: binary.list(binary.peerId, LIMITS.providersPerHit),
})

/**
 * Name of a file in the indexes. Too long ones lose folders from the middle, then the beginning of what is
 * left, since the end tells most.
 */
export function listingName(shareName: string, path: readonly string[]): string {
  const parts = path[0] === shareName ? [...path] : [shareName, ...path]
  const whole = () => parts.join('/')
  // Nearly all names: a UTF-16 unit takes three bytes of UTF-8 at most.
  if (3 * whole().length <= LIMITS.listingNameBytes) return whole()
  while (parts.length > 2 && utf8Encode(whole()).length > LIMITS.listingNameBytes) parts.splice(1, 1)
  const characters = [...whole()]
  let bytes = utf8Encode(whole()).length
  let from = 0
  for (; bytes > LIMITS.listingNameBytes; from++) bytes -= utf8Encode(characters[from] ?? '').length
  return characters.slice(from).join('')
}

/** Hits of several answers as one list: equal files are merged, each with all its sources. */
export function mergeHits(hits: Iterable<Hit>): Hit[] {
  const merged = new Map<string, { listing: Listing; providers: Set<PeerId> }>()
  for (const { listing, providers } of hits) {
    const key = `${listing.root}:${listing.infoHash}`
    const known = merged.get(key) ?? { listing, providers: new Set() }
    merged.set(key, known)
    for (const provider of providers) known.providers.add(provider)
  }
  return [...merged.values()].map(({ listing, providers }) => ({ listing, providers: [...providers] }))
}
