import { BoundedMap } from '../kernel/bounded.ts'
import { assertNever } from '../kernel/core.ts'
import type { PeerId, SessionId } from '../kernel/ids.ts'
import type { Rng } from '../kernel/rng.ts'
import type { TokenBucket } from '../kernel/token-bucket.ts'
import type { CircuitRef } from '../wire/circuit-description.ts'
import type { IntroductionEffect, LinkFailure } from '../protocols/introduction/effects.ts'
import {
  CircuitEnds,
  type CircuitEndsEffect,
  type CircuitEndsInput,
} from '../protocols/relay/circuit-ends.ts'
import type { RelayMessage } from '../protocols/relay/messages.ts'
import { RelayDesk, type RelayDeskInput } from '../protocols/relay/relay-desk.ts'
import type { Link, Links } from './links.ts'
import type { NodeEffect } from './node-io.ts'
import { PathSeeker } from './path-seeker.ts'

/** Failures that say: the peer is there, and no path leads to it. Others would fail over a circuit too. */
const NO_PATH: ReadonlySet<LinkFailure> = new Set<LinkFailure>(['iceFailed', 'timeout'])

type LinkFailed = Extract<IntroductionEffect, { type: 'linkFailed' }>

/** So long a peer that was reached over a circuit is not called directly first; networks change. Our choice. */
const NO_PATH_MS = 10 * 60_000
const NO_PATH_PEERS = 256

export interface RelayingParts {
  readonly self: PeerId
  readonly rng: Rng
  readonly now: number
  readonly links: Links
  /** What goes out in all, own uploads and circuits of others. */
  readonly uploadBucket: TokenBucket
  readonly emit: (effect: NodeEffect) => void
  /** Makes a link with a peer that somebody wants a circuit to. @returns false when there is no room for it. */
  readonly dial: (peer: PeerId, now: number) => boolean
  /**
   * Whether a share or somebody nearby needs the peer. The systems find others to link with; a circuit for every peer that
   * one of them tried in vain would load relays for nothing.
   */
  readonly isWanted: (peer: PeerId) => boolean
  /** Introduces us to a peer over a circuit. */
  readonly connect: (peer: PeerId, ref: CircuitRef, now: number) => void
  /** Calls a peer beside the circuit that leads to it, in case there is a direct path by now. */
  readonly seekPath: (peer: PeerId, now: number) => void
  /** The circuit under this session is gone. */
  readonly lost: (sid: SessionId, now: number) => void
  readonly onCongestion: (sid: SessionId, state: 'congested' | 'writable', now: number) => void
  /** Nobody carries a circuit to the peer. */
  readonly onUnreachable: (peer: PeerId, now: number) => void
  /** A relay carried so much for us: it gets receipts for it. */
  readonly onCarried: (relay: PeerId, bytes: number, now: number) => void
}

/** Peers as relays, at all three places: the end that asks, the relay, the end that is asked. */
export class Relaying {
  readonly desk: RelayDesk
  readonly ends: CircuitEnds
  readonly #parts: RelayingParts
  readonly #seeker: PathSeeker
  /** Peers that we call because others want a circuit to them: if that fails, it is theirs to ask somebody else. */
  readonly #forOthers = new BoundedMap<PeerId, true>(NO_PATH_PEERS)
  /** Peers that no direct path led to, with the time until which that is believed. */
  #pathless = new BoundedMap<PeerId, number>(NO_PATH_PEERS)

  constructor(parts: RelayingParts) {
    this.#parts = parts
    this.#seeker = new PathSeeker(parts.self)
    this.desk = new RelayDesk(parts.self, parts.now, parts.uploadBucket)
    this.ends = new CircuitEnds(parts.rng)
  }

