/** Numbers in words. Decimal units (1 MB = 1,000,000 bytes), a point as decimal sign: the same figures in every language. */
import { grouped, NBSP } from '../lib/format.ts'

/** The words that numbers need. Each gets the number and says it whole: languages differ in order and in plurals. */
export interface Units {
  bytes(n: number): string
  seconds(n: number): string
  minutes(n: number): string
  hours(n: number): string
  days(n: number): string
  readonly justNow: string
  minutesAgo(n: number): string
  hoursAgo(n: number): string
  daysAgo(n: number): string
}

export interface Format {
  /** `0 bytes`, `1 byte`, `12.3 kB`, `104 MB`: three digits at most, so that a column of sizes keeps its width. */
  bytes(bytes: number): string
  /** `3.2 MB/s`; under 1 kB/s it is `0 kB/s`, since nobody waits for single bytes. */
  speed(bytesPerSecond: number): string
  /** `8 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
  duration(ms: number): string
  /** `just now`, `5 minutes ago`, `3 hours ago`, `2 days ago`. */
  ago(ms: number): string
}

const LARGER_UNITS = ['kB', 'MB', 'GB', 'TB', 'PB'] as const
const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export function createFormat(units: Units): Format {
  const bytes = (value: number): string => {
    if (!(value >= 0.5)) return units.bytes(0)
    if (value < 999.5) return units.bytes(Math.round(value))
    let unit = -1
    // 999.5 would be shown as 1000.
    while (value >= 999.5 && unit < LARGER_UNITS.length - 1) {
      value /= 1_000
      unit++
    }
    return `${threeDigits(value)}${NBSP}${LARGER_UNITS[unit] ?? ''}`
  }
  return {
    bytes,
    speed: (perSecond) => (perSecond < 1_000 ? `0${NBSP}kB/s` : `${bytes(perSecond)}/s`),
    duration: (ms) => {
      // By what is shown, not by what it was: 59.6 s are 60, which is a minute.
      if (ms < 59.5 * SECOND) return units.seconds(Math.max(1, Math.round(ms / SECOND)))
      if (ms < 10 * MINUTE) return two(ms, SECOND, 60, units.minutes, units.seconds)
      if (ms < 59.5 * MINUTE) return units.minutes(Math.round(ms / MINUTE))
      if (ms < DAY - MINUTE / 2) return two(ms, MINUTE, 60, units.hours, units.minutes)
      return two(ms, HOUR, 24, units.days, units.hours)
    },
    ago: (ms) => {
      if (ms < MINUTE) return units.justNow
      if (ms < HOUR) return units.minutesAgo(Math.floor(ms / MINUTE))
      if (ms < DAY) return units.hoursAgo(Math.floor(ms / HOUR))
      return units.daysAgo(Math.floor(ms / DAY))
    },
  }
}

/** For languages that tell one from many, as English does: `1 file`, `1,234 files`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${grouped(n)}${NBSP}${n === 1 ? one : many}`
}

/** A number and a short unit that never changes: `8 s`. */
export const withUnit =
  (unit: string) =>
  (n: number): string =>
    `${grouped(n)}${NBSP}${unit}`

function threeDigits(value: number): string {
  if (value < 9.995) return value.toFixed(2)
  return value < 99.95 ? value.toFixed(1) : String(Math.round(value))
}

function two(
  ms: number,
  smallMs: number,
  perLarge: number,
  large: (n: number) => string,
  small: (n: number) => string,
): string {
  const smalls = Math.round(ms / smallMs)
  const rest = smalls % perLarge
  const first = large(Math.floor(smalls / perLarge))
  return rest === 0 ? first : `${first} ${small(rest)}`
}
