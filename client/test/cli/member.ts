import { onTestFinished, vi } from 'vitest'
import { Member } from '../../src/cli/member.ts'
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

/** A member whose clock stands until it is told to go on. */
export function startOnClock(world: LonePeer): { pass: (ms: number) => Promise<void> } {
  let now = 0
  const looks = vi.spyOn(world.peer, 'until')
  startMember(world, () => now)
  return {
    pass: async (ms) => {
      now += ms
      // Whatever is due by then has begun.
      const enough = looks.mock.calls.length + 2
      await vi.waitUntil(() => looks.mock.calls.length >= enough, { timeout: 10_000 })
    },
  }
}

/** What went wrong, by its first words. */
export const failuresOf = (world: LonePeer) => saidOf(world, 'failed').map(({ what }) => what)
