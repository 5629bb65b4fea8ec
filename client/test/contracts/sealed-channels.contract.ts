import { describe, expect, it, vi } from 'vitest'
import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import { defined } from '@ringdrop/shared/kernel/invariant.ts'
import { parseNonce, parsePeerId, parseSessionId } from '@ringdrop/shared/kernel/ids.ts'
import type { LocalSignal } from '@ringdrop/shared/protocols/introduction/effects.ts'
import { inspectSdp } from '@ringdrop/shared/wire/sdp.ts'
import { SealedChannels } from '../../src/adapters/sealed-channels.ts'

const sid = defined(parseSessionId('5d'.repeat(16)), 'session')
const circuit = {
  relay: defined(parsePeerId('ee'.repeat(32)), 'peer'),
  id: defined(parseNonce('c1'.repeat(16)), 'circuit'),
}

/** One end, and all that it told. */
class End {
  readonly signals: LocalSignal[] = []
  readonly frames: { channel: string; bytes: Bytes }[] = []
  readonly sealed: Bytes[] = []
  state: 'new' | 'open' | 'closed' = 'new'
  readonly channels = new SealedChannels({
    signal: (_, signal) => this.signals.push(signal),
    open: () => (this.state = 'open'),
    closed: () => (this.state = 'closed'),
    frame: (_, channel, bytes) => this.frames.push({ channel, bytes }),
    sealed: (_, bytes) => this.sealed.push(bytes),
  })

  constructor(isInitiator: boolean) {
    this.channels.open(sid, isInitiator, circuit)
  }

  async signal(): Promise<LocalSignal> {
    return vi.waitUntil(() => this.signals.shift())
  }

  /** A frame with its seal. */
  async seal(channel: 'control' | 'bulk', bytes: Bytes): Promise<Bytes> {
    this.channels.seal(sid, channel, bytes)
    return vi.waitUntil(() => this.sealed.shift())
  }
}

async function opened(): Promise<{ a: End; b: End }> {
  const [a, b] = [new End(true), new End(false)]
  b.channels.signal(sid, await a.signal())
  a.channels.signal(sid, await b.signal())
  await vi.waitUntil(() => a.state === 'open' && b.state === 'open')
  return { a, b }
}

const bytesOf = (...values: number[]): Bytes => Uint8Array.from(values)

/** What frames over a relay go through, by whatever WebCrypto there is. */
export function sealedChannelsContract(): void {
  describe('sealed channels', () => {
    it('describe themselves as the introduction expects it', async () => {
      const signal = await new End(true).signal()
      expect(signal.type).toBe('offer')
      expect(inspectSdp(signal.type === 'candidate' ? '' : signal.sdp)).toMatchObject({
        ok: true,
        value: { circuit },
      })
    })

    it('carry frames of both channels, both ways and in order', async () => {
      const { a, b } = await opened()
      const sent = [bytesOf(1, 2, 3), bytesOf(), new Uint8Array(70_000).fill(7)]
      for (const bytes of sent) b.channels.unseal(sid, await a.seal('bulk', bytes))
      a.channels.unseal(sid, await b.seal('control', bytesOf(9)))
      await vi.waitUntil(() => b.frames.length === 3 && a.frames.length === 1)
      expect(b.frames.map(({ channel, bytes }) => [channel, bytes.length])).toEqual([
        ['bulk', 3],
        ['bulk', 0],
        ['bulk', 70_000],
      ])
      expect(a.frames).toEqual([{ channel: 'control', bytes: bytesOf(9) }])
    })

    it('show nothing of what they carry', async () => {
      const { a } = await opened()
      const secret = new TextEncoder().encode('a secret that is long enough to be seen')
      const first = await a.seal('control', secret)
      const second = await a.seal('control', secret)
      expect(new TextDecoder().decode(first)).not.toContain('secret')
      expect(first).not.toEqual(second)
      expect(first.length).toBe(secret.length + 17)
    })

    it.each<[string, (frames: Bytes[], own: Bytes) => Bytes[]]>([
      ['changed', ([first]) => [flip(first)]],
      ['cut short', ([first]) => [defined(first, 'frame').slice(0, -1)]],
      ['repeated', ([first]) => [defined(first, 'frame'), defined(first, 'frame')]],
      ['left out', ([, second]) => [defined(second, 'frame')]],
      ['in another order', ([first, second]) => [defined(second, 'frame'), defined(first, 'frame')]],
      ['sent back', (_, own) => [own]],
      ['made up', () => [bytesOf(...Array.from({ length: 40 }, (_, at) => at))]],
      ['empty', () => [bytesOf()]],
    ])('close when a frame is %s', async (_, tamper) => {
      const { a, b } = await opened()
      const frames = [await a.seal('control', bytesOf(1)), await a.seal('control', bytesOf(2))]
      for (const frame of tamper(frames, await b.seal('control', bytesOf(3)))) b.channels.unseal(sid, frame)
      await vi.waitUntil(() => b.state === 'closed')
      expect(b.frames.length).toBeLessThan(2)
      expect(b.channels.has(sid)).toBe(false)
    })

    it('wait for a key that frames overtake, and not for a flood', async () => {
      const [a, b] = [new End(true), new End(false)]
      b.channels.signal(sid, await a.signal())
      const answer = await b.signal()
      a.channels.unseal(sid, await b.seal('control', bytesOf(1)))
      a.channels.signal(sid, answer)
      await vi.waitUntil(() => a.frames.length === 1)
      const lonely = new End(true)
      for (let number = 0; number < 100; number++) lonely.channels.unseal(sid, bytesOf(1))
      expect(lonely.state).toBe('closed')
    })

    it('close when the other key is none', async () => {
      const [a, b] = [new End(true), new End(false)]
      const offer = await a.signal()
      const sdp = offer.type === 'candidate' ? '' : offer.sdp.replace(/key=04.*/, `key=04${'00'.repeat(64)}`)
      b.channels.signal(sid, { type: 'offer', sdp })
      await vi.waitUntil(() => b.state === 'closed')
    })
  })
}

function flip(frame: Bytes | undefined): Bytes {
  const changed = defined(frame, 'frame').slice()
  changed[3] = (changed[3] ?? 0) ^ 1
  return changed
}
