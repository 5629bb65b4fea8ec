/** Figures in words, the same in every locale, so that scripts and tests can rely on them. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** A number of bytes in the unit that fits, with three digits at most. */
export function bytesInWords(count: number): string {
  let value = count
  let unit = 0
  for (; value >= 1024 && unit < UNITS.length - 1; unit++) value /= 1024
  const digits = unit === 0 || value >= 100 ? 0 : 1
  return `${value.toFixed(digits)} ${UNITS[unit] ?? 'B'}`
}

/** A time to wait, roughly. */
export function timeInWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${String(seconds)} s`
  if (seconds < 3600) return `${String(Math.floor(seconds / 60))} min ${String(seconds % 60)} s`
  return `${String(Math.floor(seconds / 3600))} h ${String(Math.floor((seconds % 3600) / 60))} min`
}

/** `1 peer`, `2 peers`. */
export const countInWords = (count: number, one: string, many = `${one}s`): string =>
  `${String(count)} ${count === 1 ? one : many}`

/** Characters of a bar. */
const BAR = 24

/** `[#####-------]  42 %` */
export function barInWords(fraction: number): string {
  const bounded = Math.min(1, Math.max(0, fraction))
  const full = Math.floor(bounded * BAR)
  const percent = String(Math.floor(bounded * 100)).padStart(3)
  return `[${'#'.repeat(full)}${'-'.repeat(BAR - full)}] ${percent} %`
}
