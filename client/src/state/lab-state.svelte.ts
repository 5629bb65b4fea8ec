import type { LabCurveName, LabPoint } from '@ringdrop/shared/sim/lab/lab-textbook.ts'
import type { LabFlight, LabFrame, LabOptions } from '@ringdrop/shared/sim/lab/lab-frame.ts'
import { LateWorker } from '../adapters/late-worker.ts'
import type { LabAnswer, LabCommand } from '../workers/lab-protocol.ts'

/** Flights are drawn while they last, and at most so many. */
const MAX_FLIGHTS = 2_000
/** The rate of upkeep is taken over so many frames: two seconds. */
const UPKEEP_FRAMES = 40

/** The simulated network behind the Lab page, in its worker. */
export class LabState {
  readonly #worker: LateWorker<LabCommand, LabAnswer>
  #isAwaited = $state(false)
  #frame = $state.raw<LabFrame | null>(null)
  #frameAt = 0
  #flights: LabFlight[] = []
  #upkeep = $state.raw<readonly { now: number; count: number }[]>([])
  #points = $state.raw<ReadonlyMap<LabCurveName, readonly LabPoint[]>>(new Map())
  #measuring = $state.raw<LabCurveName | null>(null)
  #failure = $state<string | null>(null)
  /** How many were opened. */
  #network = 0
  #speed = 1

  constructor(
    makeWorker = () => new Worker(new URL('../workers/lab.worker.ts', import.meta.url), { type: 'module' }),
  ) {
    this.#worker = new LateWorker(
      makeWorker,
      (answer) => this.#onAnswer(answer),
      (isMissing) => (this.#isAwaited = isMissing),
    )
  }

  /** Whether the code of the simulator can't be fetched; it is tried again. */
  get isAwaited(): boolean {
    return this.#isAwaited
  }

  get frame(): LabFrame | null {
    return this.#frame
  }

  /** Messages of upkeep for each peer and virtual second, of late. */
  get upkeepRate(): number {
    const [first, last] = [this.#upkeep[0], this.#upkeep.at(-1)]
    const peers = this.#frame?.nodes.length ?? 0
    if (first === undefined || last === undefined || last.now <= first.now || peers === 0) return 0
    const sum = this.#upkeep.slice(1).reduce((total, { count }) => total + count, 0)
    return sum / ((last.now - first.now) / 1_000) / peers
  }

  get measuring(): LabCurveName | null {
    return this.#measuring
  }

  get failure(): string | null {
    return this.#failure
  }

  points(name: LabCurveName): readonly LabPoint[] {
    return this.#points.get(name) ?? []
  }

  /** Virtual time at this moment, between two frames: dots move smoothly. */
  virtualNow(): number {
    const base = this.#frame?.now ?? 0
    return base + Math.min(100, performance.now() - this.#frameAt) * this.#speed
  }

  /** Messages that are on their way at a time; those that have arrived are forgotten. */
  flightsAt(now: number): readonly LabFlight[] {
    this.#flights = this.#flights.filter(({ arrivesAt }) => arrivesAt > now)
    return this.#flights
  }

  /** What is there is shown no longer: a large network takes seconds to be built. */
  open(options: LabOptions): void {
    this.#frame = null
    this.#flights = []
    this.#upkeep = []
    this.#failure = null
    this.#post({ type: 'open', options, network: ++this.#network })
  }

  setSpeed(speed: number): void {
    this.#speed = speed
    this.#post({ type: 'speed', speed })
  }

  measure(name: LabCurveName, seed: number): void {
    this.#points = new Map(this.#points).set(name, [])
    this.#measuring = name
    this.#post({ type: 'curve', name, seed })
  }

  command(command: Extract<LabCommand, { type: 'ask' | 'kill' | 'join' | 'churn' }>): void {
    this.#post(command)
  }

  stop(): void {
    this.#worker.terminate()
  }

  #onAnswer(answer: LabAnswer): void {
    switch (answer.type) {
      case 'ready':
        return
      case 'frame':
        if (answer.network !== this.#network) return
        this.#frame = answer.frame
        this.#frameAt = performance.now()
        this.#flights = [...this.#flights, ...answer.frame.flights].slice(-MAX_FLIGHTS)
        this.#upkeep = [...this.#upkeep, { now: answer.frame.now, count: answer.frame.upkeep }].slice(
          -UPKEEP_FRAMES,
        )
        return
      case 'point':
        this.#points = new Map(this.#points).set(answer.name, [...this.points(answer.name), answer.point])
        return
      case 'curveDone':
        if (this.#measuring === answer.name) this.#measuring = null
        return
      case 'failed':
        this.#failure = answer.message
        this.#measuring = null
    }
  }

  #post(command: LabCommand): void {
    this.#worker.post(command)
  }
}
