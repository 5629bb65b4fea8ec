import { fromHex, type Bytes } from '../../kernel/bytes.ts'
import { Deadlines } from '../../kernel/deadlines.ts'
import type { BlockIndex, FileRoot, PeerId } from '../../kernel/ids.ts'
import { shuffled, pick, type Rng } from '../../kernel/rng.ts'
import type { Geometry } from '../../content/geometry.ts'
import { HashTree, SPAN_BLOCKS, spanCount, spanLength } from '../../content/merkle.ts'
import type { ShareInfo } from '../../content/metainfo.ts'
import { ANSWER_TIMEOUT_MS, HASH_WINDOW, HASH_WINDOW_HASHES, REFUSED_REST_MS } from './constants.ts'
import type { Outbox } from './effects.ts'

/** One span of one file's block hashes that is still missing. */
interface MissingSpan {
  readonly root: FileRoot
  readonly span: number
  readonly hashCount: number
  askedOf: PeerId | null
  askedAt: number
}

const keyOf = (root: FileRoot, span: number): string => `${root}:${String(span)}`

/**
 * Fetches and serves block hashes, a span of 512 at a time with its proof (BEP 52 hash requests). Nothing is
 * asked of a peer before the hash that proves it is here. Spans are fetched in random order, so that peers
 * who come together soon find the hashes at each other and not only at the source.
 */
export class HashFetch {
  readonly #trees = new Map<FileRoot, HashTree>()
  readonly #missing = new Map<string, MissingSpan>()
  /** Missing spans to fetch first. */
  readonly #preferred = new Set<string>()
  /** Missing spans that somebody was asked for, in the order of asking. */
  readonly #outstanding = new Set<MissingSpan>()
  readonly #holders = new Map<string, Set<PeerId>>()
  readonly #fullHolders = new Set<PeerId>()
  readonly #asked = new Map<PeerId, { spans: number; hashes: number }>()
  /** Who refused, and until when it is asked nothing: its budget for us is spent, or it lacks what it said it has. */
  readonly #resting = new Deadlines<PeerId>()
  #wanted: (root: FileRoot) => boolean = () => true

