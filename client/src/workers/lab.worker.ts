/** Runs the simulator for the Lab page: the production cores, a virtual clock, and as many peers as were asked for. */
import { measureCurve } from '@ringdrop/shared/sim/lab/lab-curves.ts'
import { openLab, type Lab } from '@ringdrop/shared/sim/lab/lab-systems.ts'
import type { LabAnswer, LabCommand } from './lab-protocol.ts'

/** Frames a second; the page moves dots smoothly in between. */
const FRAME_MS = 50

class LabRunner {
  #lab: Lab | null = null
  /** What was said to the network that is about to be built; `null` while none is. */
  #early: Exclude<LabCommand, { type: 'open' }>[] | null = null
  #network = 0
  #speed = 1

  constructor() {
    setInterval(() => guarded(() => this.#tick()), FRAME_MS)
  }

  handle(command: LabCommand): void {
    if (command.type === 'open') return this.#open(command)
    if (this.#early !== null && command.type !== 'curve') this.#early.push(command)
    else this.#obey(command)
  }

  /** A large one takes seconds: it is not built when another has been asked for by the time it is its turn. */
  #open({ options, network }: Extract<LabCommand, { type: 'open' }>): void {
    const early: Exclude<LabCommand, { type: 'open' }>[] = []
    this.#lab = null
    this.#early = early
    setTimeout(() => {
      if (this.#early !== early) return
      this.#early = null
      guarded(() => {
        this.#lab = openLab(options)
        this.#network = network
        for (const command of early) this.#obey(command)
        this.#show()
      })
    })
  }

  #obey(command: Exclude<LabCommand, { type: 'open' }>): void {
    switch (command.type) {
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
    if (this.#lab !== null) post({ type: 'frame', frame: this.#lab.frame(), network: this.#network })
  }

  /** Between two points others get their turn: the network goes on. */
  #measure({ name, seed }: Extract<LabCommand, { type: 'curve' }>): void {
    const points = measureCurve(name, seed)
    const next = () =>
      guarded(() => {
        const { value, done } = points.next()
        if (done === true) return post({ type: 'curveDone', name })
        post({ type: 'point', name, point: value })
        setTimeout(next)
      })
    next()
  }
}

const post = (answer: LabAnswer): void => postMessage(answer)

/** What the simulator throws is told, wherever it happens. */
function guarded(work: () => void): void {
  try {
    work()
  } catch (error) {
    post({ type: 'failed', message: String(error) })
  }
}

const runner = new LabRunner()
onmessage = (event: MessageEvent<LabCommand>) => guarded(() => runner.handle(event.data))
post({ type: 'ready' })
