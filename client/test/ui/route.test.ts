import { describe, expect, it } from 'vitest'
import { formatLink } from '@ringdrop/shared/content/magnet.ts'
import { parseInfoHash, type InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { createLanguage, english } from '../../src/lang/language.ts'
import { zh } from '../../src/lang/zh.ts'
import { displayName, shareLink } from '../../src/lib/links.ts'
import { hashFor, looksLikeLink, parseRoute } from '../../src/lib/route.ts'
import { shareView } from './views.ts'

const HEX = 'ab'.repeat(32)
const infoHash = parseInfoHash(HEX) as InfoHash
const link = formatLink('https://drop.example', { infoHash, name: 'a & b.txt', totalBytes: 5 })
const hash = link.slice(link.indexOf('#'))

describe('routes', () => {
  it.each(['', '#', '#/', '#/anything'])('%j is the first screen', (text) => {
    expect(parseRoute(text)).toEqual({ page: 'home' })
  })

  it('opens magnets, percent-encoded ones, and bare infohashes', () => {
    for (const text of [hash, `#${encodeURIComponent(hash.slice(1))}`, `#${HEX}`]) {
      expect(parseRoute(text)).toMatchObject({ page: 'share', link: { infoHash } })
    }
    expect(parseRoute(hash)).toMatchObject({ link: { name: 'a & b.txt', totalBytes: 5 } })
  })

  it('says why a link is none', () => {
    expect(parseRoute('#nonsense')).toMatchObject({ page: 'badLink', code: 'notALink' })
    expect(parseRoute('#magnet:?xt=urn:btih:0123456789012345678901234567890123456789')).toMatchObject({
      code: 'v1Only',
    })
  })
})

describe('pasted text', () => {
  it.each([link, `  <${link}>\n`, hash.slice(1), HEX, link.replace('drop.example', 'other.example/app/')])(
    'becomes the fragment that shows the share: %s',
    (text) => {
      expect(looksLikeLink(text)).toBe(true)
      expect(parseRoute(hashFor(text))).toMatchObject({ page: 'share', link: { infoHash } })
    },
  )

  it.each(['https://drop.example/#invite:abc_-1', ' <https://drop.example/#invite:abc_-1> '])(
    '%j is an invite, and opened',
    (text) => {
      expect(looksLikeLink(text)).toBe(true)
      expect(parseRoute(hashFor(text)).page).toBe('invite')
    },
  )

  it('is left alone when it is prose', () => {
    expect(looksLikeLink('invite: all of the choir')).toBe(false)
    expect(looksLikeLink('see you at nine')).toBe(false)
    expect(parseRoute(hashFor('see you at nine')).page).toBe('badLink')
  })
})

it('makes links of the place the app is served from', () => {
  const share = shareView({ infoHash, name: 'x.bin', totalBytes: 7 })
  const made = shareLink({ origin: 'https://h', pathname: '/sub/index.html' }, share)
  expect(made).toBe(`https://h/sub/#magnet:?xt=urn:btmh:1220${HEX}&dn=x.bin&xl=7`)
  expect(shareLink({ origin: 'https://h', pathname: '/' }, share)).toMatch(/^https:\/\/h\/#magnet/)
})

it('never shows a name as its sharer wrote it', () => {
  expect(displayName(english, 'cv\u202efdp.exe', infoHash)).toBe('cvfdp.exe')
  expect(displayName(english, '../../etc/passwd', infoHash)).not.toContain('/')
  expect(displayName(english, null, infoHash)).toBe('Share abababab')
  expect(displayName(createLanguage('zh', zh), null, infoHash)).toBe('共享 abababab')
})
