import type { PeerId } from '../../kernel/ids.ts'
import { CHORD } from './constants.ts'
import type { RingRecord } from './record.ts'

interface Waiting {
  readonly record: RingRecord
  /** Who sent it; `null`: we had it in an earlier life. */
  readonly holder: PeerId | null
}

type Admit = (record: RingRecord, holder: PeerId | null, done: () => void) => void

/** Records that come in by the hundred wait here until their signatures can be checked. */
export class RecordQueue {
  #waiting: Waiting[] = []
  #isAdmitting = false

  /** @param hasRoom whether another check may begin. @param admit calls `done` at once or later, once. */
  constructor(
    readonly hasRoom: () => boolean,
    readonly admit: Admit,
  ) {}

  /** Too many, and the latest are dropped. */
  add(record: RingRecord, holder: PeerId | null): void {
    if (this.#waiting.length < CHORD.recordsWaiting) this.#waiting.push({ record, holder })
    this.#go()
  }

  /** Those of an earlier life that still wait: what is written down must not lose them. */
  restored(): RingRecord[] {
    return this.#waiting.flatMap(({ record, holder }) => (holder === null ? [record] : []))
  }

  #go(): void {
    if (this.#isAdmitting) return
    this.#isAdmitting = true
    let next = 0
    for (; next < this.#waiting.length && this.hasRoom(); next++) {
      const waiting = this.#waiting[next]
      if (waiting === undefined) break
      this.admit(waiting.record, waiting.holder, () => {
        this.#go()
      })
    }
    this.#waiting = this.#waiting.slice(next)
    this.#isAdmitting = false
  }
}
