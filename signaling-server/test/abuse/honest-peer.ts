import type { SignalEnvelope } from '@ringdrop/shared/wire/envelope.ts'
import { announcement, infoHash, join } from '../helpers.ts'
import type { Target } from './raw-socket.ts'

/** Milliseconds between two requests: well within the rate limits of one peer. */
const PACE_MS = 70

/** What the honest pair met. */
export interface Experience {
  readonly asked: number
  readonly failed: number
  /** Signals that came from somebody else than the friend. */
  readonly forged: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Two peers that use the server as they may all the time, while others abuse it. */
export async function startHonestPair(target: Target): Promise<{ stop: () => Promise<Experience> }> {
  const [peer, friend] = [await join(target), await join(target)]
  const times: number[] = []
  const underWay = new Set<Promise<void>>()
  let [failed, forged, turn] = [0, 0, 0]
  const waiting = new Map<string, () => void>()
  peer.socket.on('signal', () => forged++)
  friend.socket.on('signal', ({ from, sid }: SignalEnvelope) => {
    if (from !== peer.peer.id) forged++
    waiting.get(sid)?.()
  })
  const share = infoHash(7)
  const isOk = (answer: unknown): boolean => (answer as { ok?: boolean }).ok === true
  const requests: (() => Promise<boolean>)[] = [
    async () => isOk(await peer.ask('announce', announcement({ infoHash: share }))),
    async () => {
      const sid = (++turn).toString(16).padStart(32, '0') as SignalEnvelope['sid']
      const arrived = new Promise<void>((resolve) => waiting.set(sid, resolve))
      const isTaken = isOk(await peer.ask('signal', peer.peer.envelope(friend.peer.id, { sid })))
      await arrived
      return waiting.delete(sid) && isTaken
    },
    async () => ((await friend.ask('scrape', { infoHash: share })) as { seeders: number }).seeders === 1,
    async () => (await fetch(`${target.origin}/health`)).ok,
  ]
  let at = 0
  const timer = setInterval(() => {
    const ask = requests[at++ % requests.length]
    if (ask === undefined) return
    const from = performance.now()
    const done: Promise<void> = ask()
      .catch(() => false)
      .then((isFine) => {
        times.push(performance.now() - from)
        if (!isFine) failed++
        underWay.delete(done)
      })
    underWay.add(done)
  }, PACE_MS)
  const stop = async (): Promise<Experience> => {
    clearInterval(timer)
    await Promise.all(underWay)
    const sorted = times.toSorted((a, b) => a - b)
    const quantile = (part: number): number => sorted[Math.floor(sorted.length * part)] ?? 0
    return { asked: times.length, failed, forged, p50Ms: quantile(0.5), p99Ms: quantile(0.99) }
  }
  return { stop }
}
