import type { FileRoot, PeerId } from '../src/kernel/ids.ts'
import type { Rng } from '../src/kernel/rng.ts'
import { TokenBucket } from '../src/kernel/token-bucket.ts'
import { Bitfield } from '../src/content/bitfield.ts'
import { HashTree } from '../src/content/merkle.ts'
import type { ExchangeEffect } from '../src/protocols/bittorrent/effects.ts'
import { Exchange } from '../src/protocols/bittorrent/exchange.ts'
import type { NodeRates } from './network.ts'
import { fullTrees, type SimShare } from './share.ts'

/**
 * How a node treats others. `freeRider` never unchokes anybody, `silent` never answers a request,
 * `corrupt` sends wrong bytes.
 */
export type Behaviour = 'honest' | 'freeRider' | 'silent' | 'corrupt'

export interface SimNodeOptions {
  readonly peer: PeerId
  /** Has everything from the start. */
  readonly isSource: boolean
  readonly behaviour: Behaviour
  readonly rates: NodeRates
  /** False: knows the infohash alone. */
  readonly hasMetadata: boolean
}

/** One node: the production exchange and the state that outlives it, as a disk would. */
export class SimNode {
  /** Blocks on disk. */
  readonly stored: Bitfield
  /** Verified block hashes on disk. */
  readonly hashSpans: Extract<ExchangeEffect, { type: 'hashes' }>[] = []
  readonly banned = new Set<PeerId>()
  exchange: Exchange
  isOnline = true
  /** When the wake-up that is armed will come. */
  wakeAt = Infinity
  finishedAt: number | null = null
  /** Blocks received that failed their hash. */
  badBlocks = 0
  /** Payload bytes that left for others. */
  uploadedBytes = 0
  readonly #share: SimShare
  #starts = 0

  constructor(
    readonly options: SimNodeOptions,
    share: SimShare,
    readonly rng: Rng,
    now: number,
  ) {
    this.#share = share
    const { blockCount } = share.geometry
    this.stored = options.isSource ? Bitfield.full(blockCount) : new Bitfield(blockCount)
    this.exchange = this.#start(now)
  }

  get peer(): PeerId {
    return this.options.peer
  }

  get isHonest(): boolean {
    return this.options.behaviour === 'honest'
  }

  /** Starts anew from what is on disk, like a reloaded page. */
  restart(now: number): void {
    this.isOnline = true
    this.wakeAt = Infinity
    this.exchange = this.#start(now)
  }

  #start(now: number): Exchange {
    const { isSource, hasMetadata } = this.options
    this.#starts++
    return new Exchange({
      infoHash: this.#share.info.infoHash,
      info: hasMetadata || isSource || this.#starts > 1 ? this.#share.info : null,
      trees: isSource ? fullTrees(this.#share) : this.#treesOnDisk(),
      start: isSource ? 'source' : 'check',
      isSource,
      selection: null,
      rng: this.rng.child(`start ${String(this.#starts)}`),
      uploadBucket: new TokenBucket(Infinity, 1, now),
      downloadBucket: new TokenBucket(Infinity, 1, now),
      now,
    })
  }

  #treesOnDisk(): Map<FileRoot, HashTree> {
    const trees = new Map<FileRoot, HashTree>()
    this.#share.info.files.forEach(({ root }, index) => {
      if (root !== null) trees.set(root, new HashTree(root, this.#share.geometry.fileBlocks(index).count))
    })
    for (const { root, span, hashes, proof } of this.hashSpans) trees.get(root)?.addSpan(span, hashes, proof)
    return trees
  }
}
