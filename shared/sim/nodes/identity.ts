import { toHex, utf8Encode } from '../../src/kernel/bytes.ts'
import { defined } from '../../src/kernel/invariant.ts'
import { parsePeerId, type PeerId } from '../../src/kernel/ids.ts'
import { sha256 } from '../../src/content/sha256.ts'

/** A key pair of a node, signing synchronously so that simulations need no event loop. */
export interface Identity {
  readonly peerId: PeerId
  /** Uncompressed point in hex. */
  readonly key: string
  sign(text: string): string
}

const hash = (text: string): string => toHex(sha256(utf8Encode(text)))

/** A made-up key of the right shape, whose id is its hash as it must be, and whose signatures only it makes here. */
export function simIdentity(number: number): Identity {
  const key = `04${hash(`x${String(number)}`)}${hash(`y${String(number)}`)}`
  const bytes = Uint8Array.from(key.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  const peerId = defined(parsePeerId(toHex(sha256(bytes))), 'peer id')
  return { peerId, key, sign: (text) => signatureOf(key, text) }
}

/** Checks what {@link simIdentity} signed. */
export const verifySim = (key: string, text: string, signature: string): boolean =>
  signature === signatureOf(key, text)

const signatureOf = (key: string, text: string): string => hash(`${key}a${text}`) + hash(`${key}b${text}`)

/** A description as Chromium writes one for data channels, with the given certificate fingerprint (64 hex digits). */
export function fakeSdp(fingerprint: string): string {
  const pairs = fingerprint.toUpperCase().match(/../g)!.join(':')
  return [
    'v=0',
    'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'a=extmap-allow-mixed',
    'a=msid-semantic: WMS',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    'a=ice-ufrag:abcd',
    'a=ice-pwd:0123456789abcdef01234567',
    'a=ice-options:trickle',
    `a=fingerprint:sha-256 ${pairs}`,
    'a=setup:actpass',
    'a=mid:0',
    'a=sctp-port:5000',
    'a=max-message-size:262144',
    '',
  ].join('\r\n')
}
