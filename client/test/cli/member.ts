import { onTestFinished, vi } from 'vitest'
import { Member } from '../../src/cli/node-command.ts'
import { SERVER, type LonePeer } from './lone-peer.ts'

/** Runs a member until it is told to end. */
export const runMember = (
  { peer, output, memory, out }: LonePeer,
  signal: AbortSignal,
  clock?: () => number,
) => new Member({ peer, output, signal }, memory, SERVER, out, clock).run()

/** Starts a member that ends with the test. */
export function startMember(world: LonePeer, clock?: () => number): void {
  const ending = new AbortController()
  const done = runMember(world, ending.signal, clock)
  onTestFinished(async () => {
    ending.abort()
    await done
  })
}

/** What a command said under one name. */
export const saidOf = ({ events }: LonePeer, name: string) => events.filter(({ event }) => event === name)

/** Waits until it was said so often. */
export const untilSaid = (world: LonePeer, name: string, count = 1) =>
  vi.waitUntil(() => saidOf(world, name).length >= count, { timeout: 10_000 })
