import type { Clock } from '@ringdrop/shared/host/ports.ts'
import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { Rng } from '@ringdrop/shared/kernel/rng.ts'
import { TrackerServer, type TrackerServerInput } from '@ringdrop/shared/protocols/tracker/server.ts'
import type {
  AnnounceRequest,
  AnnounceResponse,
  Refusal,
  ScrapeRequest,
  ScrapeResponse,
} from '@ringdrop/shared/wire/signaling.ts'
import { RoleHost } from './role-host.ts'

type TrackerResponse = AnnounceResponse | ScrapeResponse
type Reply = (response: TrackerResponse | Refusal) => void

export interface TrackerRoleOptions {
  readonly clock: Clock
  readonly rng: Rng
  /** Told when the core threw; the role goes on with an empty core, which the peers fill again. */
  readonly onFault: (error: unknown) => void
}

/** Hosts the tracker core. */
export class TrackerRole {
  readonly #host: RoleHost<TrackerServerInput, TrackerResponse, TrackerServer>

  constructor({ clock, rng, onFault }: TrackerRoleOptions) {
    const create = (generation: number) => new TrackerServer(rng.child(`tracker ${String(generation)}`))
    this.#host = new RoleHost({ clock, create, onFault })
  }

  get sizes(): { readonly swarms: number; readonly entries: number } {
    return this.#host.core.sizes
  }

  /** @param request checked by its schema. `reply` is called exactly once. */
  announce(from: PeerId, request: AnnounceRequest, reply: Reply): void {
    this.#host.ask((replyTo) => ({ type: 'announce', from, request, replyTo }), reply)
  }

  /** @param request checked by its schema. `reply` is called exactly once. */
  scrape(from: PeerId, request: ScrapeRequest, reply: Reply): void {
    this.#host.ask((replyTo) => ({ type: 'scrape', from, request, replyTo }), reply)
  }

  peerGone(peer: PeerId): void {
    this.#host.feed({ type: 'peerGone', peer })
  }

  stop(): void {
    this.#host.stop()
  }
}
