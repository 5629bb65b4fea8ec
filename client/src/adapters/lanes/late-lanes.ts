import { persistent } from '../../lib/persistent.ts'
import { askPath, type ConnectionPath } from '../connection-path.ts'
import { LaneDemand, type DemandInput } from './demand.ts'
import type { LaneLink } from './lane-link.ts'
import type { Lanes } from './lanes.ts'

/** Messages kept until the code of lanes is here: those of a few lanes with all their candidates. Our choice. */
const EARLY_MESSAGES = 64
/** How often it is looked whether frames still wait, when none leaves. Our choice. */
const LOOK_MS = 250

/**
 * The lanes of one link, whose code is fetched when the first is wanted. They are arranged on a channel of the link's
 * connection that both ends agreed on beforehand (id 2). Each end says first that it knows it; a command-line peer
 * closes it instead, and then there are none.
 */
export class LateLanes {
  readonly #link: LaneLink
  readonly #channel: RTCDataChannel
  readonly #demand: LaneDemand
  #lanes: Lanes | null = null
  #timer: ReturnType<typeof setTimeout> | null = null
  #state: 'silent' | 'known' | 'fetching' | 'running' | 'closed' = 'silent'
  /** What waits for the code. */
  readonly #early: ((lanes: Lanes) => void)[] = []

  constructor(link: LaneLink) {
    this.#link = link
    this.#demand = new LaneDemand(link.tab.policy)
    const channel = link.pc.createDataChannel('lanes', { negotiated: true, id: 2 })
    channel.binaryType = 'arraybuffer'
    channel.onopen = () => channel.send(new Uint8Array(1))
    channel.onmessage = ({ data }: MessageEvent<unknown>) => this.#onMessage(data)
    channel.onclose = () => this.close()
    this.#channel = channel
  }

  /** A frame is about to leave. */
  look(): void {
    if (!this.#demand.isWatching || !this.#link.bulk.isFull) return
    this.#tell('queued')
    if (this.#timer !== null) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      if (this.#state !== 'closed') this.look()
    }, LOOK_MS)
  }

  #tell(input: DemandInput): void {
    const wish = this.#demand.handle(input, performance.now())
    if (wish === 'makeLane') this.#with((lanes) => lanes.make())
    else if (wish === 'askPath') void askPath(this.#link.pc).then((path) => this.#onPath(path))
  }

  /** The link looks for another path: so do its lanes. */
  restart(): void {
    this.#tell('moved')
    this.#lanes?.restart()
  }

  leave(): void {
    this.#lanes?.leave()
  }

  close(): void {
    this.#state = 'closed'
    clearTimeout(this.#timer ?? undefined)
    this.#lanes?.close()
    this.#channel.close()
  }

  #onPath(path: ConnectionPath | null): void {
    this.#tell({ path })
    if (this.#demand.isFar) this.#link.bulk.hold()
  }

  /** The other end's first word, and what follows before the code is here. */
  #onMessage(data: unknown): void {
    if (this.#state !== 'silent') return this.#with((lanes) => lanes.receive(data))
    if (!(data instanceof ArrayBuffer) || data.byteLength !== 1) return this.close()
    this.#state = 'known'
    this.#tell('known')
  }

  #with(action: (lanes: Lanes) => void): void {
    if (this.#lanes !== null) return action(this.#lanes)
    if (this.#state === 'closed' || this.#early.push(action) > EARLY_MESSAGES) return this.close()
    if (this.#state === 'fetching') return
    this.#state = 'fetching'
    persistent(() => import('./lanes.ts')).then(
      ({ Lanes }) => {
        if (this.#state === 'closed') return
        this.#state = 'running'
        this.#lanes = new Lanes(this.#link, this.#channel, (input) => this.#tell(input))
        for (const each of this.#early.splice(0)) each(this.#lanes)
      },
      () => this.close(),
    )
  }
}
