import { Host } from '@ringdrop/shared/host/host.ts'
import type { Clock } from '@ringdrop/shared/host/ports.ts'
import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { Rng } from '@ringdrop/shared/kernel/rng.ts'
import {
  TrackerServer,
  type TrackerServerEffect,
  type TrackerServerInput,
} from '@ringdrop/shared/protocols/tracker/server.ts'
import type {
  AnnounceRequest,
  AnnounceResponse,
  Refusal,
  ScrapeRequest,
  ScrapeResponse,
} from '@ringdrop/shared/wire/signaling.ts'

type Reply = (response: AnnounceResponse | ScrapeResponse | Refusal) => void

export interface TrackerRoleOptions {
  readonly clock: Clock
  readonly rng: Rng
  /** Told when the core threw; the role goes on with an empty core, which the peers fill again. */
  readonly onFault: (error: unknown) => void
}

/** Hosts the tracker core. */
export class TrackerRole {
  readonly #replies = new Map<number, Reply>()
  #lastReply = 0
  #generation = 0
  #core: TrackerServer
  #host: Host<TrackerServerInput, TrackerServerEffect>

  constructor(readonly options: TrackerRoleOptions) {
    this.#core = this.#createCore()
    this.#host = this.#createHost()
  }

  get sizes(): { readonly swarms: number; readonly entries: number } {
    return this.#core.sizes
  }

  /** @param request checked by its schema. `reply` is called exactly once. */
  announce(from: PeerId, request: AnnounceRequest, reply: Reply): void {
    this.#host.feed({ type: 'announce', from, request, replyTo: this.#expect(reply) })
  }

  /** @param request checked by its schema. `reply` is called exactly once. */
  scrape(from: PeerId, request: ScrapeRequest, reply: Reply): void {
    this.#host.feed({ type: 'scrape', from, request, replyTo: this.#expect(reply) })
  }

  peerGone(peer: PeerId): void {
    this.#host.feed({ type: 'peerGone', peer })
  }

  stop(): void {
    this.#host.stop()
  }

  #expect(reply: Reply): number {
    this.#replies.set(++this.#lastReply, reply)
    return this.#lastReply
  }

  #createCore(): TrackerServer {
    return new TrackerServer(this.options.rng.child(`tracker ${String(++this.#generation)}`))
  }

  #createHost(): Host<TrackerServerInput, TrackerServerEffect> {
    return new Host(this.#core, {
      clock: this.options.clock,
      apply: (effect) => {
        this.#apply(effect)
      },
      onFault: (error) => {
        this.#recover(error)
      },
    })
  }

  #apply(effect: TrackerServerEffect): void {
    const reply = this.#replies.get(effect.replyTo)
    this.#replies.delete(effect.replyTo)
    reply?.(effect.response)
  }

  /** State is soft: what the old core knew comes back with the next announces. */
  #recover(error: unknown): void {
    this.#core = this.#createCore()
    this.#host = this.#createHost()
    const pending = [...this.#replies.values()]
    this.#replies.clear()
    for (const reply of pending) reply({ ok: false, code: 'full' })
    this.options.onFault(error)
  }
}
