import { randomBytes } from 'node:crypto'
import type { Clock } from '@ringdrop/shared/host/ports.ts'
import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import { TRACKER } from '@ringdrop/shared/protocols/tracker/constants.ts'
import type { NearbyChange } from '@ringdrop/shared/wire/nearby.ts'
import { peerIdSchema } from '@ringdrop/shared/wire/schemas.ts'
import { createShardedAdapter } from '@socket.io/redis-adapter'
import * as v from 'valibot'
import type { RedisConfig } from '../../config.ts'
import type { DirectoryRole } from '../../roles/directory.ts'
import type { NearbyRole } from '../../roles/nearby.ts'
import type { Roles } from '../../roles/roles.ts'
import type { TrackerRole } from '../../roles/tracker.ts'
import type { PeerRegistry } from '../../signaling/peer-registry.ts'
import type { Session } from '../../signaling/session.ts'
import { RedisLink } from './redis-link.ts'
import { SCRIPTS } from './scripts.ts'
import { SharedDirectory } from './shared-directory.ts'
import { SharedNearby } from './shared-nearby.ts'
import { SharedState } from './shared-state.ts'
import { SharedTracker } from './shared-tracker.ts'

/** A lease is renewed so many times before it ends, so that one lost renewal costs nothing. Our choice. */
const RENEWALS_PER_LEASE = 3
/** Peers in one script, so that none takes Redis for long. Our choice. */
const PEERS_PER_SCRIPT = 500
/** Files, shares and swarms that one script takes away, so that it keeps Redis for some 12 ms. Our choice. */
const REAPED_PER_SCRIPT = 500

/** What the cluster does to sockets, wherever they are. */
export interface ClusterSockets {
  /** Closes the sockets of a peer on other servers: it has a newer one here. */
  closeElsewhere(peer: PeerId): void
  pushNearby(to: PeerId, change: NearbyChange): void
}

/** The roles as this process alone runs them. */
export interface OwnRoles {
  readonly tracker: TrackerRole | null
  readonly directory: DirectoryRole | null
  readonly nearby: NearbyRole | null
}

export interface ClusterOptions {
  readonly config: RedisConfig
  /** Memory that the directory may take in Redis. */
  readonly directoryBytes: number
  readonly clock: Clock
  readonly registry: PeerRegistry
  readonly own: OwnRoles
  readonly sockets: ClusterSockets
  /** Told when Redis comes and goes. */
  readonly onChange: (state: 'up' | 'down') => void
  /** Told why Redis cannot be reached, whenever that is another reason. */
  readonly onUnreachable: (reason: string) => void
  /** Told of each failed command; `fault` when Redis refused it. */
  readonly onFailure: (fault: Error | null) => void
}

const peersSchema = v.array(peerIdSchema)
const claimedSchema = v.union([v.literal('refused'), v.tuple([v.string(), peersSchema])])
const renewedSchema = v.tuple([peersSchema, peersSchema])
const reapedSchema = v.tuple([v.array(v.tuple([peerIdSchema, peersSchema])), v.picklist([0, 1])])
/** Bounds of what is remembered of swarms; `Script`s take them along. */
const MEMORY = [TRACKER.memoryMs, TRACKER.maxRemembered] as const

/**
 * This process as one of several that share a Redis. Every peer has a lease, renewed by the server that holds its
 * socket; what it registered goes with the lease. Redis is a copy: each server can say everything again that its own
 * peers registered, and does so whenever Redis has been away or has forgotten (docs/adr/0021).
 */
export class Cluster {
  readonly roles: Roles
  readonly #link: RedisLink
  readonly #shared: SharedState
  readonly #directory: SharedDirectory | null
  readonly #publishing: readonly { publish(peer: PeerId): Promise<void> }[]
  #cancelTimer: () => void = () => undefined

