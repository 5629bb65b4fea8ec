/** Numbers in words. Decimal units (1 MB = 1,000,000 bytes), a point as decimal sign, no locale-dependent calls. */

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'] as const
/** Between a number and its unit, so that they stay on one line. */
const NBSP = '\u00a0'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** `0 bytes`, `1 byte`, `12.3 kB`, `104 MB`: three digits at most, so that a column of sizes keeps its width. */
export function formatBytes(bytes: number): string {
  if (!(bytes > 0)) return `0${NBSP}bytes`
  let value = bytes
  let unit = 0
  // 999.5 would be shown as 1000.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000
    unit++
  }
  if (unit === 0) return `${String(Math.round(value))}${NBSP}${Math.round(value) === 1 ? 'byte' : 'bytes'}`
  return `${threeDigits(value)}${NBSP}${UNITS[unit] ?? ''}`
}

/** `3.2 MB/s`; under 1 kB/s it is `0 kB/s`, since nobody waits for single bytes. */
export function formatSpeed(bytesPerSecond: number): string {
  return bytesPerSecond < 1_000 ? `0${NBSP}kB/s` : `${formatBytes(bytesPerSecond)}/s`
}

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

/** `8 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < MINUTE) return quantity(Math.max(1, Math.round(ms / SECOND)), 's')
  if (ms < 10 * MINUTE) return two(ms, MINUTE, 'min', SECOND, 's')
  if (ms < HOUR) return quantity(Math.round(ms / MINUTE), 'min')
  if (ms < DAY) return two(ms, HOUR, 'h', MINUTE, 'min')
  return two(ms, DAY, 'd', HOUR, 'h')
}

/** `just now`, `5 minutes ago`, `3 hours ago`, `2 days ago`. */
export function formatAgo(ms: number): string {
  if (ms < MINUTE) return 'just now'
  if (ms < HOUR) return `${count(Math.floor(ms / MINUTE), 'minute')} ago`
  if (ms < DAY) return `${count(Math.floor(ms / HOUR), 'hour')} ago`
  return `${count(Math.floor(ms / DAY), 'day')} ago`
}

/** `1 file`, `2 files`, `1,234 files`. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(number)}${NBSP}${number === 1 ? noun : plural}`
}

/** Uploaded over downloaded, as BitTorrent people know it; `null` when there is nothing to compare with. */
export function formatRatio(uploaded: number, downloaded: number): string | null {
  return downloaded > 0 ? (uploaded / downloaded).toFixed(2) : null
}

/** Rates people type are in KiB/s, as in other BitTorrent programs. @returns `null` for an empty or meaningless text: no limit. */
export function parseRate(text: string): number | null {
  const kibibytes = Number(text.trim().replace(',', '.'))
  return text.trim() === '' || !Number.isFinite(kibibytes) || kibibytes <= 0
    ? null
    : Math.ceil(kibibytes * 1024)
}

/** The counterpart of {@link parseRate}. */
export function rateText(bytesPerSecond: number | null): string {
  return bytesPerSecond === null ? '' : String(Math.round(bytesPerSecond / 1024))
}

function threeDigits(value: number): string {
  if (value < 9.995) return value.toFixed(2)
  return value < 99.95 ? value.toFixed(1) : String(Math.round(value))
}

/** `10,000` */
export function grouped(number: number): string {
  return String(number).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

function quantity(number: number, unit: string): string {
  return `${String(number)}${NBSP}${unit}`
}

function two(ms: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const smalls = Math.round(ms / small)
  const perLarge = large / small
  const rest = smalls % perLarge
  const first = quantity(Math.floor(smalls / perLarge), largeUnit)
  return rest === 0 ? first : `${first} ${quantity(rest, smallUnit)}`
}
