import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import type { Library } from './library.ts'
import type { NodeRuntime } from './node-runtime.ts'

/** A fault that passes by itself must not have everything hashed again and again. Our choice. */
const CHECK_AGAIN_MS = 60_000

interface Parts {
  readonly runtime: NodeRuntime
  readonly library: Library
  /** When each download was checked for this last, on the node's clock. */
  readonly checkedAt: Map<InfoHash, number>
}

/**
 * Bytes of a download can't be read: the browser may have made room, or a person cleared the site's data. What a reload would
 * do is done at once: what is there is found out, peers are told that we don't have all, and the rest is fetched again.
 * @returns whether the download begins again.
 */
export async function checkAgain(
  { runtime, library, checkedAt }: Parts,
  infoHash: InfoHash,
): Promise<boolean> {
  const exchange = () => runtime.node.shares.get(infoHash)?.exchange
  const now = runtime.ports.clock.now()
  const before = exchange()
  const isHeld = before?.state.name !== 'checking' && before?.state.name !== 'failed'
  if (before?.isStarted !== true || before.isSource || !isHeld) return false
  if (now - (checkedAt.get(infoHash) ?? -Infinity) < CHECK_AGAIN_MS) return false
  checkedAt.set(infoHash, now)
  const remembered = await library.rememberedNow(infoHash)
  // Removed meanwhile, or begun anew.
  if (remembered === null || exchange() !== before) return false
  runtime.feed({ type: 'removeShare', infoHash })
  library.restoreDownload(remembered.stored, remembered.info, remembered.trees)
  // What was remembered of it may be gone with its files.
  await library.unwritten.unless(infoHash, library.unwritten.write(infoHash))
  return true
}
