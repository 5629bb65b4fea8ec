import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { SAMPLE_MS, withSample, type Sample } from '../lib/sparkline.ts'
import type { NodeView } from './node-view.svelte.ts'

/** Speeds of the last minutes of each share, sampled while the page is open. */
export class SpeedHistory {
  readonly #view: NodeView
  #samples = $state.raw<ReadonlyMap<InfoHash, readonly Sample[]>>(new Map())

  constructor(view: NodeView) {
    this.#view = view
  }

  of(infoHash: InfoHash): readonly Sample[] {
    return this.#samples.get(infoHash) ?? []
  }

  /** @returns a function that ends it. */
  follow(): () => void {
    const timer = setInterval(() => this.#sample(), SAMPLE_MS)
    return () => clearInterval(timer)
  }

  #sample(): void {
    const shares = this.#view.snapshot.node?.shares ?? []
    this.#samples = new Map(
      shares.map(({ infoHash, downSpeed, upSpeed }) => [
        infoHash,
        withSample(this.of(infoHash), { down: downSpeed, up: upSpeed }),
      ]),
    )
  }
}
