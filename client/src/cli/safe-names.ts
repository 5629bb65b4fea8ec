import { sanitizeName } from '@ringdrop/shared/content/file-names.ts'

/** A name as others wrote it, fit for a terminal: no controls, nothing invisible. */
export const safeName = (raw: string): string => sanitizeName(raw)

/** The same for a name with folders in it. */
export const safePath = (raw: string): string =>
  raw
    .split('/')
    .map((part) => (part === '' ? part : sanitizeName(part)))
    .join('/')
