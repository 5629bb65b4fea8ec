import * as v from 'valibot'
import { LIMITS } from '../../src/kernel/limits.ts'
import { decodeEnvelope } from '../../src/wire/envelope.ts'
import { nearbyChangeSchema, nearbyRequestSchema, nearbyResponseSchema } from '../../src/wire/nearby.ts'
import * as wire from '../../src/wire/signaling.ts'
import type { FuzzInput, FuzzTarget } from './fuzz.ts'
import type { Traffic } from './traffic.ts'

const HASH = 'ab'.repeat(32)
const OTHER = 'cd'.repeat(32)

/** A target that reads values by a schema. */
export function schemaTarget(name: string, schema: v.GenericSchema, seeds: readonly unknown[]): FuzzTarget {
  const run = (input: FuzzInput) => {
    const parsed = v.safeParse(schema, input)
    return parsed.success ? { outcome: 'ok', value: parsed.output } : { outcome: 'refused' }
  }
  return { name, kind: 'value', seeds, maxLength: LIMITS.socketMessageBytes, run, weight: 0.3 }
}

/** Everything that the server takes from a socket, and the client from the server. */
export function valueTargets({ envelopes }: Traffic): FuzzTarget[] {
  const listing = { root: HASH, infoHash: OTHER, name: 'Holiday/film.mp4', sizeBytes: 123 }
  const card = { name: 'Ana’s phone', kind: 'phone' }
  const counts = { seeders: 1, leechers: 2, seedSeenAgoMs: null }
  const announce = { infoHash: HASH, event: 'started', left: 5, uploaded: 0, downloaded: 0, numWant: 20 }
  const byWords = { criteria: { by: 'words', words: ['holiday', 'film'] }, limit: 20 }
  const identified = {
    ok: true,
    peerId: HASH,
    roles: ['tracker', 'directory'],
    iceServers: [{ urls: ['turn:turn.example:3478'], username: 'a', credential: 'b' }],
  }
  const envelope: FuzzTarget = {
    name: 'envelope',
    kind: 'value',
    seeds: envelopes,
    maxLength: LIMITS.socketMessageBytes,
    run: (input) => {
      const decoded = decodeEnvelope(input)
      return decoded.ok ? { outcome: 'ok', value: decoded.value } : { outcome: decoded.code }
    },
  }
  const update = { reset: true, add: [{ infoHash: OTHER, listings: [listing] }], withdraw: [HASH] }
  return [
    envelope,
    schemaTarget('identify', wire.identifyRequestSchema, [
      { key: '04' + 'ab'.repeat(64), host: 'localhost', signature: 'cd'.repeat(64) },
    ]),
    schemaTarget('identified', wire.identifyResponseSchema, [identified]),
    schemaTarget('announce', wire.announceRequestSchema, [announce]),
    schemaTarget('announced', wire.announceResponseSchema, [
      { ok: true, intervalMs: 60_000, peers: [HASH, OTHER], ...counts },
    ]),
    schemaTarget('scrape', wire.scrapeRequestSchema, [{ infoHash: HASH }]),
    schemaTarget('sample', wire.sampleRequestSchema, [{ numWant: 10 }]),
    schemaTarget('directory update', wire.directoryUpdateRequestSchema, [update]),
    schemaTarget('directory search', wire.directorySearchRequestSchema, [
      byWords,
      { criteria: { by: 'infoHash', infoHash: HASH }, limit: 5 },
    ]),
    schemaTarget('directory hits', wire.directorySearchResponseSchema, [
      { ok: true, hits: [{ listing, providers: [HASH] }], peers: [OTHER] },
    ]),
    schemaTarget('nearby request', nearbyRequestSchema, [{ card }, { card: null }]),
    schemaTarget('nearby answer', nearbyResponseSchema, [{ ok: true, peers: [{ peer: HASH, ...card }] }]),
    schemaTarget('nearby change', nearbyChangeSchema, [{ joined: [{ peer: HASH, ...card }], left: [OTHER] }]),
    schemaTarget('closing', wire.closingSchema, [{ reason: 'replaced' }]),
  ]
}