  constructor(
    readonly info: ShareInfo,
    readonly geometry: Geometry,
    known: ReadonlyMap<FileRoot, HashTree>,
    readonly rng: Rng,
  ) {
    const missing: MissingSpan[] = []
    info.files.forEach((file, index) => {
      if (file.root === null || this.#trees.has(file.root)) return
      const blockCount = geometry.fileBlocks(index).count
      const tree = known.get(file.root) ?? new HashTree(file.root, blockCount)
      if (blockCount === 1) tree.addSpan(0, fromHex(file.root), new Uint8Array())
      this.#trees.set(file.root, tree)
      for (let span = 0; span < spanCount(blockCount); span++) {
        if (tree.hasSpan(span)) continue
        const hashCount = spanLength(blockCount, span)
        missing.push({ root: file.root, span, hashCount, askedOf: null, askedAt: 0 })
      }
    })
    for (const span of shuffled(rng, missing)) this.#missing.set(keyOf(span.root, span.span), span)
  }

  get isComplete(): boolean {
    return this.#missing.size === 0
  }

  /** Limits fetching to files that are wanted. */
  select(isWanted: (root: FileRoot) => boolean): void {
    this.#wanted = isWanted
  }

  /** The hash of a block, or `null` while it is not known. */
  leafOf(block: BlockIndex): Bytes | null {
    const place = this.geometry.locate(block)
    const root = this.info.files[place.file]?.root
    if (root === undefined || root === null) return null
    return this.#trees.get(root)?.leaf(place.blockInFile) ?? null
  }

  /** Whether the hash of a block is here. */
  isKnown(block: BlockIndex): boolean {
    return this.#missing.size === 0 || this.leafOf(block) !== null
  }

  /** The hash of this block is wanted before others: a peer has the block. */
  prefer(block: BlockIndex): void {
    if (this.#missing.size === 0) return
    const { file, blockInFile } = this.geometry.locate(block)
    const root = this.info.files[file]?.root
    if (root === undefined || root === null) return
    const key = keyOf(root, Math.floor(blockInFile / SPAN_BLOCKS))
    if (this.#missing.has(key)) this.#preferred.add(key)
  }

  /** All block hashes of a file, or `null` while some are missing. */
  leavesOf(root: FileRoot): Bytes | null {
    return this.#trees.get(root)?.leaves() ?? null
  }

  wakeAt(): number {
    const [oldest] = this.#outstanding
    const givenUpAt = oldest === undefined ? Infinity : oldest.askedAt + ANSWER_TIMEOUT_MS
    return Math.min(givenUpAt, this.#resting.earliest())
  }

  /** Gives up requests that nobody answered: also while nothing is fetched, or it would be their time for ever. */
  onWake(now: number): void {
    this.#resting.due(now)
    for (const span of this.#outstanding) {
      if (now < span.askedAt + ANSWER_TIMEOUT_MS) return
      if (span.askedOf !== null) this.#giveUp(span, span.askedOf)
    }
  }

  /** The peer can serve one span, or all of them. */
  addHolder(peer: PeerId, which: { root: FileRoot; span: number } | 'all'): void {
    if (which === 'all') {
      this.#fullHolders.add(peer)
      return
    }
    const key = keyOf(which.root, which.span)
    if (!this.#missing.has(key)) return
    const holders = this.#holders.get(key)
    if (holders === undefined) this.#holders.set(key, new Set([peer]))
    else holders.add(peer)
  }

  removePeer(peer: PeerId): void {
    this.#fullHolders.delete(peer)
    this.#asked.delete(peer)
    for (const holders of this.#holders.values()) holders.delete(peer)
    for (const span of this.#outstanding) if (span.askedOf === peer) this.#release(span, peer)
  }

  /** Sends as many hash requests as the windows allow. */
  fetch(out: Outbox, now: number): void {
    if (this.#missing.size === 0 || (this.#fullHolders.size === 0 && this.#holders.size === 0)) return
    for (const key of this.#preferred) {
      const span = this.#missing.get(key)
      if (span !== undefined) this.#ask(span, out, now)
    }
    for (const span of this.#missing.values()) {
      if (!this.#ask(span, out, now) && this.#allBusy()) return
    }
  }

  /** @returns false when nobody can be asked. */
  #ask(span: MissingSpan, out: Outbox, now: number): boolean {
    if (span.askedOf !== null || !this.#wanted(span.root)) return true
    const peer = this.#choose(span)
    if (peer === undefined) return false
    const asked = this.#asked.get(peer) ?? { spans: 0, hashes: 0 }
    this.#asked.set(peer, { spans: asked.spans + 1, hashes: asked.hashes + span.hashCount })
    span.askedOf = peer
    span.askedAt = now
    this.#outstanding.add(span)
    out.send(peer, { type: 'hashRequest', root: span.root, span: span.span })
    return true
  }

  /** Files hashes that a peer sent. @returns true when they are new, false when unasked for, `'bad'` when wrong. */
  onHashes(from: PeerId, root: FileRoot, span: number, hashes: Bytes, proof: Bytes): boolean | 'bad' {
    const missing = this.#missing.get(keyOf(root, span))
    if (missing?.askedOf !== from) return false
    this.#release(missing, from)
    if (this.#trees.get(root)?.addSpan(span, hashes, proof) !== true) return 'bad'
    this.#missing.delete(keyOf(root, span))
    this.#preferred.delete(keyOf(root, span))
    this.#holders.delete(keyOf(root, span))
    return true
  }

  /** Others are asked at once, this peer after a rest: it may be the only one that has the span. */
  onReject(from: PeerId, root: FileRoot, span: number, now: number): void {
    const missing = this.#missing.get(keyOf(root, span))
    if (missing?.askedOf !== from) return
    this.#release(missing, from)
    this.#moveToEnd(missing)
    this.#resting.set(from, now + REFUSED_REST_MS)
  }

  /** What we can answer to a hash request, or `null`. */
  servable(root: FileRoot, span: number): { readonly hashes: Bytes; readonly proof: Bytes } | null {
    return this.#trees.get(root)?.servable(span) ?? null
  }

  /** Spans that are here, for a peer that has just learned the metadata. */
  *held(): IterableIterator<{ root: FileRoot; span: number }> {
    for (const [root, tree] of this.#trees) {
      if (tree.blockCount === 1) continue
      for (let span = 0; span < spanCount(tree.blockCount); span++)
        if (tree.hasSpan(span)) yield { root, span }
    }
  }

  #choose(span: MissingSpan): PeerId | undefined {
    const holders = this.#holders.get(keyOf(span.root, span.span))
    const free = (peer: PeerId, window: number): boolean => {
      if (this.#isResting(peer)) return false
      const asked = this.#asked.get(peer)
      if (asked === undefined || asked.spans === 0) return true
      return asked.spans < window || asked.hashes + span.hashCount <= HASH_WINDOW_HASHES
    }
    const relays = holders === undefined ? [] : [...holders].filter((peer) => free(peer, HASH_WINDOW))
    return (
      pick(this.rng, relays) ??
      pick(
        this.rng,
        [...this.#fullHolders].filter((peer) => free(peer, 1)),
      )
    )
  }

  #isResting(peer: PeerId): boolean {
    return this.#resting.get(peer) !== undefined
  }

  #allBusy(): boolean {
    if (this.#holders.size > 0) return false
    const isBusy = (peer: PeerId) => this.#isResting(peer) || (this.#asked.get(peer)?.spans ?? 0) > 0
    return [...this.#fullHolders].every(isBusy)
  }

  #release(span: MissingSpan, peer: PeerId): void {
    span.askedOf = null
    this.#outstanding.delete(span)
    const asked = this.#asked.get(peer)
    if (asked === undefined) return
    this.#asked.set(peer, { spans: asked.spans - 1, hashes: asked.hashes - span.hashCount })
  }

  #giveUp(span: MissingSpan, peer: PeerId): void {
    this.#release(span, peer)
    this.#holders.get(keyOf(span.root, span.span))?.delete(peer)
    this.#moveToEnd(span)
  }

  /** What a source does not give is asked of it again after the others had their turn. */
  #moveToEnd(span: MissingSpan): void {
    this.#missing.delete(keyOf(span.root, span.span))
    this.#missing.set(keyOf(span.root, span.span), span)
  }
}
