/**
 * How the service worker asks the tab that runs the node for parts of a file, while it downloads. Both are of one
 * origin and one version; what the address says is checked all the same, since a page can ask for any address.
 */
import { parseInfoHash, type InfoHash } from '@ringdrop/shared/kernel/ids.ts'

/** Of the `BroadcastChannel`. */
export const MEDIA_CHANNEL = 'ringdrop-media'
/** An answer holds at most so much: small answers keep seeking quick and the worker short-lived. Our choice. */
export const MEDIA_BYTES = 1024 * 1024

export interface MediaRequest {
  readonly type: 'read'
  readonly id: string
  readonly infoHash: InfoHash
  readonly file: number
  readonly offset: number
}

export type MediaAnswer =
  | {
      readonly type: 'data'
      readonly id: string
      readonly bytes: ArrayBuffer
      /** Of the whole file. */
      readonly totalBytes: number
    }
  /** The share or file is not there, or its bytes did not come in time. */
  | { readonly type: 'none'; readonly id: string }

export type MediaMessage = MediaRequest | MediaAnswer

const FOLDER = 'stream/'
/** What a stream may be called; anything else is not served. */
const TYPES = /^(?:audio|video)\/[a-z0-9.+-]{1,40}$/

/** Address of a file, below the app's folder. */
export function streamPath(infoHash: InfoHash, file: number, type: string): string {
  return `./${FOLDER}${infoHash}/${String(file)}?type=${encodeURIComponent(type)}`
}

/** @param scope address of the app's folder. @returns `null` for addresses that are no stream. */
export function parseStreamUrl(
  url: URL,
  scope: string,
): { readonly infoHash: InfoHash; readonly file: number; readonly type: string } | null {
  if (!url.href.startsWith(scope + FOLDER)) return null
  const [hash, index, ...rest] = url.pathname.slice(new URL(scope).pathname.length + FOLDER.length).split('/')
  const infoHash = parseInfoHash(hash)
  const type = url.searchParams.get('type') ?? ''
  if (infoHash === null || index === undefined || rest.length > 0) return null
  if (!/^\d{1,5}$/.test(index) || !TYPES.test(type)) return null
  return { infoHash, file: Number(index), type }
}

/** First byte of a `Range` header, 0 where there is none or it can't be read; and the last, `null` for all that follows. */
export function parseRange(header: string | null): { readonly first: number; readonly last: number | null } {
  const match = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header ?? '')
  const first = Number(match?.[1] ?? 0)
  const last = match?.[2] ? Number(match[2]) : null
  return { first, last: last !== null && last >= first ? last : null }
}
