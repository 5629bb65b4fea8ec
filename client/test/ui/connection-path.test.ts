import { describe, expect, it } from 'vitest'
import { pathOf } from '../../src/adapters/connection-path.ts'

/** As recorded, without what is not read; addresses stay in to show that they get lost. */
const CHROMIUM = [
  {
    id: 'T01',
    type: 'transport',
    timestamp: 5,
    selectedCandidatePairId: 'CPabc_def',
    dtlsState: 'connected',
  },
  {
    id: 'CPabc_def',
    type: 'candidate-pair',
    timestamp: 1_700_000_000_123.4,
    state: 'succeeded',
    nominated: true,
    localCandidateId: 'Iabc',
    remoteCandidateId: 'Idef',
    currentRoundTripTime: 0.0042,
    totalRoundTripTime: 1.5,
    responsesReceived: 100,
    bytesSent: 4_000,
    bytesReceived: 9_000,
  },
  { id: 'CPold', type: 'candidate-pair', state: 'succeeded', nominated: true, localCandidateId: 'Iabc' },
  {
    id: 'Iabc',
    type: 'local-candidate',
    candidateType: 'host',
    protocol: 'udp',
    address: '10.0.0.5',
    port: 5000,
  },
  { id: 'Idef', type: 'remote-candidate', candidateType: 'prflx', protocol: 'udp', address: '10.0.0.9' },
]
const FIREFOX = [
  {
    id: '{pair-1}',
    type: 'candidate-pair',
    timestamp: 77,
    state: 'failed',
    nominated: false,
    selected: false,
    localCandidateId: 'a',
    remoteCandidateId: 'b',
  },
  {
    id: '{pair-2}',
    type: 'candidate-pair',
    timestamp: 88,
    state: 'succeeded',
    nominated: true,
    selected: true,
    localCandidateId: 'c',
    remoteCandidateId: 'd',
    bytesSent: 12,
    bytesReceived: 34,
    totalRoundTripTime: 0.09,
    responsesReceived: 3,
  },
  { id: 'c', type: 'local-candidate', candidateType: 'relay', protocol: 'udp', relayProtocol: 'tcp' },
  { id: 'd', type: 'remote-candidate', candidateType: 'srflx', protocol: 'udp' },
]

describe('the path of a connection', () => {
  it('is the pair that Chromium names in its transport', () => {
    expect(pathOf(CHROMIUM)).toEqual({
      local: 'host',
      remote: 'prflx',
      protocol: 'udp',
      roundTripMs: 4.2,
      sentBytes: 4_000,
      receivedBytes: 9_000,
      at: 1_700_000_000_123.4,
    })
  })

  it('is the pair that Firefox marks; without a last round trip the mean is taken', () => {
    expect(pathOf(FIREFOX)).toEqual({
      local: 'relay',
      remote: 'srflx',
      protocol: 'udp',
      roundTripMs: 30,
      sentBytes: 12,
      receivedBytes: 34,
      at: 88,
    })
  })

  it('is the nominated pair where nothing is marked', () => {
    const pairs = FIREFOX.map((entry) => ({ ...entry, selected: undefined }))
    expect(pathOf(new Map(pairs.map((entry) => [entry.id, entry])))?.at).toBe(88)
  })

  it('tells no address', () => {
    expect(JSON.stringify(pathOf(CHROMIUM))).not.toMatch(/10\.0\.0|5000/)
  })

  it.each([
    [[], null],
    [[{ type: 'candidate-pair' }, 'nonsense', null, { id: 7 }], null],
    [[{ id: 'T', type: 'transport', selectedCandidatePairId: 'gone' }], null],
  ])('%j is none', (entries, path) => {
    expect(pathOf(entries)).toBe(path)
  })

  it('says nothing that the browser did not', () => {
    const bare = { id: 'p', type: 'candidate-pair', state: 'succeeded', nominated: true }
    const odd = { id: 'x', type: 'local-candidate', candidateType: 'tunnel', protocol: 'carrier pigeon' }
    expect(pathOf([{ ...bare, localCandidateId: 'x' }, odd])).toMatchObject({
      local: null,
      remote: null,
      protocol: null,
      roundTripMs: null,
    })
  })
})
