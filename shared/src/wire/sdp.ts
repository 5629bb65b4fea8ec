import { LIMITS } from '../kernel/limits.ts'
import { isCircuitDescription, readCircuitDescription, type CircuitRef } from './circuit-description.ts'
import { fail, ok, type Result } from './result.ts'

/** What we need of a description of one end. */
export interface SdpFacts {
  /** The DTLS certificate's SHA-256, lower-case hex without colons; of an end of a circuit, its public key. */
  readonly fingerprint: string
  /** The circuit that it describes an end of; `null` for a session description. */
  readonly circuit: CircuitRef | null
}

export type SdpCode = 'tooBig' | 'badLine' | 'badMedia' | 'badFingerprint' | 'unknownAttribute'

const SESSION_LINES =
  /^(v=0|o=[\x20-\x7e]{1,200}|s=[\x20-\x7e]{1,100}|t=0 0|c=IN IP[46] [0-9a-fA-F.:]{2,45})$/
const MEDIA_LINE = /^m=application \d{1,5} (UDP|TCP)\/DTLS\/SCTP webrtc-datachannel$/
const FINGERPRINT = /^a=fingerprint:sha-256 ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})$/i
/** Attributes of a description with data channels only, as browsers write them (RFC 8829, 8841). */
const ATTRIBUTES = new Set([
  'group',
  'extmap-allow-mixed',
  'msid-semantic',
  'ice-ufrag',
  'ice-pwd',
  'ice-options',
  'fingerprint',
  'setup',
  'mid',
  'sctp-port',
  'max-message-size',
  'sendrecv',
  'candidate',
  'end-of-candidates',
])

/** Checks a description line by line against what a data-channel-only peer sends; everything else is refused. */
export function inspectSdp(sdp: string): Result<SdpFacts, SdpCode> {
  if (sdp.length > LIMITS.sdpBytes) return fail('tooBig')
  if (isCircuitDescription(sdp)) return inspectCircuit(sdp)
  let mediaCount = 0
  const fingerprints = new Set<string>()
  for (const line of sdp.split(/\r?\n/)) {
    if (line === '') continue
    if (line.startsWith('m=')) {
      mediaCount++
      if (!MEDIA_LINE.test(line)) return fail('badMedia')
    } else if (line.startsWith('a=')) {
      const name = /^a=([a-z-]+)/.exec(line)?.[1] ?? ''
      if (!ATTRIBUTES.has(name)) return fail('unknownAttribute')
      const candidate = name === 'candidate' ? inspectCandidate(line.slice(2)) : null
      if (candidate === 'refused') return fail('badLine')
      if (name === 'fingerprint') fingerprints.add(FINGERPRINT.exec(line)?.[1]?.toLowerCase() ?? 'bad')
    } else if (!SESSION_LINES.test(line)) {
      return fail('badLine')
    }
  }
  if (mediaCount !== 1) return fail('badMedia')
  const [fingerprint] = fingerprints
  if (fingerprints.size !== 1 || fingerprint === undefined || fingerprint === 'bad')
    return fail('badFingerprint')
  return ok({ fingerprint: fingerprint.replaceAll(':', ''), circuit: null })
}

function inspectCircuit(text: string): Result<SdpFacts, SdpCode> {
  const description = readCircuitDescription(text)
  if (description === null) return fail('badLine')
  const { key, relay, id } = description
  return ok({ fingerprint: key, circuit: { relay, id } })
}

const CANDIDATE =
  /^candidate:[\w+/]{1,32} [12] (udp|tcp) \d{1,10} (\S{1,255}) \d{1,5} typ (host|srflx|prflx|relay)( [\x20-\x7e]{0,300})?$/i
const NAME = /^[0-9a-f-]{8,64}\.local$/i
const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/
const IPV6 = /^[0-9a-f:]{2,39}$/i

/**
 * Whether a candidate line may be handed to the browser: addresses and mDNS names only (never a name that
 * would be looked up), not loopback, unspecified, link-local, multicast or IPv4 dressed as IPv6.
 */
export function inspectCandidate(candidate: string): 'allowed' | 'refused' {
  // An empty candidate ends the list.
  if (candidate === '') return 'allowed'
  const address = CANDIDATE.exec(candidate)?.[2]
  if (address === undefined) return 'refused'
  if (NAME.test(address)) return 'allowed'
  if (IPV4.test(address)) return isForbiddenIpv4(address) ? 'refused' : 'allowed'
  if (IPV6.test(address)) return isForbiddenIpv6(address.toLowerCase()) ? 'refused' : 'allowed'
  return 'refused'
}

function isForbiddenIpv4(address: string): boolean {
  const parts = address.split('.').map(Number)
  const [a = 0, b = 0] = parts
  if (parts.some((part) => part > 255)) return true
  return a === 0 || a === 127 || a >= 224 || (a === 169 && b === 254)
}

function isForbiddenIpv6(address: string): boolean {
  return /^(::|::1|::ffff:.*|fe[89ab].*|ff.*|64:ff9b:.*)$/.test(address)
}
