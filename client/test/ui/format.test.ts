import { describe, expect, it } from 'vitest'
import { english } from '../../src/lang/language.ts'
import { formatPercent, formatRatio, fractionOf, grouped } from '../../src/lib/format.ts'
import { parseRate, rateText } from '../../src/lib/rate.ts'

const { t, f } = english

/** Non-breaking spaces are right on screen and unreadable here. */
const plain = (text: string) => text.replaceAll('\u00a0', ' ')

describe('sizes', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1_000, '1.00 kB'],
    [12_345, '12.3 kB'],
    [104_857_600, '105 MB'],
    [999_499_999, '999 MB'],
    [999_999_999, '1.00 GB'],
    [9_999_999, '10.0 MB'],
    [5e15, '5.00 PB'],
    [Number.NaN, '0 bytes'],
    [-3, '0 bytes'],
  ])('%d is %s', (bytes, text) => expect(plain(f.bytes(bytes))).toBe(text))

  it('never takes more than three digits', () => {
    for (let bytes = 1; bytes < 1e15; bytes = bytes * 1.37 + 1) {
      expect(plain(f.bytes(bytes))).toMatch(/^(?:\d{1,3}|\d\.\d\d|\d\d\.\d) (?:bytes?|[kMGTP]B)$/)
    }
  })
})

it('shows speeds per second, and nothing below 1 kB/s', () => {
  expect(plain(f.speed(3_210_000))).toBe('3.21 MB/s')
  expect(plain(f.speed(12))).toBe('0 kB/s')
})

it('rounds percent down, so that 100 % means all', () => {
  expect(plain(formatPercent(0.9999))).toBe('99 %')
  expect(plain(formatPercent(1))).toBe('100 %')
  expect(plain(formatPercent(Number.NaN))).toBe('0 %')
  expect(fractionOf(0, 0)).toBe(1)
  expect(fractionOf(5, 4)).toBe(1)
})

it.each([
  [200, '1 s'],
  [42_000, '42 s'],
  [59_400, '59 s'],
  [59_600, '1 min'],
  [200_000, '3 min 20 s'],
  [599_600, '10 min'],
  [3_580_000, '1 h'],
  [86_380_000, '1 d'],
  [180_000, '3 min'],
  [45 * 60_000, '45 min'],
  [125 * 60_000, '2 h 5 min'],
  [76 * 3_600_000, '3 d 4 h'],
])('%d ms last %s', (ms, text) => expect(plain(f.duration(ms))).toBe(text))

it.each([
  [5_000, 'just now'],
  [61_000, '1 minute ago'],
  [3 * 3_600_000 + 5, '3 hours ago'],
  [49 * 3_600_000, '2 days ago'],
])('%d ms were %s', (ms, text) => expect(plain(f.ago(ms))).toBe(text))

it('counts with the right plural', () => {
  expect(plain(t.count.files(1))).toBe('1 file')
  expect(plain(t.count.files(10_000))).toBe('10,000 files')
})

it('has a ratio only where something was taken', () => {
  expect(formatRatio(50, 100)).toBe('0.50')
  expect(formatRatio(50, 0)).toBeNull()
})

it.each([1, 999, 1_000, 10_000, 123_456, 1_234_567])('reads %d as it is written elsewhere', (kibibytes) => {
  expect(parseRate(grouped(kibibytes))).toBe(kibibytes * 1024)
  expect(parseRate(` ${grouped(kibibytes)}.5 `)).toBe(kibibytes * 1024 + 512)
})

it('reads limits as typed, and shows them again', () => {
  expect(parseRate('')).toBeNull()
  expect(parseRate('0')).toBeNull()
  expect(parseRate('fast')).toBeNull()
  expect(parseRate('256')).toBe(262_144)
  expect(parseRate(' 0,5 ')).toBe(512)
  expect(parseRate('0,125')).toBe(128)
  expect(parseRate('10,24')).toBe(10_486)
  expect(parseRate('10,0000')).toBe(10_240)
  expect(rateText(262_144)).toBe('256')
  expect(rateText(null)).toBe('')
})
