import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import { inspectCandidate } from '@ringdrop/shared/wire/sdp.ts'
import type { DemandInput } from './demand.ts'
import { decodeLane, encodeLane, type LaneMessage } from './lane-codec.ts'
import type { LaneLink } from './lane-link.ts'
import { MadeLane } from './made-lane.ts'
import { TakenLane } from './taken-lane.ts'

/** Lanes of one end in the life of a link: what a peer may have us construct. Our choice. */
const LANES_OF_LINK = 60
/** Messages of the other end in the life of a link: those lanes with all their candidates, and many restarts. Our choice. */
const MESSAGES_OF_LINK = 4_000
/** How often it is looked after whether blocks still flow. Our choice. */
const IDLE_CHECK_MS = 5_000

/** All lanes of one link: those that this end made, and sends over, and those that the other end made. */
export class Lanes {
  readonly #link: LaneLink
  readonly #channel: RTCDataChannel
  readonly #tell: (input: DemandInput) => void
  readonly #made = new Map<number, MadeLane>()
  readonly #taken = new Map<number, TakenLane>()
  readonly #idleTimer: ReturnType<typeof setInterval>
  #lastMade = 0
  #lastTaken = 0
  #messageCount = 0
  #isClosed = false
  #traffic = { bytes: 0, at: performance.now() }

  constructor(link: LaneLink, channel: RTCDataChannel, tell: (input: DemandInput) => void) {
    this.#link = link
    this.#channel = channel
    this.#tell = tell
    channel.onmessage = ({ data }: MessageEvent<unknown>) => this.receive(data)
    channel.onclose = () => this.#fail()
    this.#idleTimer = setInterval(() => this.#checkIdle(), IDLE_CHECK_MS)
  }

  /** Makes one more lane to send over. */
  make(): void {
    const { tab } = this.#link
    if (this.#isClosed || this.#lastMade >= LANES_OF_LINK || tab.laneCount >= tab.policy.perTab)
      return this.#tell('failed')
    const id = ++this.#lastMade
    try {
      const lane = new MadeLane(id, this.#link, {
        send: (message) => this.#send(message),
        tell: this.#tell,
        gone: () => void (this.#made.delete(id) && tab.laneCount--),
      })
      this.#made.set(id, lane)
      tab.laneCount++
    } catch {
      // The browser refuses to construct another connection.
      this.#tell('failed')
    }
  }

  /** Something that the other end says about a lane; what makes no sense ends all of them. */
  receive(data: unknown): void {
    if (this.#isClosed) return
    const message = data instanceof ArrayBuffer ? decodeLane(new Uint8Array(data)) : null
    if (message?.ok !== true || ++this.#messageCount > MESSAGES_OF_LINK) return this.#fail()
    this.#onMessage(message.value)
  }

  restart(): void {
    for (const lane of this.#made.values()) lane.restart()
  }

  /** The page is going. */
  leave(): void {
    for (const { flow } of this.#made.values()) flow.bulk.close()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#idleTimer)
    for (const lane of [...this.#made.values(), ...this.#taken.values()]) lane.close()
    this.#channel.close()
  }

  #onMessage(message: LaneMessage): void {
    const { type, lane: id } = message
    if (type === 'offer') return this.#onOffer(id, message.sdp)
    if (type === 'candidate') {
      if (inspectCandidate(message.candidate) === 'refused') return
      const lane = message.from === 'maker' ? this.#taken.get(id) : this.#made.get(id)
      return lane?.addCandidate(message.candidate)
    }
    if (type === 'end') return this.#taken.get(id)?.onEnd(message.bytes)
    const made = this.#made.get(id)
    if (type === 'answer') made?.onAnswer(message.sdp)
    else if (type === 'lost') made?.end()
    else made?.onEnded()
  }

  #onOffer(id: number, sdp: string): void {
    const known = this.#taken.get(id)
    if (known !== undefined) return known.onOffer(sdp)
    // What was said about one that is gone came too late.
    if (id <= this.#lastTaken) return
    this.#lastTaken = id
    const { tab, receivedBytes } = this.#link
    const mayTake =
      // So much comes only from who has proved its key: the node ends other links that bring more.
      receivedBytes > LIMITS.unauthenticatedBytes &&
      !tab.isRelayOnly &&
      id <= LANES_OF_LINK &&
      this.#taken.size < tab.policy.perLink &&
      tab.laneCount < tab.policy.perTab
    if (!mayTake) return this.#send({ type: 'lost', lane: id })
    try {
      const lane = new TakenLane(id, this.#link, {
        send: (message) => this.#send(message),
        gone: () => void (this.#taken.delete(id) && tab.laneCount--),
      })
      this.#taken.set(id, lane)
      tab.laneCount++
      lane.onOffer(sdp)
    } catch {
      this.#send({ type: 'lost', lane: id })
    }
  }

  #send(message: LaneMessage): void {
    if (this.#isClosed || this.#channel.readyState !== 'open') return
    this.#channel.send(encodeLane(message))
  }

  /** Nothing more can be arranged. Whatever a lane may still have under way is lost. */
  #fail(): void {
    if (this.#isClosed) return
    const isLoss =
      [...this.#made.values()].some(({ flow }) => flow.sentBytes > 0) ||
      [...this.#taken.values()].some(({ receivedBytes }) => receivedBytes > 0)
    this.close()
    if (isLoss) this.#link.destroy()
  }

  #checkIdle(): void {
    const bytes = this.#link.bulk.flows.reduce((sum, { sentBytes }) => sum + sentBytes, 0)
    const now = performance.now()
    if (bytes !== this.#traffic.bytes) this.#traffic = { bytes, at: now }
    if (now - this.#traffic.at < this.#link.tab.policy.idleMs) return
    for (const lane of this.#made.values()) lane.end()
  }
}
