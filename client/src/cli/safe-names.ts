import { sanitizeName } from '@ringdrop/shared/content/file-names.ts'

/** A name as others wrote it, fit for a terminal: no controls, nothing invisible. */
export const safeName = (raw: string): string => sanitizeName(raw)

/** The same for a name with folders in it. */
export const safePath = (raw: string): string =>
  raw
    .split('/')
    .map((part) => (part === '' ? part : sanitizeName(part)))
    .join('/')

/** Controls, line breaks, and what turns the direction of writing. */
const OBEYED = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu

/** A path of the person's own, fit for a terminal: as it is, since it is to be found again. */
export const shownPath = (raw: string): string =>
  raw.replace(OBEYED, (each) => `\\u{${(each.codePointAt(0) ?? 0).toString(16)}}`)
