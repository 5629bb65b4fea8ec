import { afterEach, expect, it, vi } from 'vitest'
import type { LocalSignal } from '@ringdrop/shared/protocols/introduction/effects.ts'
import { DataChannelTransport } from '../../src/adapters/node/datachannel-transport.ts'
import { pair, sid } from '../contracts/transport.contract.ts'

/** What a process does beyond the contract: two races of libdatachannel are kept from happening. */

const open: DataChannelTransport[] = []
afterEach(() => open.splice(0).forEach((transport) => transport.closeAll()))

async function signalsOfACall(): Promise<readonly LocalSignal[]> {
  const signals: LocalSignal[] = []
  const { a, b } = pair(
    (events) => {
      const transport = new DataChannelTransport(events)
      open.push(transport)
      return transport
    },
    (signal) => (signals.push(signal), true),
  )
  b.transport.open(sid, false, true)
  a.transport.open(sid, true, true)
  await vi.waitUntil(() => a.seen.opened === 1 && b.seen.opened === 1, { timeout: 20_000 })
  return signals
}

it('tells its addresses once the answer was taken in: who knows them earlier may be too fast for it', async () => {
  const signals = await signalsOfACall()
  expect(signals.slice(0, 2).map(({ type }) => type)).toEqual(['offer', 'answer'])
  // Both ends told theirs in the end.
  const ports = signals.flatMap((each) => (each.type === 'candidate' ? [each.candidate.split(' ')[5]] : []))
  expect(new Set(ports).size).toBeGreaterThanOrEqual(2)
})

it('leaves the first word of DTLS to who offers, since that end is ready last', async () => {
  const answer = (await signalsOfACall()).find(({ type }) => type === 'answer')
  expect(answer?.type === 'answer' && /^a=setup:(\w+)/m.exec(answer.sdp)?.[1]).toBe('passive')
})
