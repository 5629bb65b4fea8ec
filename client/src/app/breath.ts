import type { Steps } from '@ringdrop/shared/kernel/steps.ts'

/** Work after which the page gets its turn: less than a frame. Our choice. */
const SLICE_MS = 10

/**
 * Long work on the page's thread, cut into slices. Between them the page draws and answers. Messages are the pause, since
 * timers of a hidden tab wait for a second each.
 */
export class Breath {
  #since = performance.now()

  /** To be awaited between two small steps. Goes on at once unless the slice is used up. */
  async pause(): Promise<void> {
    if (performance.now() - this.#since < SLICE_MS) return
    await new Promise<void>((resolve) => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => {
        port1.close()
        resolve()
      }
      port2.postMessage(null)
    })
    this.#since = performance.now()
  }
}

/** Takes all steps, in slices. @param breath of the work that they are a part of. */
export async function inSlices<Value>(steps: Steps<Value>, breath = new Breath()): Promise<Value> {
  for (;;) {
    const step = steps.next()
    await breath.pause()
    if (step.done === true) return step.value
  }
}
