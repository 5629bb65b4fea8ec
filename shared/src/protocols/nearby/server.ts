import { assertNever, type Core } from '../../kernel/core.ts'
import type { PeerId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import type { NearbyCard, NearbyChange, NearbyPeer, NearbyResponse } from '../../wire/nearby.ts'
import type { Refusal } from '../../wire/signaling.ts'

export type NearbyServerInput =
  | {
      readonly type: 'announce'
      readonly from: PeerId
      /** Names the network that the peer's socket comes from; never leaves the server. */
      readonly network: string
      /** `null`: be seen no longer. */
      readonly card: NearbyCard | null
      readonly replyTo: number
    }
  /** The peer's socket is gone. */
  | { readonly type: 'peerGone'; readonly peer: PeerId }
  | { readonly type: 'wake' }

export type NearbyServerEffect =
  | { readonly type: 'reply'; readonly replyTo: number; readonly response: NearbyResponse | Refusal }
  | { readonly type: 'push'; readonly to: PeerId; readonly change: NearbyChange }

type Group = Map<PeerId, NearbyCard>

/** Who of which network wants to be seen by the others of it. State lives as long as the peers' sockets. */
export class NearbyServer implements Core<NearbyServerInput, NearbyServerEffect> {
  readonly #groups = new Map<string, Group>()
  readonly #networks = new Map<PeerId, string>()

  get sizes(): { readonly peers: number; readonly networks: number } {
    return { peers: this.#networks.size, networks: this.#groups.size }
  }

  /** Where a peer wants to be seen, and how; `null` when it does not. */
  placeOf(peer: PeerId): { readonly network: string; readonly card: NearbyCard } | null {
    const network = this.#networks.get(peer)
    const card = network === undefined ? undefined : this.#groups.get(network)?.get(peer)
    return network === undefined || card === undefined ? null : { network, card }
  }

  handle(input: NearbyServerInput): NearbyServerEffect[] {
    switch (input.type) {
      case 'announce':
        return input.card === null
          ? [reply(input.replyTo, { ok: true, peers: [] }), ...this.#leave(input.from)]
          : this.#announce(input.from, input.network, input.card, input.replyTo)
      case 'peerGone':
        return this.#leave(input.peer)
      case 'wake':
        return []
      default:
        return assertNever(input)
    }
  }

  wakeAt(): number {
    return Infinity
  }

  #announce(from: PeerId, network: string, card: NearbyCard, replyTo: number): NearbyServerEffect[] {
    const moved = this.#networks.get(from) === network ? [] : this.#leave(from)
    const group: Group = this.#groups.get(network) ?? new Map<PeerId, NearbyCard>()
    const before = group.get(from)
    // Each member sees all the others, so the bound on a list is a bound on the group.
    if (before === undefined && group.size > LIMITS.nearbyPeers)
      return [...moved, reply(replyTo, { ok: false, code: 'full' })]
    this.#groups.set(network, group.set(from, card))
    this.#networks.set(from, network)
    const effects = [...moved, reply(replyTo, { ok: true, peers: others(group, from) })]
    if (before?.name === card.name && before.kind === card.kind) return effects
    const change: NearbyChange = { joined: [{ peer: from, ...card }], left: [] }
    return [...effects, ...tellOthers(group, from, change)]
  }

  #leave(peer: PeerId): NearbyServerEffect[] {
    const network = this.#networks.get(peer)
    const group = network === undefined ? undefined : this.#groups.get(network)
    if (network === undefined || group === undefined) return []
    this.#networks.delete(peer)
    group.delete(peer)
    if (group.size === 0) this.#groups.delete(network)
    return tellOthers(group, peer, { joined: [], left: [peer] })
  }
}

const reply = (replyTo: number, response: NearbyResponse | Refusal): NearbyServerEffect => ({
  type: 'reply',
  replyTo,
  response,
})

function others(group: Group, without: PeerId): NearbyPeer[] {
  return [...group].filter(([peer]) => peer !== without).map(([peer, card]) => ({ peer, ...card }))
}

function tellOthers(group: Group, about: PeerId, change: NearbyChange): NearbyServerEffect[] {
  return [...group.keys()].filter((to) => to !== about).map((to) => ({ type: 'push', to, change }))
}
