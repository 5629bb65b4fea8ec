import { bareLink, type LinkCode, type ParsedLink, parseLink } from '@ringdrop/shared/content/magnet.ts'

/** What the fragment of the address asks for. */
export type Route =
  | { readonly page: 'home' }
  | { readonly page: 'search'; readonly query: string }
  | { readonly page: 'network' }
  | { readonly page: 'lab' }
  /** An invite to connect without any server, as it came. */
  | { readonly page: 'invite'; readonly text: string }
  /** `text` is what was in the fragment, as it came. */
  | { readonly page: 'share'; readonly text: string; readonly link: ParsedLink }
  | { readonly page: 'badLink'; readonly text: string; readonly code: LinkCode }

/** Address of the first screen. */
export const HOME_HASH = '#/'
export const NETWORK_HASH = '#/network'
export const LAB_HASH = '#/lab'
/** Files that another app handed over wait behind this address. */
export const SHARED_HASH = '#/shared'
/** The service worker comes back to this address when it could not keep them. */
export const SHARED_LOST_HASH = '#/shared-lost'
const SEARCH = '/search'
const INVITE = 'invite:'

/** Address of the search page with a query. */
export const searchHash = (query: string): string =>
  query === '' ? `#${SEARCH}` : `#${SEARCH}?q=${encodeURIComponent(query)}`

/** Reads `location.hash`. `#/...` is the app itself, everything else a link to a share. */
export function parseRoute(hash: string): Route {
  const text = hash.startsWith('#') ? hash.slice(1) : hash
  if (text.startsWith(INVITE)) return { page: 'invite', text }
  if (text === NETWORK_HASH.slice(1)) return { page: 'network' }
  if (text === LAB_HASH.slice(1)) return { page: 'lab' }
  if (text === SEARCH || text.startsWith(`${SEARCH}?`)) {
    return { page: 'search', query: new URLSearchParams(text.slice(SEARCH.length)).get('q') ?? '' }
  }
  if (text === '' || text.startsWith('/')) return { page: 'home' }
  const link = parseLink(text)
  return link.ok ? { page: 'share', text, link: link.value } : { page: 'badLink', text, code: link.code }
}

/**
 * The fragment that opens what a person pasted: the magnet inside a link of ours stays as it is, so that a reload
 * and a copied address show the same page.
 */
export function hashFor(text: string): string {
  const trimmed = bareLink(text)
  const fragment = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed)
    ? trimmed.slice(trimmed.indexOf('#') + 1)
    : trimmed
  return `#${fragment}`
}

/** True for the reply to an invite. It has no page: it is taken wherever it is pasted. */
export const isReply = (text: string): boolean => /^reply:[\w-]+$/.test(bareLink(text))

/** True when pasted text looks like something to open, a share or an invite, rather than like prose. */
export function looksLikeLink(text: string): boolean {
  return parseLink(text).ok || /^#invite:[\w-]+$/.test(hashFor(text))
}
