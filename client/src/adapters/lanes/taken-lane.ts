import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import type { LaneMessage } from './lane-codec.ts'
import { LaneConnection, laneConfiguration } from './lane-connection.ts'
import type { LaneLink } from './lane-link.ts'

/** What is still under way over a lane that works is here within this time. Our choice. */
const LATE_MS = 10_000

export interface TakenLaneEvents {
  send(message: LaneMessage): void
  gone(): void
}

/** A lane that the other end made and sends over. This end knows best whether all of it came. */
export class TakenLane {
  readonly #id: number
  readonly #link: LaneLink
  readonly #events: TakenLaneEvents
  readonly #connection: LaneConnection
  #state: 'fine' | 'lost' | 'closed' = 'fine'
  /** What the other end says to have sent in all; `null` while it may send more. */
  #endBytes: number | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #candidateCount = 0
  receivedBytes = 0

  /** @throws when the browser refuses to construct another connection. */
  constructor(id: number, link: LaneLink, events: TakenLaneEvents) {
    this.#id = id
    this.#link = link
    this.#events = events
    link.tab.constructedCount++
    this.#connection = new LaneConnection(laneConfiguration(link.tab), {
      candidate: (candidate) => events.send({ type: 'candidate', lane: id, from: 'taker', candidate }),
      open: () => undefined,
      closed: () => this.#onLost(),
      // Its maker sees as much, and looks for another or gives it up.
      path: () => undefined,
      frame: (bytes) => this.#onFrame(bytes),
      drained: () => undefined,
    })
  }

  onOffer(sdp: string): void {
    this.#candidateCount = 0
    const send = (answer: string) => this.#events.send({ type: 'answer', lane: this.#id, sdp: answer })
    this.#connection.answer(sdp, send).catch(() => this.#onLost())
  }

  addCandidate(candidate: string): void {
    if (this.#candidateCount++ < LIMITS.candidatesPerSession) this.#connection.addCandidate(candidate)
  }

  /** The other end sends nothing more. */
  onEnd(bytes: number): void {
    if (this.#endBytes !== null) return
    this.#endBytes = bytes
    this.#timer = setTimeout(() => this.#onMissing(), LATE_MS)
    this.#checkEnd()
  }

  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    clearTimeout(this.#timer)
    this.#connection.close()
    this.#events.gone()
  }

  #onFrame(bytes: Bytes | null): void {
    if (this.#state === 'closed') return
    if (bytes === null) return this.#onMissing()
    this.receivedBytes += bytes.length
    this.#link.frame(bytes)
    this.#checkEnd()
  }

  #onLost(): void {
    if (this.#state !== 'fine') return
    this.#state = 'lost'
    this.#events.send({ type: 'lost', lane: this.#id })
    this.#checkEnd()
  }

  #checkEnd(): void {
    if (this.#endBytes === null) return
    if (this.receivedBytes === this.#endBytes) {
      this.#events.send({ type: 'ended', lane: this.#id })
      this.close()
    } else if (this.#state === 'lost' || this.receivedBytes > this.#endBytes) {
      this.#onMissing()
    }
  }

  #onMissing(): void {
    if (this.#state === 'closed') return
    this.close()
    this.#link.destroy()
  }
}
