/** Runs the simulator for the Lab page: the production cores, a virtual clock, and as many peers as were asked for. */
import { measureCurve } from '@ringdrop/shared/sim/lab/lab-curves.ts'
import { openLab, type Lab } from '@ringdrop/shared/sim/lab/lab-systems.ts'
import type { LabAnswer, LabCommand } from './lab-protocol.ts'

/** Frames a second; the page moves dots smoothly in between. */
const FRAME_MS = 50

class LabRunner {
  #lab: Lab | null = null
  #speed = 1

  constructor() {
    setInterval(() => this.#tick(), FRAME_MS)
  }

  handle(command: LabCommand): void {
    switch (command.type) {
      case 'open':
        this.#lab = openLab(command.options)
        return this.#show()
      case 'speed':
        this.#speed = command.speed
        return
      case 'ask':
        return this.#lab?.ask()
      case 'kill':
        return this.#lab?.kill(command.share)
      case 'join':
        return this.#lab?.join(command.count)
      case 'churn':
        return this.#lab?.setChurn(command.meanSeconds * 1_000)
      case 'curve':
        return this.#measure(command)
    }
  }

  #tick(): void {
    if (this.#lab === null || this.#speed === 0) return
    this.#lab.run(FRAME_MS * this.#speed)
    this.#show()
  }

  #show(): void {
    if (this.#lab !== null) post({ type: 'frame', frame: this.#lab.frame() })
  }

  /** Between two points others get their turn: the network goes on. */
  #measure({ name, seed }: Extract<LabCommand, { type: 'curve' }>): void {
    const points = measureCurve(name, seed)
    const next = () => {
      const { value, done } = points.next()
      if (done === true) return post({ type: 'curveDone', name })
      post({ type: 'point', name, point: value })
      setTimeout(next)
    }
    next()
  }
}

const post = (answer: LabAnswer): void => postMessage(answer)
const runner = new LabRunner()
onmessage = (event: MessageEvent<LabCommand>) => {
  try {
    runner.handle(event.data)
  } catch (error) {
    post({ type: 'failed', message: String(error) })
  }
}
