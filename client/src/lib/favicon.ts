/** The page's icon with a mark for what goes on, for people who look at another tab. */
export type Badge =
  { readonly kind: 'progress'; readonly fraction: number } | { readonly kind: 'offer' } | null

const RING = 'M9.3 10.2a9.2 9.2 0 1 0 13.4 0'
const DROP = 'M16 3.6c2.6 3.3 4.6 5.7 4.6 8.2a4.6 4.6 0 0 1-9.2 0c0-2.5 2-4.9 4.6-8.2z'

/** As an address for `<link rel="icon">`. */
export function faviconOf(badge: Badge): string {
  if (badge === null) return './favicon.svg'
  const mark =
    badge.kind === 'offer'
      ? '<circle cx="25" cy="7" r="7" fill="#d43b2f"/>'
      : `<circle cx="16" cy="16" r="14" fill="none" stroke="#7fe5cf" stroke-width="4" pathLength="100" stroke-dasharray="${String(Math.round(badge.fraction * 100))} 100" transform="rotate(-90 16 16)"/>`
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="16" fill="#0b6b5f"/><path d="${RING}" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/><path d="${DROP}" fill="#7fe5cf"/>${mark}</svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}
