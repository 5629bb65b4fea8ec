import { CHORD } from './constants.ts'
import type { ChordContext } from './context.ts'
import type { Publications } from './publications.ts'

/** Fewer losses are everyday life; our choice. */
const MIN_LOSSES = 3
/** A ring that has grown by this factor was joined with another one; our choice. */
const GROWTH = 1.5

type Surroundings = Pick<ChordContext, 'now' | 'links' | 'sizeEstimate' | 'seeksUntil'>

/**
 * Notices when so much of the ring changed at once that all copies of a record may be gone, or its owner is
 * somebody far away: then our records are put again, long before their time.
 */
export class Disasters {
  readonly #context: Surroundings
  readonly #publications: Pick<Publications, 'putAllWithin'>
  #losses: number[] = []
  #lastAt = -Infinity
  #size = 1

  constructor(context: Surroundings, publications: Pick<Publications, 'putAllWithin'>) {
    this.#context = context
    this.#publications = publications
  }

  /** A link was lost against our will. */
  lost(): void {
    const { now, links } = this.#context
    this.#losses = [...this.#losses.filter((at) => at > now - CHORD.disasterMs), now]
    const share = this.#losses.length / (this.#losses.length + links.size)
    // Where peers come and go by the minute, the smaller share is lost by chance now and then.
    const isFirst = now >= this.#lastAt + CHORD.disasterPauseMs
    if (this.#losses.length < MIN_LOSSES) return
    if (share >= CHORD.nextDisasterShare) this.#context.seeksUntil = now + CHORD.seekForMs
    if (share < (isFirst ? CHORD.disasterShare : CHORD.nextDisasterShare)) return
    this.#losses = []
    this.#lastAt = now
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
