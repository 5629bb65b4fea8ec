/** Numbers without words. What needs words stands in the languages: see `lang/format.ts`. */

/** Between a number and its unit, so that they stay on one line. */
export const NBSP = '\u00a0'

/** `42 %`. Rounded down, so that 100 % means all of it. @param fraction 0 to 1. */
export function formatPercent(fraction: number): string {
  return `${String(percentOf(fraction))}${NBSP}%`
}

/** Whole percent, rounded down. @param fraction 0 to 1. */
export function percentOf(fraction: number): number {
  return Math.floor(Math.min(1, Math.max(0, Number.isFinite(fraction) ? fraction : 0)) * 100)
}

/** `a / b` between 0 and 1; an empty whole counts as done. */
export function fractionOf(part: number, whole: number): number {
  return whole <= 0 ? 1 : Math.min(1, Math.max(0, part / whole))
}

/** Uploaded over downloaded, as BitTorrent people know it; `null` when there is nothing to compare with. */
export function formatRatio(uploaded: number, downloaded: number): string | null {
  return downloaded > 0 ? (uploaded / downloaded).toFixed(2) : null
}

/** `10,000` */
export function grouped(number: number): string {
  return String(number).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** Text of somebody else within a sentence of ours: its writing direction must not reach beyond it (Unicode FSI and PDI). */
export function isolate(text: string): string {
  return `\u2068${text}\u2069`
}
