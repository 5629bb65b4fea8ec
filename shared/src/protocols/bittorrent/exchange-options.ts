import type { FileRoot, InfoHash } from '../../kernel/ids.ts'
import type { Rng } from '../../kernel/rng.ts'
import type { TokenBucket } from '../../kernel/token-bucket.ts'
import type { HashTree } from '../../content/merkle.ts'
import type { ShareInfo } from '../../content/metainfo.ts'

/** What an exchange is made of. */
export interface ExchangeOptions {
  readonly infoHash: InfoHash
  /** `null` when a link was opened and only its infohash is known. */
  readonly info: ShareInfo | null
  /** Block hashes that are already known, by file root. */
  readonly trees: ReadonlyMap<FileRoot, HashTree>
  /**
   * `offer`: show what the share is and wait for `download`. `source`: the person's own files, all blocks
   * are there. `check`: resume; hash what the store holds first.
   */
  readonly start: 'offer' | 'source' | 'check'
  /** The person's own files: nothing can be written to them. */
  readonly isSource: boolean
  /** Files wanted; `null` for all. */
  readonly selection: readonly number[] | null
  readonly rng: Rng
  /** Shared by all exchanges of a node. */
  readonly uploadBucket: TokenBucket
  readonly downloadBucket: TokenBucket
  readonly now: number
}