  wakeAt(): number {
    return Math.min(this.desk.wakeAt(), this.ends.wakeAt(), this.#seeker.wakeAt())
  }

  wake(now: number): void {
    this.#tellDesk({ type: 'wake' }, now)
    this.feedEnds({ type: 'wake' }, now)
    for (const peer of this.#seeker.due(now)) this.#parts.seekPath(peer, now)
  }

  /** Our network is another one: a direct path may lead now where none did. */
  onNetworkChange(now: number): void {
    this.#pathless = new BoundedMap(NO_PATH_PEERS)
    this.#seeker.onNetworkChange(now)
  }

  /** Whether a link carries circuits, of ours or of others. */
  needs(peer: PeerId): boolean {
    return this.desk.needs(peer) || this.ends.needs(peer)
  }

  setWilling(isWilling: boolean, now: number): void {
    this.#tellDesk({ type: 'willing', isWilling }, now)
  }

  /** @param uploadRate what the person lets out in bytes a second. */
  setLimit(uploadRate: number, now: number): void {
    this.#tellDesk({ type: 'limit', uploadRate }, now)
  }

  onLinkUp(link: Link, now: number): void {
    this.#forOthers.delete(link.peer)
    this.feedEnds({ type: 'linked', peer: link.peer }, now)
    // A circuit over a circuit would cost two relays, and loops could be built of them.
    if (link.circuit === null) {
      this.#pathless.delete(link.peer)
      return this.#tellDesk({ type: 'linkUp', peer: link.peer }, now)
    }
    this.#pathless.set(link.peer, now + NO_PATH_MS)
    this.#seeker.onCircuit(link.peer, now)
  }

  onLinkDown(link: Link, now: number): void {
    if (link.circuit !== null) {
      this.#seeker.forget(link.peer)
      return this.feedEnds({ type: 'unbind', sid: link.sid }, now)
    }
    this.#tellDesk({ type: 'linkDown', peer: link.peer }, now)
    this.feedEnds({ type: 'linkDown', peer: link.peer }, now)
  }

  /** @returns whether a relay is asked, so that the attempt goes on. */
  onLinkFailed({ peer, code, isDirectCall }: LinkFailed, now: number): boolean {
    this.#tellDesk({ type: 'dialFailed', peer }, now)
    if (this.ends.isReaching(peer)) {
      // Either the next relay is asked, or the word is spread that there is none.
      this.feedEnds({ type: 'failed', peer }, now)
      return true
    }
    const isForOthers = this.#forOthers.delete(peer)
    if (isDirectCall && !isForOthers && NO_PATH.has(code) && this.#parts.isWanted(peer))
      this.#reach(peer, now)
    return this.ends.isReaching(peer)
  }

  /** A peer that was reached over a circuit a while ago. @returns whether that is tried before a direct call. */
  reachAgain(peer: PeerId, now: number): boolean {
    if ((this.#pathless.get(peer) ?? 0) <= now) return false
    this.#pathless.delete(peer)
    this.#reach(peer, now)
    return this.ends.isReaching(peer)
  }

  #reach(peer: PeerId, now: number): void {
    const relays = [...this.#parts.links.up()].filter((link) => canCarry(link)).map((link) => link.peer)
    this.feedEnds({ type: 'reach', peer, relays }, now)
  }

  onMessage(link: Link, message: RelayMessage, now: number): void {
    if (link.circuit !== null) return
    const input = { type: 'message', from: link.peer, message } as const
    if (message.type === 'open') return this.#tellDesk(input, now)
    const isOurs = message.type === 'incoming' || message.type === 'opened' || message.type === 'refused'
    // The rest speaks of a circuit, which is either carried here or ends here.
    if (!isOurs) this.#tellDesk(input, now)
    this.feedEnds(input, now)
  }

  /** A frame came out of its seal: the relay did carry it. */
  onUnsealed(link: Link, bytes: number, now: number): void {
    if (link.circuit !== null) this.#parts.onCarried(link.circuit.relay, bytes, now)
  }

  feedEnds(input: CircuitEndsInput, now: number): void {
    for (const effect of this.ends.handle(input, now)) this.#applyEnds(effect, now)
  }

  #applyEnds(effect: CircuitEndsEffect, now: number): void {
    const { emit, connect, lost, links, onCongestion, onUnreachable } = this.#parts
    switch (effect.type) {
      case 'send':
        links.byPeer(effect.to)?.send({ type: 'relay', message: effect.message })
        return
      case 'connect':
        return connect(effect.peer, effect.ref, now)
      case 'unreachable':
        return onUnreachable(effect.peer, now)
      case 'arrived':
        return emit({ type: 'unseal', sid: effect.sid, bytes: effect.bytes })
      case 'congested':
      case 'writable':
        return onCongestion(effect.sid, effect.type, now)
      case 'lost':
        return lost(effect.sid, now)
      default:
        assertNever(effect)
    }
  }

  #tellDesk(input: RelayDeskInput, now: number): void {
    for (const effect of this.desk.handle(input, now))
      if (effect.type === 'dial') this.#dial(effect.peer, now)
      else this.#parts.links.byPeer(effect.to)?.send({ type: 'relay', message: effect.message })
  }

  #dial(peer: PeerId, now: number): void {
    // Set first: the call may fail at once.
    this.#forOthers.set(peer, true)
    if (this.#parts.dial(peer, now)) return
    this.#forOthers.delete(peer)
    this.#tellDesk({ type: 'noRoom', peer }, now)
  }
}

/** A neighbour that offers to relay, over a connection of its own. */
const canCarry = (link: Link): boolean => link.isRelay && link.circuit === null && !link.isSilent
