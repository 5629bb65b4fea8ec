import { formatLink } from '@ringdrop/shared/content/magnet.ts'
import { sanitizeName } from '@ringdrop/shared/content/file-names.ts'
import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import type { ShareView } from '@ringdrop/shared/node/snapshot.ts'
import type { Language } from '../lang/language.ts'

/** The part of `location` that links are made of. */
export interface Place {
  readonly origin: string
  readonly pathname: string
}

/** The link that opens a share here: origin and folder of the app, and all the rest in the fragment. */
export function shareLink(place: Place, share: ShareView): string {
  const base = place.pathname.replace(/\/(?:index\.html)?$/, '')
  const fields = { infoHash: share.infoHash, name: share.name ?? '', totalBytes: share.totalBytes }
  return formatLink(place.origin + base, fields)
}

/** What a share is called on screen: never as its sharer wrote it. */
export function displayName({ t }: Language, name: string | null, infoHash: InfoHash): string {
  return name === null || name === '' ? t.word.share(infoHash.slice(0, 8)) : sanitizeName(name)
}
