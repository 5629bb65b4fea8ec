import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import { inspectCandidate } from '@ringdrop/shared/wire/sdp.ts'
import { askPath, type ConnectionPath } from '../connection-path.ts'
import { BulkFlows } from './bulk-flows.ts'
import { LaneDemand, type DemandInput } from './demand.ts'
import { decodeLane, encodeLane, type LaneMessage } from './lane-codec.ts'
import type { LaneLink } from './lane-link.ts'
import { LANE_POLICY, type LanePolicy } from './policy.ts'
import { MadeLane } from './made-lane.ts'
import { TakenLane } from './taken-lane.ts'

/** Lanes of one end in the life of a link: what a peer may have us construct. Our choice. */
const LANES_OF_LINK = 60
/** Messages of the other end in the life of a link: those lanes with all their candidates, and many restarts. Our choice. */
const MESSAGES_OF_LINK = 4_000
/** How often it is looked whether frames still wait, when none leaves. Our choice. */
const LOOK_MS = 250
/** How often it is looked after whether blocks still flow. Our choice. */
const IDLE_CHECK_MS = 5_000

/** All lanes of one link: those that this end made, and sends over, and those that the other end made. */
export class Lanes {
  readonly #link: LaneLink
  readonly #channel: RTCDataChannel
  readonly #policy: LanePolicy
  readonly #demand: LaneDemand
  readonly #made = new Map<number, MadeLane>()
  readonly #taken = new Map<number, TakenLane>()
  readonly #idleTimer: ReturnType<typeof setInterval>
  #lastMade = 0
  #lastTaken = 0
  #messageCount = 0
  #isClosed = false
  #lookTimer: ReturnType<typeof setTimeout> | null = null
  #traffic = { bytes: 0, at: performance.now() }

  /** @param channel on which the other end has said hello */
  constructor(link: LaneLink, channel: RTCDataChannel) {
    this.#link = link
    this.#channel = channel
    this.#policy = link.tab.policy ?? LANE_POLICY
    this.#demand = new LaneDemand(this.#policy)
    this.#demand.handle('known', performance.now())
    channel.onmessage = ({ data }: MessageEvent<unknown>) => this.receive(data)
    channel.onclose = () => this.#fail()
    this.#idleTimer = setInterval(() => this.#checkIdle(), IDLE_CHECK_MS)
  }

  /** A frame is about to leave. */
  look(): void {
    const { flows, own } = this.#link
    const isFull = flows === null ? own.bulk.bufferedAmount > 0 : flows.isFull
    if (this.#isClosed || !this.#demand.isWatching || !isFull) return
    this.#tell('queued')
    this.#lookTimer ??= setTimeout(() => {
      this.#lookTimer = null
      this.look()
    }, LOOK_MS)
  }

  /** Something that the other end says about a lane; what makes no sense ends all of them. */
  receive(data: unknown): void {
    if (this.#isClosed) return
    const message = data instanceof ArrayBuffer ? decodeLane(new Uint8Array(data)) : null
    if (message?.ok !== true || ++this.#messageCount > MESSAGES_OF_LINK) return this.#fail()
    this.#onMessage(message.value)
  }

  /** The link looks for another path: so do its lanes. */
  restart(): void {
    this.#tell('moved')
    for (const lane of this.#made.values()) lane.restart()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#idleTimer)
    clearTimeout(this.#lookTimer ?? undefined)
    for (const lane of [...this.#made.values(), ...this.#taken.values()]) lane.close()
    this.#channel.close()
  }

  #tell(input: DemandInput): void {
    const wish = this.#demand.handle(input, performance.now())
    if (wish === 'askPath') void askPath(this.#link.pc).then((path) => this.#onPath(path))
    else if (wish === 'makeLane') this.#make()
  }

  #onPath(path: ConnectionPath | null): void {
    if (this.#isClosed) return
    this.#tell({ path })
    if (this.#demand.isFar) this.#flows()
  }

  #flows(): BulkFlows {
    const link = this.#link
    if (link.flows !== null) return link.flows
    const flows = new BulkFlows(link.own, link.isCongested, link.events)
    link.flows = flows
    // Not in its making: whoever hears of room sends at once.
    flows.drained()
    return flows
  }

  /** Makes one more lane to send over. */
  #make(): void {
    const { tab } = this.#link
    if (this.#lastMade >= LANES_OF_LINK || tab.laneCount >= this.#policy.perTab) return this.#tell('failed')
    const id = ++this.#lastMade
    try {
      const lane = new MadeLane(id, this.#link, this.#flows(), {
        openMs: this.#policy.openMs,
        send: (message) => this.#send(message),
        tell: (input) => this.#tell(input),
        gone: () => void (this.#made.delete(id) && tab.laneCount--),
      })
      this.#made.set(id, lane)
      tab.laneCount++
    } catch {
      // The browser refuses to construct another connection.
      this.#tell('failed')
    }
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
      this.#taken.size < this.#policy.perLink &&
      tab.laneCount < this.#policy.perTab
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
    const flows = this.#link.flows?.flows ?? []
    const bytes = flows.reduce((sum, { sentBytes }) => sum + sentBytes, 0)
    const now = performance.now()
    if (bytes !== this.#traffic.bytes) this.#traffic = { bytes, at: now }
    if (now - this.#traffic.at < this.#policy.idleMs) return
    for (const lane of this.#made.values()) lane.end()
  }
}
