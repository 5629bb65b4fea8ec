import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import type { DemandInput } from './demand.ts'
import type { LaneMessage } from './lane-codec.ts'
import { LaneConnection, laneConfiguration } from './lane-connection.ts'
import { newFlow, type BulkFlows } from './bulk-flows.ts'
import type { ChannelFlow, LaneLink } from './lane-link.ts'

/** A lane whose path no longer answers is given up after this time, as long as the node gives silent links. */
const DOUBT_MS = 30_000
/** The other end has counted what came within this time; then blocks are lost. More than it waits itself. Our choice. */
const END_MS = 30_000

export interface MadeLaneEvents {
  /** It is given up when it is not open by then. */
  readonly openMs: number
  send(message: LaneMessage): void
  tell(input: DemandInput): void
  gone(): void
}

/** A lane that this end made and sends over. */
export class MadeLane {
  readonly flow: ChannelFlow
  readonly #id: number
  readonly #link: LaneLink
  readonly #flows: BulkFlows
  readonly #events: MadeLaneEvents
  readonly #connection: LaneConnection
  #state: 'opening' | 'open' | 'doubtful' | 'ending' | 'closed' = 'opening'
  #timer: ReturnType<typeof setTimeout>
  #candidateCount = 0

  /** @throws when the browser refuses to construct another connection. */
  constructor(id: number, link: LaneLink, flows: BulkFlows, events: MadeLaneEvents) {
    this.#flows = flows
    this.#id = id
    this.#link = link
    this.#events = events
    link.tab.constructedCount++
    this.#connection = new LaneConnection(laneConfiguration(link.tab), {
      candidate: (candidate) => events.send({ type: 'candidate', lane: id, from: 'maker', candidate }),
      open: () => this.#onOpen(),
      closed: () => this.end(),
      path: (isFine) => (isFine ? this.#onFine() : this.#onDoubt()),
      // Blocks go one way; the other end is at liberty to waste its bytes.
      frame: () => undefined,
      drained: () => this.#state === 'open' && flows.drained(),
    })
    this.flow = newFlow(this.#connection.channel)
    this.#timer = setTimeout(() => this.end(), events.openMs)
    this.#offer()
  }

  /** Looks for another path, unless it is at its end. */
  restart(): void {
    if (this.#state === 'open' || this.#state === 'doubtful') this.#offer()
  }

  onAnswer(sdp: string): void {
    this.#candidateCount = 0
    this.#connection.accept(sdp, (offer) => this.#sendOffer(offer)).catch(() => this.end())
  }

  addCandidate(candidate: string): void {
    if (this.#candidateCount++ < LIMITS.candidatesPerSession) this.#connection.addCandidate(candidate)
  }

  /** Sends nothing more over it, and has the other end count what came. */
  end(): void {
    if (this.#state === 'ending' || this.#state === 'closed') return
    const wasOpen = this.#state !== 'opening'
    this.#leaveFlows()
    this.#state = 'ending'
    this.#restartTimer(() => this.#onMissing(), END_MS)
    this.#events.send({ type: 'end', lane: this.#id, bytes: this.flow.sentBytes })
    this.#events.tell(wasOpen ? 'closed' : 'failed')
    if (this.flow.sentBytes === 0) this.close()
  }

  /** The other end has all that was sent. */
  onEnded(): void {
    if (this.#state === 'ending') this.close()
  }

  close(): void {
    if (this.#state === 'closed') return
    this.#leaveFlows()
    this.#state = 'closed'
    clearTimeout(this.#timer)
    this.#connection.close()
    this.#events.gone()
  }

  #offer(): void {
    this.#connection.offer((sdp) => this.#sendOffer(sdp)).catch(() => this.end())
  }

  #sendOffer(sdp: string): void {
    if (this.#state !== 'closed') this.#events.send({ type: 'offer', lane: this.#id, sdp })
  }

  #onOpen(): void {
    if (this.#state !== 'opening') return
    this.#events.tell('opened')
    this.#joinFlows()
  }

  #onFine(): void {
    if (this.#state === 'doubtful') this.#joinFlows()
  }

  #joinFlows(): void {
    clearTimeout(this.#timer)
    this.#state = 'open'
    this.#flows.flows.push(this.flow)
    this.#flows.drained()
  }

  #onDoubt(): void {
    if (this.#state !== 'open') return
    this.#state = 'doubtful'
    this.#leaveFlows()
    this.#restartTimer(() => this.end(), DOUBT_MS)
    this.#offer()
  }

  #onMissing(): void {
    const { sentBytes } = this.flow
    this.close()
    if (sentBytes > 0) this.#link.destroy()
  }

  #leaveFlows(): void {
    const { flows } = this.#flows
    const position = flows.indexOf(this.flow)
    if (position > 0) flows.splice(position, 1)
  }

  #restartTimer(action: () => void, ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(action, ms)
  }
}
