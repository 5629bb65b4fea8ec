/** Magnet links of BitTorrent v2 (BEP 9 with the multihash of BEP 52) and the app's links around them. */
import { utf8Decode, utf8Encode } from '../kernel/bytes.ts'
import { type InfoHash, parseInfoHash, parsePeerId, type PeerId } from '../kernel/ids.ts'
import { fail, ok, type Result } from '../wire/result.ts'

/** What a link of ours says about a share. */
export interface MagnetFields {
  readonly infoHash: InfoHash
  readonly name: string
  readonly totalBytes: number
  /** The peer that made the link: a first source to ask for (`x.pk`). */
  readonly providerKey?: PeerId
}

/** What could be read from a link that somebody pasted. None of it is verified. */
export interface ParsedLink {
  readonly infoHash: InfoHash
  /** Raw: see `file-names.ts` before it is shown. */
  readonly name: string | null
  readonly totalBytes: number | null
  readonly providerKey: PeerId | null
}

/** Why a text is not a link that we can open. */
export type LinkCode =
  | 'empty'
  /** Neither a magnet, nor an infohash, nor a link that holds one. */
  | 'notALink'
  /** A magnet without an exact topic that is a SHA-256 infohash. */
  | 'badInfohash'
  /** A BitTorrent v1 (SHA-1) infohash. */
  | 'v1Only'
  | 'tooLong'

/** Longest text that is looked at, in UTF-16 code units. A name of 255 bytes and a dozen trackers need 2,000. */
const MAX_LINK_LENGTH = 8_192
/** Multihash prefix of SHA-256: function 0x12, length 0x20. */
const MULTIHASH = '1220'
/** Programs that quote a link quote it at most this often. */
const MAX_QUOTING = 3

const MAGNET = /magnet(?::|%(?:25)*3a)(?:\?|%(?:25)*3f)/i
const BARE_V2 = /^(?:1220)?([0-9a-f]{64})$/i
const BARE_V1 = /^(?:[0-9a-f]{40}|[a-z2-7]{32})$/i
const TOPIC_KEY = /^xt(?:\.\d+)?$/

/** `magnet:?xt=urn:btmh:1220<infohash>&dn=<name>&xl=<bytes>[&x.pk=<peer id>]` */
export function formatMagnet(fields: MagnetFields): string {
  // encodeURIComponent throws on lone surrogates; the detour makes them U+FFFD.
  const name = encodeURIComponent(utf8Decode(utf8Encode(fields.name)) ?? '')
  const provider = fields.providerKey === undefined ? '' : `&x.pk=${fields.providerKey}`
  return `magnet:?xt=urn:btmh:${MULTIHASH}${fields.infoHash}&dn=${name}&xl=${fields.totalBytes}${provider}`
}

/** `<origin>/#<magnet>`: all in the fragment, which browsers never send to a server. */
export function formatLink(origin: string, fields: MagnetFields): string {
  return `${origin}/#${formatMagnet(fields)}`
}

/**
 * Reads what a person pastes: a magnet, a bare infohash (with or without the `1220` prefix), or a link with a
 * magnet or infohash in its fragment, also when a chat program has percent-encoded it or put it in angle
 * brackets. Never throws.
 */
export function parseLink(text: string): Result<ParsedLink, LinkCode> {
  if (text.length > MAX_LINK_LENGTH) return fail('tooLong')
  const link = bareLink(text)
  if (link === '') return fail('empty')
  const magnet = MAGNET.exec(link)
  if (magnet !== null) return parseMagnet(link.slice(magnet.index + magnet[0].length))
  return parseBare(link.slice(link.indexOf('#') + 1))
}

/** Without what chat programs and terminals put around a link. */
export const bareLink = (text: string): string =>
  text
    .trim()
    .replace(/^<+|>+$/g, '')
    .trim()

function parseBare(text: string): Result<ParsedLink, LinkCode> {
  const infoHash = parseInfoHash(BARE_V2.exec(text)?.[1]?.toLowerCase())
  if (infoHash !== null) return ok({ infoHash, name: null, totalBytes: null, providerKey: null })
  return fail(BARE_V1.test(text) ? 'v1Only' : 'notALink')
}

/** @param query what follows `magnet:?`. */
function parseMagnet(query: string): Result<ParsedLink, LinkCode> {
  let plain = query
  for (let i = 0; i < MAX_QUOTING && !plain.includes('='); i++) plain = unquote(plain)
  const topics: string[] = []
  const fields = new Map<string, string>()
  for (const pair of plain.split('&')) {
    const equals = pair.indexOf('=')
    if (equals < 0) continue
    const key = unquote(pair.slice(0, equals)).toLowerCase().replace(/^amp;/, '') // from links copied out of HTML source
    const value = unquote(pair.slice(equals + 1).replaceAll('+', ' '))
    if (TOPIC_KEY.test(key)) topics.push(value.toLowerCase())
    else if (!fields.has(key)) fields.set(key, value)
  }
  for (const topic of topics) {
    const infoHash = parseInfoHash(/^urn:btmh:1220([0-9a-f]{64})$/.exec(topic.trim())?.[1])
    if (infoHash === null) continue
    return ok({
      infoHash,
      name: fields.get('dn') || null,
      totalBytes: readSize(fields.get('xl')),
      providerKey: parsePeerId(fields.get('x.pk')?.trim().toLowerCase()),
    })
  }
  const isV1 = topics.length > 0 && topics.every((topic) => topic.startsWith('urn:btih:'))
  return fail(isV1 ? 'v1Only' : 'badInfohash')
}

function readSize(text: string | undefined): number | null {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return null
  const size = Number(text)
  return Number.isSafeInteger(size) ? size : null
}

/** Percent-decodes; text that is not well encoded stays as it is. */
function unquote(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
