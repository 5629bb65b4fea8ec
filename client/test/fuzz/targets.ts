import { createRng } from '@ringdrop/shared/kernel/rng.ts'
import { defined, invariant } from '@ringdrop/shared/kernel/invariant.ts'
import type { FuzzInput, FuzzTarget } from '@ringdrop/shared/fuzz/fuzz.ts'
import { schemaTarget } from '@ringdrop/shared/fuzz/value-targets.ts'
import { equalBytes, type Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import { fakeSdp } from '../../../shared/test/node/keys.ts'
import { decodeLane, encodeLane, type LaneMessage } from '../../src/adapters/lanes/lane-codec.ts'
import * as stored from '../../src/adapters/stored-state.ts'
import { isInviteText } from '../../src/app/invite-text.ts'
import { parseRate } from '../../src/lib/rate.ts'
import { hashFor, parseRoute } from '../../src/lib/route.ts'
import { parseRange, parseStreamUrl, streamPath } from '../../src/workers/media-protocol.ts'
import { parseInfoHash } from '@ringdrop/shared/kernel/ids.ts'

const HASH = 'ab'.repeat(32)
const ORIGIN = 'https://ringdrop.example/'

function text(name: string, seeds: readonly string[], run: (text: string) => string): FuzzTarget {
  return {
    name,
    kind: 'text',
    seeds,
    maxLength: 9_000,
    weight: 0.3,
    run: (input: FuzzInput) => ({ outcome: run(String(input)) }),
  }
}

const LANE_MESSAGES: readonly LaneMessage[] = [
  { type: 'offer', lane: 1, sdp: fakeSdp(HASH) },
  { type: 'answer', lane: 1, sdp: fakeSdp(HASH) },
  { type: 'candidate', lane: 1, from: 'maker', candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host' },
  { type: 'candidate', lane: 1, from: 'taker', candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host' },
  { type: 'lost', lane: 1 },
  { type: 'end', lane: 1, bytes: 2 ** 33 },
  { type: 'ended', lane: 1 },
]

/** What peers say of lanes has one spelling: written again it gives the very same bytes. */
const laneTarget: FuzzTarget = {
  name: 'lane message',
  kind: 'bytes',
  seeds: LANE_MESSAGES.map(encodeLane),
  maxLength: LIMITS.sdpBytes + 16,
  weight: 0.3,
  run: (input) => {
    const message = decodeLane(input as Bytes)
    if (!message.ok) return { outcome: message.code }
    invariant(equalBytes(encodeLane(message.value), input as Bytes), 'written again, the message differs')
    return { outcome: 'ok', value: message.value }
  },
}

/** Decoders of the app alone: addresses, messages about lanes, what the service worker is asked for, and what storage gives back. */
export function clientTargets(): FuzzTarget[] {
  const infoHash = defined(parseInfoHash(HASH), 'infohash')
  const bytes = createRng(1).bytes(64)
  const share = {
    infoHash: HASH,
    infoBytes: bytes,
    isSource: true,
    isPaused: false,
    isUnlisted: false,
    selection: [0, 2],
    priorities: ['skip', 'high'],
    addedAt: 1_700_000_000_000,
    handles: null,
  }
  const settings = {
    systems: { directory: true, gnutella: false, kazaa: true, ring: true },
    answeredBy: 'ring',
    isWilling: true,
    ringRouting: 'full',
    gnutellaMode: 'pruned',
  }
  return [
    text(
      'route',
      ['#/search?q=a%20b', '#/network', `#magnet:?xt=urn:btmh:1220${HASH}&dn=a`, '#invite:abc'],
      (hash) => {
        const { page } = parseRoute(hash)
        parseRoute(hashFor(hash))
        return page === 'badLink' ? 'refused' : 'ok'
      },
    ),
    text('stream address', [ORIGIN + streamPath(infoHash, 3, 'video/mp4').slice(2)], (address) => {
      if (!URL.canParse(address)) return 'no address'
      const stream = parseStreamUrl(new URL(address), ORIGIN)
      if (stream === null) return 'refused'
      invariant(/^(audio|video)\//.test(stream.type) && stream.file <= 99_999, 'nothing but films and sounds')
      return 'ok'
    }),
    text('range', ['bytes=0-', 'bytes=500-999'], (header) => {
      const { first, last } = parseRange(header)
      invariant(Number.isSafeInteger(first) && first >= 0, 'a place in a file')
      invariant(last === null || (Number.isSafeInteger(last) && last >= first), 'a place behind it')
      return first > 0 || last !== null ? 'ok' : 'start'
    }),
    text('rate', ['100', '1.5', '0'], (rate) => {
      const parsed = parseRate(rate)
      invariant(parsed === null || parsed > 0, 'a rate or none')
      return parsed === null ? 'none' : 'ok'
    }),
    text('invite', [`${ORIGIN}#invite:${'ab'.repeat(40)}`], (invite) =>
      isInviteText(invite) ? 'ok' : 'refused',
    ),
    schemaTarget('stored share', stored.shareSchema, [share]),
    schemaTarget('stored span', stored.spanSchema, [{ root: HASH, span: 0, hashes: bytes, proof: bytes }]),
    schemaTarget('stored ring', stored.ringSchema, [{ peers: [HASH], records: [bytes] }]),
    schemaTarget('stored settings', stored.settingsSchema, [settings]),
    schemaTarget('stored limits', stored.limitsSchema, [{ uploadRate: null, downloadRate: 5 }]),
    laneTarget,
    schemaTarget('stored nearby', stored.nearbySchema, [{ isOn: true, name: 'Ana' }]),
  ]
}
