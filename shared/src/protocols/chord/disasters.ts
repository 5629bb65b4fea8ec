import { CHORD } from './constants.ts'
import type { ChordContext } from './context.ts'
import type { Publications } from './publications.ts'

/** Fewer losses are everyday life; our choice. */
const MIN_LOSSES = 3
/** A ring that has grown by this factor was joined with another one; our choice. */
const GROWTH = 1.5

/**
 * Notices when so much of the ring changed at once that all copies of a record may be gone, or its owner is
 * somebody far away: then our records are put again, long before their time.
 */
export class Disasters {
  readonly #context: ChordContext
  readonly #publications: Publications
  #losses: number[] = []
  #size = 1

  constructor(context: ChordContext, publications: Publications) {
    this.#context = context
    this.#publications = publications
  }

  /** A link was lost against our will. */
  lost(): void {
    const { now, links } = this.#context
    this.#losses = [...this.#losses.filter((at) => at > now - CHORD.disasterMs), now]
    const share = this.#losses.length / (this.#losses.length + links.size)
    if (this.#losses.length < MIN_LOSSES || share < CHORD.disasterShare) return
    this.#losses = []
    this.#publications.putAllWithin(CHORD.disasterSpreadMs)
  }

  listsChanged(): void {
    const size = this.#context.sizeEstimate()
    if (size > GROWTH * this.#size) {
      if (this.#size > 1) this.#publications.putAllWithin(CHORD.disasterSpreadMs)
      this.#size = size
    } else if (size < this.#size) this.#size = size
  }
}
