import { persistent } from '../../lib/persistent.ts'
import { askPath } from '../connection-path.ts'
import type { LaneLink } from './lane-link.ts'
import type { Lanes } from './lanes.ts'

/** Messages kept until the code of lanes is here: those of a few lanes with all their candidates. Our choice. */
const EARLY_MESSAGES = 64

/** Nearer than this one connection fills the line: what its window lost is back within a second or two. Our choice. */
export const FAR_ROUND_TRIP_MS = 50

/**
 * The lanes of one link, whose code is fetched when the first is wanted. They are arranged on a channel of the link's
 * connection that both ends agreed on beforehand (id 2). Each end says first that it knows it; a command-line peer
 * closes it instead, and then there are none.
 */
export class LateLanes {
  readonly #link: LaneLink
  readonly #channel: RTCDataChannel
  #lanes: Lanes | null = null
  /** `near`: as long as its path is the same, the link gets none by this end. */
  #state: 'silent' | 'known' | 'near' | 'closed' = 'silent'
  #code: Promise<Lanes> | null = null
  #earlyCount = 0

  constructor(link: LaneLink) {
    this.#link = link
    const channel = link.pc.createDataChannel('lanes', { negotiated: true, id: 2 })
    channel.binaryType = 'arraybuffer'
    channel.onopen = () => channel.send(new Uint8Array(1))
    channel.onmessage = ({ data }: MessageEvent<unknown>) => this.#onMessage(data)
    channel.onclose = () => this.close()
    this.#channel = channel
  }

  /** A frame is about to leave. The path is asked when the first one waits: before the link's queue has grown. */
  look(): void {
    if (this.#lanes !== null) return this.#lanes.look()
    const { own, pc, tab } = this.#link
    if (this.#state !== 'known' || own.bulk.bufferedAmount === 0) return
    this.#state = 'near'
    void askPath(pc).then((path) => {
      const isFar = (path?.roundTripMs ?? 0) >= (tab.policy?.roundTripMs ?? FAR_ROUND_TRIP_MS)
      if (this.#state === 'near' && isFar) this.#with((lanes) => lanes.look())
    })
  }

  /** The link looks for another path: so do its lanes. */
  restart(): void {
    if (this.#state === 'near') this.#state = 'known'
    this.#lanes?.restart()
  }

  close(): void {
    this.#state = 'closed'
    this.#lanes?.close()
    this.#channel.close()
  }

  /** The other end's first word, and what follows before the code is here. */
  #onMessage(data: unknown): void {
    if (this.#state !== 'silent') return this.#with((lanes) => lanes.receive(data))
    if (!(data instanceof ArrayBuffer) || data.byteLength !== 1) return this.close()
    this.#state = 'known'
  }

  #with(action: (lanes: Lanes) => void): void {
    if (this.#lanes !== null) return action(this.#lanes)
    if (++this.#earlyCount > EARLY_MESSAGES) return this.close()
    this.#code ??= persistent(() => import('./lanes.ts')).then(({ Lanes }) => {
      this.#lanes = new Lanes(this.#link, this.#channel)
      if (this.#state === 'closed') this.#lanes.close()
      return this.#lanes
    })
    this.#code.then(action, () => this.close())
  }
}
