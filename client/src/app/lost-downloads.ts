import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { isPausedByPerson, isServing } from '@ringdrop/shared/protocols/bittorrent/exchange-state.ts'
import type { Library } from './library.ts'
import type { NodeRuntime } from './node-runtime.ts'
import { downloadOf, spansOf } from './stored-download.ts'
import { treesFrom } from './stored-trees.ts'

/** A fault that passes by itself must not have everything hashed again and again. Our choice. */
const CHECK_AGAIN_MS = 60_000

const checkedAt = new WeakMap<NodeRuntime, Map<InfoHash, number>>()

/**
 * Bytes of a download can't be read: the browser may have made room, or a person cleared the site's data. What a reload would
 * do is done at once: what is there is found out, peers are told that we don't have all, and the rest is fetched again.
 * @returns whether the download begins again.
 */
export async function checkAgain(
  { runtime, library }: { readonly runtime: NodeRuntime; readonly library: Library },
  infoHash: InfoHash,
): Promise<boolean> {
  const entry = () => runtime.node.shares.get(infoHash)
  const before = entry()
  const swarm = before?.exchange.swarm ?? null
  if (before === undefined || swarm === null || library.owns(infoHash)) return false
  const { exchange, isUnlisted } = before
  const isPaused = exchange.state.name === 'paused'
  if (!exchange.isStarted || !(isServing(exchange.state) || isPaused) || !isDue(runtime, infoHash))
    return false
  const trees = await treesFrom(swarm.info, [...spansOf(swarm)])
  // Removed meanwhile, or begun anew.
  if (entry() !== before) return false
  const stored = {
    ...downloadOf(exchange, swarm),
    isPaused: isPausedByPerson(exchange.state),
    isUnlisted,
    addedAt: Date.now(),
  }
  runtime.feed({ type: 'removeShare', infoHash })
  library.restoreDownload(stored, swarm.info, trees)
  // What was remembered of it may be gone with its files.
  await library.unwritten.unless(infoHash, library.unwritten.write(infoHash))
  return true
}

function isDue(runtime: NodeRuntime, infoHash: InfoHash): boolean {
  const times = checkedAt.get(runtime) ?? new Map<InfoHash, number>()
  checkedAt.set(runtime, times)
  const now = runtime.ports.clock.now()
  if (now - (times.get(infoHash) ?? -Infinity) < CHECK_AGAIN_MS) return false
  times.set(infoHash, now)
  return true
}
