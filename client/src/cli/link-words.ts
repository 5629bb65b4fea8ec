import type { LinkCode } from '@ringdrop/shared/content/magnet.ts'

/** Why a text is no link, in words. */
export const LINK_WORDS: Readonly<Record<LinkCode, string>> = {
  empty: 'There is nothing in it.',
  notALink: 'It is neither a link of Ringdrop, nor a magnet, nor an infohash of 64 hexadecimal digits.',
  badInfohash: 'It is a magnet, but without the SHA-256 infohash (urn:btmh:1220...) that names a share.',
  v1Only: 'It names a BitTorrent v1 share; Ringdrop knows only v2, with SHA-256.',
  tooLong: 'It is longer than any link.',
}
