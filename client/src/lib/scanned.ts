import { parseLink } from '@ringdrop/shared/content/magnet.ts'
import { hashFor, isReply, parseRoute } from './route.ts'

/** What the text of a QR code is for us. Whose it is nobody knows: it is treated as if it had been pasted. */
export type Scanned =
  /** A share or an invite: the fragment that shows its page. */
  | { readonly kind: 'page'; readonly hash: string }
  /** An answer to our invite. */
  | { readonly kind: 'reply'; readonly text: string }
  | { readonly kind: 'other'; readonly text: string }

/** So much of a foreign text is shown. */
const TEXT_SHOWN = 80

/** Never throws. */
export function readScanned(raw: string): Scanned {
  const text = raw.trim()
  if (isReply(text)) return { kind: 'reply', text }
  const hash = hashFor(text)
  const isInvite = parseRoute(hash).page === 'invite'
  if (isInvite || parseLink(text).ok) return { kind: 'page', hash }
  // Control characters and turned directions would play tricks with the sentence around it.
  const plain = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
  return { kind: 'other', text: plain.length > TEXT_SHOWN ? `${plain.slice(0, TEXT_SHOWN)}…` : plain }
}
