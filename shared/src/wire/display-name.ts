import { LIMITS } from '../kernel/limits.ts'

/** A name that a person gives to a device, as others show it: clean, short, one line. */

/** Controls, invisible and direction-changing characters, private use, lone surrogates, line breaks. */
const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u
const FORBIDDEN_ALL = new RegExp(FORBIDDEN, 'gu')
/** Marks heaped upon one letter reach into the lines above and below; no language needs more than three. */
const HEAP = /(\p{M}{3})\p{M}+/gu
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u

/** Makes a name fit to be sent; `null` when nothing of it is left. Idempotent. */
export function cleanDisplayName(raw: string): string | null {
  const clean = raw
    .slice(0, LIMITS.displayNameLength * 8)
    .normalize('NFC')
    .replace(/\s/gu, ' ')
    .replace(FORBIDDEN_ALL, '')
    .replace(HEAP, '$1')
    .normalize('NFC')
    .replace(/ +/g, ' ')
    .trim()
  const short = [...clean].slice(0, LIMITS.displayNameLength).join('').trim()
  return VISIBLE.test(short) ? short : null
}

/** Whether a name is exactly as {@link cleanDisplayName} leaves it: what decoders ask of a stranger's. */
export function isDisplayName(text: string): boolean {
  return text.length <= LIMITS.displayNameLength * 2 && cleanDisplayName(text) === text
}
