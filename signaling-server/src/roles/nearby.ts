import type { Clock } from '@ringdrop/shared/host/ports.ts'
import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import {
  NearbyServer,
  type NearbyServerEffect,
  type NearbyServerInput,
} from '@ringdrop/shared/protocols/nearby/server.ts'
import type { NearbyChange, NearbyRequest, NearbyResponse } from '@ringdrop/shared/wire/nearby.ts'
import { RoleHost } from './role-host.ts'
import type { Nearby, Reply } from './roles.ts'

type Push = Extract<NearbyServerEffect, { type: 'push' }>

export interface NearbyRoleOptions {
  readonly clock: Clock
  /** Passes a change on to a peer, as far as its socket takes it. */
  readonly push: (to: PeerId, change: NearbyChange) => void
  /** Told when the core threw; the role goes on with an empty core, which the peers fill again. */
  readonly onFault: (error: unknown) => void
}

/** Hosts the core that shows peers of one network to each other. */
export class NearbyRole implements Nearby {
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

  announce(from: PeerId, network: string, { card }: NearbyRequest, reply: Reply<NearbyResponse>): void {
    this.#host.ask((replyTo) => ({ type: 'announce', from, network, card, replyTo }), reply)
  }

  /** Where a peer wants to be seen, and how; `null` when it does not. */
  placeOf(peer: PeerId): ReturnType<NearbyServer['placeOf']> {
    return this.#host.core.placeOf(peer)
  }

  peerGone(peer: PeerId): void {
    this.#host.feed({ type: 'peerGone', peer })
  }

  stop(): void {
    this.#host.stop()
  }
}
