import type { Clock } from '@ringdrop/shared/host/ports.ts'
import type { Nonce, PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { Rng } from '@ringdrop/shared/kernel/rng.ts'
import {
  identifyRequestSchema,
  type ClosingReason,
  type RefusalCode,
} from '@ringdrop/shared/wire/signaling.ts'
import * as v from 'valibot'
import type { Cluster } from '../adapters/redis/cluster.ts'
import type { ServerConfig } from '../config.ts'
import type { Metrics } from '../metrics.ts'
import { peerGone, rolesOn, type Roles } from '../roles/roles.ts'
import type { PeerSocket } from './events.ts'
import { iceServersFor, TURN_RENEWAL_MS } from './ice-servers.ts'
import { createNonce, verifyIdentity } from './identify.ts'
import type { PeerRegistry } from './peer-registry.ts'
import { SOCKET_LIMITS, SocketBudget } from './rate-limits.ts'
import { acceptEnvelope, relay, type Forward } from './relay.ts'
import { handleRequest, isRequest, type RequestName } from './requests.ts'

/** What all sessions of one server share. */
export interface SessionServices {
  readonly config: ServerConfig
  readonly clock: Clock
  /** Milliseconds since the Unix epoch, for dates that others check. */
  readonly wallClock: () => number
  readonly metrics: Metrics
  readonly registry: PeerRegistry
  readonly roles: Roles
  /** For samples. */
  readonly rng: Rng
  /** `null` when this process is alone. */
  readonly cluster: Cluster | null
  readonly forward: () => Forward
}

/** Where a socket comes from. */
export interface SessionSource {
  /** The `Host` header of the handshake, which `identify` must repeat. */
  readonly host: string
  /** The network that the socket comes from; `null` when that cannot be told. */
  readonly network: string | null
  /** What fair shares are counted by; `null` where limits by address make no sense. */
  readonly address: string | null
}

type SessionState =
  | { readonly name: 'challenged'; readonly nonce: Nonce }
  /** The signature is being checked; the nonce is spent. */
  | { readonly name: 'verifying' }
  | { readonly name: 'identified'; readonly peer: PeerId }
  | { readonly name: 'closed' }

type EventName = 'identify' | 'signal' | RequestName | 'unknown'
/** Socket.IO's acknowledgement; answers once, later calls do nothing. */
type Reply = (response: unknown) => void

/** One socket: proves its key first, then may announce, scrape and signal in that key's name. */
export class Session {
  #state: SessionState = { name: 'challenged', nonce: createNonce() }
  readonly #budget: SocketBudget
  /** Of the time to identify, later of the next credentials. */
  #cancelTimer: () => void
  #boundAt = 0

  /** @param waiting bytes that were sent but not yet taken by the network */
  constructor(
    readonly socket: PeerSocket,
    readonly from: SessionSource,
    readonly waiting: () => number,
    readonly services: SessionServices,
  ) {
    const { clock } = services
    this.#budget = new SocketBudget(clock.now())
    this.#cancelTimer = clock.schedule(clock.now() + SOCKET_LIMITS.unauthenticatedMs, () => {
      this.close('notIdentifiedInTime')
    })
    if (this.#state.name === 'challenged') socket.emit('challenge', { nonce: this.#state.nonce })
  }

  /** The peer that this socket is bound to, or `null` before it identified. */
  get peer(): PeerId | null {
    return this.#state.name === 'identified' ? this.#state.peer : null
  }

  /** When it was bound to its peer, by the clock that stands for deadlines. */
  get boundAt(): number {
    return this.#boundAt
  }

  /** Bytes that were sent but not yet taken by the network. */
  get waitingBytes(): number {
    return this.waiting()
  }

  /** Handles one event as it arrived; nothing in it is trusted. */
  receive(event: unknown, args: readonly unknown[]): void {
    if (this.#state.name === 'closed') return
    const [payload, ack] = args
    const last = args.at(-1)
    const reply: Reply = (response) => {
      if (typeof last === 'function') last(response)
    }
    const name = eventName(event)
    if (name === 'unknown' || args.length !== 2 || typeof ack !== 'function') {
      return this.#refuse(name, 'badRequest', reply)
    }
    if (name === 'identify') return this.#identify(payload, reply)
    if (this.#state.name !== 'identified') return this.#refuse(name, 'notIdentified', reply)
    const { peer } = this.#state
    if (name === 'signal') return this.#signal(peer, payload, reply)
    const { services } = this
    const { network, address } = this.from
    const refuse = (code: RefusalCode) => {
      this.#refuse(name, code, reply)
    }
    handleRequest(name, {
      from: peer,
      network,
      address,
      payload,
      budget: this.#budget,
      services,
      reply,
      refuse,
    })
  }

  /** Says why and disconnects. Does nothing when already closed. */
  close(reason: ClosingReason): void {
    if (this.#state.name === 'closed') return
    this.socket.emit('closing', { reason })
    this.ended()
    if (reason !== 'shuttingDown') this.socket.disconnect(true)
  }

  /** The socket is gone. */
  ended(): void {
    const { peer } = this
    this.#state = { name: 'closed' }
    this.#cancelTimer()
    const { registry, roles, cluster } = this.services
    if (peer === null || !registry.release(peer, this)) return
    peerGone(roles, peer)
    void cluster?.release(peer)
  }

  #identify(payload: unknown, reply: Reply): void {
    if (this.#state.name !== 'challenged') return this.#refuse('identify', 'badRequest', reply)
    const { nonce } = this.#state
    this.#state = { name: 'verifying' }
    const parsed = v.safeParse(identifyRequestSchema, payload, { abortEarly: true })
    if (!parsed.success) return this.#failIdentify('badRequest', reply)
    void verifyIdentity(parsed.output, nonce, this.from.host).then((result) => {
      if (this.#state.name !== 'verifying') return
      if (result.ok) this.#identified(result.value, reply)
      else this.#failIdentify(result.code, reply)
    })
  }

  /** One attempt a socket: whoever failed would fail again. */
  #failIdentify(code: RefusalCode, reply: Reply): void {
    this.#refuse('identify', code, reply)
    this.close('identifyFailed')
  }

  #identified(peer: PeerId, reply: Reply): void {
    const { config, clock, wallClock, metrics, registry, roles, cluster } = this.services
    this.#cancelTimer()
    this.#boundAt = clock.now()
    // The old socket leaves first, with all it announced; the new one announces anew.
    registry.get(peer)?.close('replaced')
    this.#state = { name: 'identified', peer }
    registry.bind(peer, this)
    if (cluster !== null) {
      // Other servers reach the peer by its room. What it asks for next is carried out after this.
      void this.socket.join(peer)
      void cluster.claim(peer)
    }
    metrics.identified.inc()
    const iceServers = iceServersFor(config, peer, wallClock())
    reply({ ok: true, peerId: peer, roles: rolesOn(roles), iceServers })
    if (config.turn !== null) this.#renewLater(peer)
  }

  /** A tab may stay for days, and wants a relay then as well. */
  #renewLater(peer: PeerId): void {
    const { config, clock, wallClock } = this.services
    this.#cancelTimer = clock.schedule(clock.now() + TURN_RENEWAL_MS, () => {
      this.socket.emit('iceServers', { iceServers: iceServersFor(config, peer, wallClock()) })
      this.#renewLater(peer)
    })
  }

  #signal(peer: PeerId, payload: unknown, reply: Reply): void {
    const { clock, metrics, registry, forward } = this.services
    if (!this.#budget.take('signal', 1, clock.now())) return this.#refuse('signal', 'rateLimited', reply)
    const accepted = acceptEnvelope(payload, peer)
    if (!accepted.ok) return this.#refuse('signal', accepted.code, reply)
    metrics.relays.inc({ result: relay(accepted.value, registry, forward()) })
    // The same answer whatever became of it, so that it tells nothing about who is online.
    reply({ ok: true })
  }

  #refuse(event: EventName, code: RefusalCode, reply: Reply): void {
    const { clock, metrics } = this.services
    metrics.refusals.inc({ event, code })
    reply({ ok: false, code })
    if (!this.#budget.take('refusals', 1, clock.now())) this.close('tooManyRefusals')
  }
}

function eventName(event: unknown): EventName {
  if (event === 'identify' || event === 'signal' || isRequest(event)) return event
  return 'unknown'
}
