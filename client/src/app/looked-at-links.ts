import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import type { NodeRuntime } from './node-runtime.ts'

/** Links that were opened and not downloaded; each may hold some megabytes of names. Our choice. */
export const LOOKED_AT_LINKS = 16
/** Held by each page that shows such a link, with its infohash behind it. */
export const SHOWN_LOCK = 'ringdrop-shown-'

/** Lets go of links that were only looked at, the oldest first, so that only so many stay. Those that a page shows stay, too. */
export async function forgetOldLinks(runtime: NodeRuntime, newest: InfoHash): Promise<void> {
  const { shares } = runtime.node
  const isLookedAt = (infoHash: InfoHash) => shares.get(infoHash)?.exchange.isStarted === false
  const held = (await navigator.locks.query().catch(() => null))?.held
  // Where nobody knows what is shown, all may be.
  if (held === undefined) return
  const shown = new Set(held.map(({ name }) => name))
  // In the order in which they were opened.
  const lookedAt = [...shares.entries()].map(([infoHash]) => infoHash).filter(isLookedAt)
  for (const infoHash of lookedAt.slice(0, Math.max(0, lookedAt.length - LOOKED_AT_LINKS))) {
    if (infoHash === newest || shown.has(SHOWN_LOCK + infoHash)) continue
    runtime.feed({ type: 'removeShare', infoHash })
    runtime.blocks.post({ type: 'remove', infoHash })
  }
}
