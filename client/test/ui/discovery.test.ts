import { describe, expect, it } from 'vitest'
import { parsePeerId, type PeerId } from '@ringdrop/shared/kernel/ids.ts'
import { simIdentity } from '@ringdrop/shared/sim/nodes/identity.ts'
import type { AnswerView } from '@ringdrop/shared/node/searches.ts'
import type { SystemsView } from '@ringdrop/shared/node/systems-view.ts'
import type { SignalEnvelope } from '@ringdrop/shared/wire/envelope.ts'
import { network } from '../../src/lang/network/en.ts'
import { inviteText, isInviteText, readInviteText } from '../../src/app/invite-text.ts'
import { english as en } from '../../src/lang/language.ts'
import { parseRoute, searchHash } from '../../src/lib/route.ts'
import { endWords, standingWords } from '../../src/lib/system-words.ts'
import { queueWords } from '../../src/lib/words.ts'
import { PEER } from './views.ts'

const peer = (digit: string): PeerId => parsePeerId(digit.repeat(64)) as PeerId
const traffic = { sentMessages: 1, sentBytes: 2, receivedMessages: 3, receivedBytes: 4 }

function systems(parts: Partial<SystemsView> = {}): SystemsView {
  const relay = { relayed: 0, refused: 0, circuits: 0, carriedBytes: 0 }
  return { relay, overlays: 'ready', directory: null, gnutella: null, kazaa: null, ring: null, ...parts }
}

const ring = (parts: object) =>
  ({
    position: '3'.repeat(40),
    state: 'member',
    predecessors: [peer('2')],
    successors: [peer('5'), peer('9')],
    fingers: [{ level: 159, peer: peer('b') }],
    records: 0,
    size: 12,
    routing: 'full',
    traffic,
    ...parts,
  }) as SystemsView['ring']

describe('an invite as text', () => {
  const { peerId, key } = simIdentity(1)
  const envelope: SignalEnvelope = {
    v: 1,
    kind: 'invite',
    to: peerId,
    from: peerId,
    key,
    sid: 'ab'.repeat(16) as SignalEnvelope['sid'],
    expiry: 1_700_000_000_000,
    payload: JSON.stringify({ nonce: 'cd'.repeat(16), sdp: 'v=0\r\n'.repeat(100) }),
    signature: 'ef'.repeat(64),
    route: [],
  }

  it('comes back whole from a link, and a reply from its text', async () => {
    const link = await inviteText(envelope, 'https://drop.example')
    expect(link).toMatch(/^https:\/\/drop\.example\/#invite:[\w-]+$/)
    expect(await readInviteText(`  ${link}\n`)).toEqual(envelope)
    const reply = { ...envelope, kind: 'answer' } as const
    const text = await inviteText(reply, 'https://drop.example')
    expect(text).toMatch(/^reply:/)
    expect(await readInviteText(text)).toEqual(reply)
    expect(parseRoute(new URL(link).hash)).toMatchObject({ page: 'invite' })
  })

  it.each([
    '',
    'hello',
    'invite:',
    'reply:AAAAAAAAAAAAAAAAAAAAAAAA',
    '#invite:not base64 at all !!!!!!!!!!!',
  ])('%j is none', async (text) => {
    expect(await readInviteText(text)).toBeNull()
  })

  it('is refused when it unpacks to more than an invite can be, or was cut short', async () => {
    const link = await inviteText({ ...envelope, payload: ' '.repeat(1_000_000) }, 'https://drop.example')
    expect(link.length).toBeLessThan(12_000)
    expect(isInviteText(link)).toBe(true)
    expect(await readInviteText(link)).toBeNull()
    expect(await readInviteText((await inviteText(envelope, '')).slice(0, -12))).toBeNull()
  })
})

describe('the search address', () => {
  it.each(['', 'two words', 'a&b=c#d', '日本語'])('keeps %j', (query) => {
    expect(parseRoute(searchHash(query))).toEqual({ page: 'search', query })
  })
})

describe('words about systems', () => {
  const answer = (parts: Partial<AnswerView>): AnswerView => ({
    system: 'ring',
    state: 'ended',
    because: 'complete',
    hits: 0,
    messages: 0,
    bytes: 0,
    hops: 0,
    firstHitMs: null,
    tookMs: null,
    steps: [],
    ...parts,
  })

  it.each<[Partial<AnswerView>, string]>([
    [{ state: 'asking', because: null }, 'asking…'],
    [{ hits: 2 }, 'done'],
    [{}, 'nothing found'],
    [{ because: 'deadline' }, 'nothing in time'],
    [{ because: 'deadline', hits: 1 }, 'done'],
    [{ because: 'noNeighbours' }, 'no neighbours yet'],
    [{ because: 'noNeighbours', system: 'directory' }, 'no directory within reach'],
    [{ because: 'off' }, 'switched off here'],
    [{ because: 'starting' }, 'is still loading: ask again in a moment'],
    [{ because: 'failed' }, 'did not answer'],
  ])('%j', (parts, words) => {
    expect(endWords(en, answer(parts))).toBe(words)
  })

  it('say how this peer stands, honestly in small rings', () => {
    const standing = standingWords(
      network.standing,
      systems({ directory: { state: 'roleOff' }, ring: ring({ state: 'forming', size: 3 }) }),
    )
    expect(standing).toMatchObject({ directory: 'this server runs none', gnutella: 'switched off' })
    expect(standing.ring).toContain('too few to be sure')
    const early = standingWords(network.standing, systems({ overlays: 'starting' }))
    expect(early).toMatchObject({ directory: 'switched off', gnutella: 'starting…', ring: 'starting…' })
    expect(standingWords(network.standing, systems({ ring: ring({}) })).ring).toContain('12')
  })
})

describe('places in upload queues', () => {
  const place = (position: number, etaMs = 0) => ({ peer: PEER, position, etaMs })
  it.each([
    [null, null],
    [[], null],
    [[place(0), place(3)], '1 of 2 sources serves'],
    [[place(4, 90_000), place(2, 40_000)], 'place 2'],
  ])('%j', (places, words) => {
    if (words === null) expect(queueWords(en, places)).toBeNull()
    else expect(queueWords(en, places)?.replaceAll('\u00a0', ' ')).toContain(words)
  })
})
