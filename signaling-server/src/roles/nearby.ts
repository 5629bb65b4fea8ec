import type { Clock } from '@ringdrop/shared/host/ports.ts'
import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import {
  NearbyServer,
  type NearbyServerEffect,
  type NearbyServerInput,
} from '@ringdrop/shared/protocols/nearby/server.ts'
import type { NearbyChange, NearbyRequest, NearbyResponse } from '@ringdrop/shared/wire/nearby.ts'
import type { Refusal } from '@ringdrop/shared/wire/signaling.ts'
import { RoleHost } from './role-host.ts'

type Push = Extract<NearbyServerEffect, { type: 'push' }>

export interface NearbyRoleOptions {
  readonly clock: Clock
  /** Passes a change on to a peer, as far as its socket takes it. */
  readonly push: (to: PeerId, change: NearbyChange) => void
  /** Told when the core threw; the role goes on with an empty core, which the peers fill again. */
  readonly onFault: (error: unknown) => void
}

/** Hosts the core that shows peers of one network to each other. */
export class NearbyRole {
  readonly #host: RoleHost<NearbyServerInput, NearbyResponse, NearbyServer, Push>

  constructor({ clock, push, onFault }: NearbyRoleOptions) {
    this.#host = new RoleHost({
      clock,
      create: () => new NearbyServer(),
      onOther: ({ to, change }) => push(to, change),
      onFault,
    })
  }

  get sizes(): { readonly peers: number; readonly networks: number } {
    return this.#host.core.sizes
  }

  /**
   * @param network the one that the peer's socket comes from
   * @param request checked by its schema. `reply` is called exactly once.
   */
  announce(
    from: PeerId,
    network: string,
    { card }: NearbyRequest,
    reply: (response: NearbyResponse | Refusal) => void,
  ): void {
    this.#host.ask((replyTo) => ({ type: 'announce', from, network, card, replyTo }), reply)
  }

  peerGone(peer: PeerId): void {
    this.#host.feed({ type: 'peerGone', peer })
  }

  stop(): void {
    this.#host.stop()
  }
}
