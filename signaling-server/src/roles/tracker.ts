import type { Clock } from '@ringdrop/shared/host/ports.ts'
import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { Rng } from '@ringdrop/shared/kernel/rng.ts'
import { TrackerServer, type TrackerServerInput } from '@ringdrop/shared/protocols/tracker/server.ts'
import type {
  AnnounceRequest,
  AnnounceResponse,
  ScrapeRequest,
  ScrapeResponse,
} from '@ringdrop/shared/wire/signaling.ts'
import { RoleHost } from './role-host.ts'
import type { Reply, Tracker } from './roles.ts'

type TrackerResponse = AnnounceResponse | ScrapeResponse

export interface TrackerRoleOptions {
  readonly clock: Clock
  readonly rng: Rng
  /** Told when the core threw; the role goes on with an empty core, which the peers fill again. */
  readonly onFault: (error: unknown) => void
}

/** Hosts the tracker core. */
export class TrackerRole implements Tracker {
  readonly #host: RoleHost<TrackerServerInput, TrackerResponse, TrackerServer>

  constructor({ clock, rng, onFault }: TrackerRoleOptions) {
    const create = (generation: number) => new TrackerServer(rng.child(`tracker ${String(generation)}`))
    this.#host = new RoleHost({ clock, create, onFault })
  }

  get sizes(): { readonly swarms: number; readonly entries: number } {
    return this.#host.core.sizes
  }

  announce(
    from: PeerId,
    address: string | null,
    request: AnnounceRequest,
    reply: Reply<AnnounceResponse>,
  ): void {
    // An announce is answered by its own kind of response.
    const answer = reply as Reply<TrackerResponse>
    this.#host.ask((replyTo) => ({ type: 'announce', from, address, request, replyTo }), answer)
  }

  scrape(from: PeerId, request: ScrapeRequest, reply: Reply<ScrapeResponse>): void {
    const answer = reply as Reply<TrackerResponse>
    this.#host.ask((replyTo) => ({ type: 'scrape', from, request, replyTo }), answer)
  }

  /** The swarms that a peer is in, as it announced them. */
  swarmsOf(peer: PeerId): ReturnType<TrackerServer['swarmsOf']> {
    return this.#host.core.swarmsOf(peer)
  }

  peerGone(peer: PeerId): void {
    this.#host.feed({ type: 'peerGone', peer })
  }

  stop(): void {
    this.#host.stop()
  }
}
