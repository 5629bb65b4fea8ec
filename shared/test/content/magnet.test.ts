import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatLink, formatMagnet, parseLink } from '../../src/content/magnet.ts'
import { parseInfoHash, parsePeerId } from '../../src/kernel/ids.ts'
import { defined } from '../../src/kernel/invariant.ts'

const HASH = 'a1'.repeat(32)
const KEY = 'b2'.repeat(32)
const infoHash = defined(parseInfoHash(HASH), 'infohash')
const providerKey = defined(parsePeerId(KEY), 'peer id')
const magnet = `magnet:?xt=urn:btmh:1220${HASH}`
const nothing = { name: null, totalBytes: null, providerKey: null }
const bare = { ok: true, value: { infoHash, ...nothing } }
const V1 = 'c3'.repeat(20)

describe('formatting', () => {
  it('puts everything into a magnet, and that into a fragment', () => {
    const fields = { infoHash, name: 'My film & more.mkv', totalBytes: 5 }
    const expected = `${magnet}&dn=My%20film%20%26%20more.mkv&xl=5`
    expect(formatMagnet(fields)).toBe(expected)
    expect(formatMagnet({ ...fields, providerKey })).toBe(`${expected}&x.pk=${KEY}`)
    expect(formatLink('https://host', fields)).toBe(`https://host/#${expected}`)
  })

  it('is read back, as it is and as other programs quote it', () => {
    const anyName = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 })
    const quotings = [
      (link: string) => link,
      (link: string) => `  <${link}>\n`,
      (link: string) => encodeURIComponent(link),
      (link: string) => encodeURIComponent(encodeURIComponent(link)),
      (link: string) => link.replace('magnet:?', 'MAGNET%3a%3F'),
      (link: string) => link.replaceAll('&', '&amp;'),
      (link: string) => `https://other.example/path?q=1#${encodeURIComponent(link)}`,
    ]
    fc.assert(
      fc.property(anyName, fc.maxSafeNat(), fc.constantFrom(...quotings), (name, totalBytes, quote) => {
        const fields = { infoHash, name, totalBytes, providerKey }
        expect(parseLink(quote(formatMagnet(fields)))).toEqual({ ok: true, value: fields })
        expect(parseLink(quote(formatLink('https://host', fields)))).toEqual({ ok: true, value: fields })
      }),
    )
  })

  it('survives lone surrogates', () => {
    expect(formatMagnet({ infoHash, name: 'a\uD800', totalBytes: 1 })).toContain('dn=a%EF%BF%BD&')
  })
})

describe('parseLink', () => {
  it.each([
    HASH,
    HASH.toUpperCase(),
    `1220${HASH}`,
    ` ${HASH}\n`,
    `<${HASH}>`,
    `< ${magnet} >`,
    magnet,
    magnet.toUpperCase(),
    `${magnet}&dn=`,
    `${magnet}&xl=x&x.pk=short`,
    `${magnet}&xl=99999999999999999999`,
    `${magnet}&xl=9007199254740993`,
    `${magnet}&xl=-1&&=&x`,
    `magnet:?xt.1=urn:btmh:1220${HASH}`,
    `magnet:?xt=urn:btih:${V1}&xt=urn:btmh:1220${HASH}`,
    `magnet:?xt=urn:btmh:1220${HASH}&xt=urn:btih:${V1}&tr=wss%3A%2F%2Ft`,
    `magnet:?xt=urn%3Abtmh%3A1220${HASH}`,
    `https://host/#${magnet}`,
    `https://host/#${HASH}`,
    `https://host/#1220${HASH}`,
    `https://host/#/${magnet}`,
  ])('accepts %s', (text) => {
    expect(parseLink(text)).toEqual(bare)
  })

  it('reads names of other programs', () => {
    for (const [dn, name] of [
      ['a+b', 'a b'],
      ['100%', '100%'],
      ['%E4%B8%AD', '中'],
      ['a=b', 'a=b'],
      ['x&dn=y', 'x'],
      ['%3Cimg%20src=x%3E', '<img src=x>'],
    ]) {
      expect(parseLink(`${magnet}&dn=${dn}`)).toEqual({ ok: true, value: { infoHash, ...nothing, name } })
    }
  })

  it.each([
    ['', 'empty'],
    [' \n<>', 'empty'],
    ['hello', 'notALink'],
    ['https://host/', 'notALink'],
    ['https://host/#', 'notALink'],
    ['magnet:', 'notALink'],
    [HASH.slice(1), 'notALink'],
    [`1221${HASH}`, 'notALink'],
    [`g${HASH.slice(1)}`, 'notALink'],
    ['%', 'notALink'],
    ['magnet:?', 'badInfohash'],
    ['magnet:?dn=a', 'badInfohash'],
    ['magnet:?xt=urn:sha1:abc', 'badInfohash'],
    [`magnet:?xt=urn:btmh:1220${HASH}0`, 'badInfohash'],
    [`magnet:?xt=urn:btmh:1220${HASH.slice(1)}`, 'badInfohash'],
    [`magnet:?xt=urn:btmh:1114${V1}`, 'badInfohash'],
    ['magnet:?%%%', 'badInfohash'],
    [`magnet:?xt=urn:btih:${V1}&dn=old`, 'v1Only'],
    [V1, 'v1Only'],
    ['A'.repeat(32), 'v1Only'],
    [`${magnet}&dn=${'x'.repeat(8_192)}`, 'tooLong'],
  ])('refuses %j: %s', (text, code) => {
    expect(parseLink(text)).toEqual({ ok: false, code })
  })

  it('never throws', () => {
    const parts = fc.constantFrom(
      'magnet:?',
      'xt=',
      'urn:btmh:1220',
      HASH,
      '&',
      '=',
      '%',
      '%25',
      '%3',
      '#',
      '<',
      'dn=',
    )
    const glued = fc.array(fc.oneof(parts, fc.string({ unit: 'binary', maxLength: 5 })), { maxLength: 20 })
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          glued.map((list) => list.join('')),
        ),
        (text) => {
          const parsed = parseLink(text)
          if (parsed.ok) expect(parseInfoHash(parsed.value.infoHash)).not.toBeNull()
        },
      ),
      { numRuns: 5_000 },
    )
  })
})
