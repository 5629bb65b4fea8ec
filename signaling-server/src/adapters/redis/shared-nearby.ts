import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import {
  nearbyCardSchema,
  type NearbyCard,
  type NearbyChange,
  type NearbyPeer,
  type NearbyRequest,
  type NearbyResponse,
} from '@ringdrop/shared/wire/nearby.ts'
import { peerIdSchema } from '@ringdrop/shared/wire/schemas.ts'
import * as v from 'valibot'
import type { NearbyRole } from '../../roles/nearby.ts'
import type { Nearby, Reply } from '../../roles/roles.ts'
import { SCRIPTS } from './scripts.ts'
import type { SharedState } from './shared-state.ts'

const cardSchema = v.pipe(v.string(), v.parseJson(), nearbyCardSchema)
const peersSchema = v.array(peerIdSchema)
const nearSchema = v.tuple([v.picklist([-1, 0, 1]), v.array(v.string()), peersSchema])

/** Tells peers on other servers of a change; those of this server are told by its own core. */
export type PushElsewhere = (to: readonly PeerId[], change: NearbyChange) => void

/** Shows peers of one network to each other although they are on several servers. */
export class SharedNearby implements Nearby {
  constructor(
    readonly own: NearbyRole,
    readonly shared: SharedState,
    readonly pushElsewhere: PushElsewhere,
  ) {}

  get sizes(): Nearby['sizes'] {
    return this.own.sizes
  }

  announce(from: PeerId, network: string, request: NearbyRequest, reply: Reply<NearbyResponse>): void {
    this.own.announce(from, network, request, (answer) => {
      if (!answer.ok) return reply(answer)
      void this.#announce(from, network, request.card).then((peers) => {
        if (peers === 'full') {
          this.own.peerGone(from)
          return reply({ ok: false, code: 'full' })
        }
        reply(peers === null ? answer : { ok: true, peers })
      })
    })
  }

  peerGone(peer: PeerId): void {
    this.own.peerGone(peer)
  }

  stop(): void {
    this.own.stop()
  }

  /** Says again how a peer of this server wants to be seen. */
  async publish(peer: PeerId): Promise<void> {
    const place = this.own.placeOf(peer)
    if (place !== null) await this.#announce(peer, place.network, place.card)
  }

  /** @returns the others of the network; `null` when only this server's memory can say. */
  async #announce(
    peer: PeerId,
    network: string,
    card: NearbyCard | null,
  ): Promise<readonly NearbyPeer[] | 'full' | null> {
    const text = card === null ? '' : JSON.stringify({ name: card.name, kind: card.kind })
    const args = [this.shared.server, peer, network, text, LIMITS.nearbyPeers]
    const answer = await this.shared.ask(SCRIPTS.near, args, nearSchema)
    if (answer === null) return null
    const [news, members, left] = answer
    this.pushElsewhere(left, { joined: [], left: [peer] })
    if (news === -1) return 'full'
    const others = membersOf(members).filter((each) => each.peer !== peer)
    if (news === 1 && card !== null) {
      const to = others.map((each) => each.peer)
      this.pushElsewhere(to, { joined: [{ peer, ...card }], left: [] })
    }
    return others
  }
}

/** Peers and cards as Redis lists a hash: in turn. Anything else is left out. */
function membersOf(fields: readonly string[]): NearbyPeer[] {
  const members: NearbyPeer[] = []
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const peer = v.safeParse(peerIdSchema, fields[at])
    const card = v.safeParse(cardSchema, fields[at + 1])
    if (peer.success && card.success) members.push({ peer: peer.output, ...card.output })
  }
  return members
}