  constructor(readonly options: ClusterOptions) {
    const { config, own } = options
    this.#link = new RedisLink(config.url, options.clock, {
      up: () => {
        options.onChange('up')
        void this.#publishAll()
      },
      down: () => options.onChange('down'),
      unreachable: options.onUnreachable,
      failed: options.onFailure,
    })
    this.#shared = new SharedState(this.#link, randomBytes(8).toString('hex'))
    const tracker = own.tracker && new SharedTracker(own.tracker, this.#shared)
    const directory =
      own.directory && new SharedDirectory(own.directory, this.#shared, options.directoryBytes)
    const pushElsewhere = (to: readonly PeerId[], change: NearbyChange): void => {
      this.#push(
        to.filter((peer) => options.registry.get(peer) === undefined),
        change,
      )
    }
    const nearby = own.nearby && new SharedNearby(own.nearby, this.#shared, pushElsewhere)
    this.#directory = directory
    this.roles = { tracker, directory, nearby }
    this.#publishing = [tracker, directory, nearby].filter((role) => role !== null)
  }

  get state(): 'up' | 'down' {
    return this.#link.isUp ? 'up' : 'down'
  }

  /** A code of why Redis is of no use, as far as that is known. */
  get reason(): string | null {
    return this.#link.reason
  }

  /** For Socket.IO: rooms reach across servers. */
  get adapter(): ReturnType<typeof createShardedAdapter> {
    return createShardedAdapter(this.#link.publisher, this.#link.subscriber, { channelPrefix: 'ringdrop2' })
  }

  start(): void {
    this.#link.connect()
    this.#arm()
  }

  close(): void {
    this.#cancelTimer()
    this.#link.close()
  }

  /** A peer has identified here just now: what it registered elsewhere is void, and its sockets there are closed. */
  async claim(peer: PeerId): Promise<void> {
    await this.#claim(peer, 0)
  }

  /** @param age so long ago the peer identified here */
  async #claim(peer: PeerId, age: number): Promise<void> {
    const { sockets, config, registry } = this.options
    const session = registry.get(peer)
    const args = [this.#shared.server, peer, age, config.leaseMs, ...MEMORY]
    const answer = await this.#shared.ask(SCRIPTS.claim, args, claimedSchema)
    if (answer === null) return
    if (answer === 'refused') return this.#replaced(peer, session)
    const [before, near] = answer
    const hasMoved = before !== '' && before !== this.#shared.server
    if (!hasMoved) return this.#tellGone(peer, near)
    sockets.closeElsewhere(peer)
    // Nobody else tells those of this server, unless its own core has met the peer meanwhile: then it is nearby again.
    const network = this.#networkOf(peer)
    const others = near.filter((each) => network === null || this.#networkOf(each) !== network)
    this.#push(others, { joined: [], left: [peer] })
  }

  /** The last socket of a peer here is gone. */
  async release(peer: PeerId): Promise<void> {
    const near = await this.#shared.ask(SCRIPTS.release, [this.#shared.server, peer, ...MEMORY], peersSchema)
    this.#tellGone(peer, near ?? [])
  }

  /** Up to `count` peers of all servers at random, without the one who asks; `null` while Redis is away. */
  sample(asker: PeerId, count: number): Promise<readonly PeerId[] | null> {
    return this.#shared.ask(SCRIPTS.sample, [asker, count], peersSchema)
  }

  #arm(): void {
    const { clock, config } = this.options
    this.#cancelTimer = clock.schedule(clock.now() + config.leaseMs / RENEWALS_PER_LEASE, () => {
      this.#arm()
      void this.#renew()
        .then(() => this.#reap())
        .then(() => this.#directory?.repair((peer) => this.options.registry.get(peer) !== undefined))
    })
  }

  async #renew(): Promise<void> {
    const { registry, config } = this.options
    const peers = [...registry.peers()]
    for (let at = 0; at < peers.length; at += PEERS_PER_SCRIPT) {
      const some = peers.slice(at, at + PEERS_PER_SCRIPT)
      const sessions = new Map(some.map((peer) => [peer, registry.get(peer)]))
      const ages = some.flatMap((peer) => [peer, this.#ageOf(sessions.get(peer))])
      const args = [this.#shared.server, config.leaseMs, ...ages]
      const [lost, moved] = (await this.#shared.ask(SCRIPTS.renew, args, renewedSchema)) ?? [[], []]
      for (const peer of moved) this.#replaced(peer, sessions.get(peer))
      for (const peer of lost) await this.#publish(peer)
    }
  }

  /** Takes away what servers have left behind that are gone. Any of the servers may do it. */
  async #reap(): Promise<void> {
    const { registry } = this.options
    for (;;) {
      const args = [REAPED_PER_SCRIPT, ...MEMORY]
      const [gone, isMore] = (await this.#shared.ask(SCRIPTS.reap, args, reapedSchema)) ?? [[], 0]
      for (const [peer, near] of gone) {
        // This server may have slept for longer than a lease.
        if (registry.get(peer) !== undefined) await this.#publish(peer)
        else this.#push(near, { joined: [], left: [peer] })
      }
      if (isMore === 0) return
    }
  }

  async #publishAll(): Promise<void> {
    for (const peer of [...this.options.registry.peers()]) {
      if (!this.#link.isUp) return
      await this.#publish(peer)
    }
  }

  async #publish(peer: PeerId): Promise<void> {
    const session = this.options.registry.get(peer)
    if (session === undefined) return
    await Promise.all([
      this.#claim(peer, this.#ageOf(session)),
      ...this.#publishing.map((role) => role.publish(peer)),
    ])
  }

  /**
   * How long ago a socket identified. Redis makes a time of it by its own clock, so that the order of the sockets of several
   * servers is known without their clocks: it is wrong only by the time that a command waits.
   */
  #ageOf(session: Session | undefined): number {
    return session === undefined ? 0 : Math.max(0, Math.round(this.options.clock.now() - session.boundAt))
  }

  /** Another server has a newer socket of the peer; the one here may be newer still by now. */
  #replaced(peer: PeerId, session: Session | undefined): void {
    if (session !== undefined && this.options.registry.get(peer) === session) session.close('replaced')
  }

  /** Those of this server were told by its own core. */
  #tellGone(peer: PeerId, near: readonly PeerId[]): void {
    const { registry } = this.options
    this.#push(
      near.filter((each) => registry.get(each) === undefined),
      { joined: [], left: [peer] },
    )
  }

  /** Where a peer of this server wants to be seen. */
  #networkOf(peer: PeerId): string | null {
    return this.options.own.nearby?.placeOf(peer)?.network ?? null
  }

  #push(to: readonly PeerId[], change: NearbyChange): void {
    for (const peer of to) this.options.sockets.pushNearby(peer, change)
  }
}
