import type { Exchange } from '@ringdrop/shared/protocols/bittorrent/exchange.ts'
import type { Swarm } from '@ringdrop/shared/protocols/bittorrent/swarm.ts'
import type { StoredShare, StoredSpan } from '../adapters/stored-state.ts'

/** What there is to remember of a download, but for what the person has chosen of all of it. */
export function downloadOf(
  { wishes }: Exchange,
  { info: { infoHash, infoBytes, files } }: Swarm,
): Omit<StoredShare, 'isPaused' | 'isUnlisted' | 'addedAt'> {
  const all = files.map((_, file) => file)
  return {
    infoHash,
    infoBytes,
    isSource: false,
    selection: all.filter((file) => wishes.isSelected(file)),
    priorities: all.map((file) => wishes.priorityOf(file)),
    handles: null,
  }
}

/** The verified hashes that are here. */
export function* spansOf({ hashes }: Swarm): IterableIterator<StoredSpan> {
  for (const { root, span } of hashes.held()) {
    const servable = hashes.servable(root, span)
    if (servable !== null) yield { root, span, ...servable }
  }
}
