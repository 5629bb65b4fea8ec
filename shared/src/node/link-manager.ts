import { BoundedMap } from '../kernel/bounded.ts'
import { assertNever } from '../kernel/core.ts'
import type { PeerId, SessionId } from '../kernel/ids.ts'
import { LIMITS } from '../kernel/limits.ts'
import type { Carrier, IntroductionEffect, IntroductionInput } from '../protocols/introduction/effects.ts'
import type { Introducer } from '../protocols/introduction/introducer.ts'
import type { SignalEnvelope } from '../wire/envelope.ts'
import type { Dialler } from './dialler.ts'
import type { Discovery, TicketOwner } from './discovery.ts'
import { LinkKeeper, type IncomingMessage } from './link-keeper.ts'
import type { Link, Links } from './links.ts'
import type { Nearby } from './nearby.ts'
import type { NodeEffect } from './node-io.ts'
import type { Shares } from './shares.ts'
import type { Relaying } from './relaying.ts'
import type { SignalRelay } from './signal-relay.ts'
import type { Tickets } from './tickets.ts'

export interface LinkManagerParts {
  readonly self: PeerId
  readonly now: number
  readonly links: Links
  readonly introducer: Introducer
  readonly relay: SignalRelay
  readonly relaying: Relaying
  readonly dialler: Dialler
  readonly shares: Shares
  readonly discovery: Discovery
  readonly nearby: Nearby
  readonly tickets: Tickets<TicketOwner>
  readonly emit: (effect: NodeEffect) => void
}

/** Peers whose last failure is remembered and shown; our choice. */
const FAILURES_KEPT = 100

/** The life of links: how they come about, what arrives over them, how they are watched and how they end. */
export class LinkManager {
  /** Why the last attempt to link with each peer failed. */
  readonly failures = new BoundedMap<PeerId, string>(FAILURES_KEPT)
  readonly #parts: LinkManagerParts
  readonly #keeper: LinkKeeper

  constructor(parts: LinkManagerParts) {
    this.#parts = parts
    this.#keeper = new LinkKeeper(parts.now)
  }

  wakeAt(): number {
    return this.#keeper.wakeAt(this.#parts.links.upCount)
  }

  /** Pings silent links, and gives up those that are dead or of no use. */
  wake(now: number): void {
    const { links, discovery, nearby, relaying } = this.#parts
    this.introduce({ type: 'wake' }, now)
    const needs = (peer: PeerId) => discovery.needs(peer) || nearby.needs(peer) || relaying.needs(peer)
    for (const [link, verdict] of this.#keeper.inspect(links, needs, now)) {
      if (verdict === 'close') this.close(link, now)
      else link.send({ type: 'ping' })
      if (verdict !== 'silent') continue
      // Systems route around it; the link stays, it may only be slow.
      link.isSilent = true
      discovery.overlayLinks.onDown(link, now)
    }
  }

  /** Asks every link whether it still lives, without waiting for its turn. */
  pingAll(now: number): void {
    this.#keeper.askAnew(this.#parts.links, now)
    for (const link of this.#parts.links.up()) link.send({ type: 'ping' })
  }

  onFrame(sid: SessionId, channel: 'control' | 'bulk', bytes: Uint8Array<ArrayBuffer>, now: number): void {
    const link = this.#parts.links.bySid(sid)
    if (link === undefined) return
    link.lastHeardAt = now
    link.receivedBytes += bytes.length
    if (link.isSilent) {
      link.isSilent = false
      this.#parts.discovery.overlayLinks.onHeardAgain(link, now)
    }
    this.#parts.relaying.onUnsealed(link, bytes.length, now)
    const read = this.#keeper.read(link, channel, bytes)
    if (!read.ok) return this.punish(link, read.code, now)
    for (const message of read.value) {
      this.#onMessage(link, message, now)
      if (this.#parts.links.bySid(sid) !== link) return
    }
  }

  #onMessage(link: Link, message: IncomingMessage, now: number): void {
    switch (message.type) {
      case 'proof':
        return this.introduce({ type: 'proof', sid: link.sid, signature: message.signature }, now)
      case 'ping':
        link.send({ type: 'pong' })
        return
      case 'pong':
        return
      case 'signal':
        return this.#onSignal(link, message.envelope, now)
      case 'hello':
        link.isRelay = message.isRelay
        link.knowsUploadOnly = message.knowsUploadOnly
        return this.#parts.discovery.overlayLinks.onHello(link, message.systems, now)
      case 'gnutella':
      case 'kazaa':
      case 'chord':
        return this.#parts.discovery.onMessage(link, message, now)
      case 'nearby':
        return this.#parts.nearby.onMessage(link.peer, message.message, now)
      case 'relay':
        return this.#parts.relaying.onMessage(link, message.message, now)
      default:
        return this.#parts.shares.onMessage(link, message, now)
    }
  }

  #onSignal(link: Link, envelope: SignalEnvelope, now: number): void {
    if (envelope.to === this.#parts.self)
      return this.introduce({ type: 'envelope', envelope, carrier: link.peer }, now)
    const isLinked = (peer: PeerId) => this.#parts.links.byPeer(peer) !== undefined
    const waysTo = (peer: PeerId) => this.#parts.discovery.carriersTo(peer, now)
    const next = this.#parts.relay.pass(link.peer, envelope, isLinked, waysTo, now)
    if (next !== null) this.#parts.links.byPeer(next.to)?.send({ type: 'signal', envelope: next.envelope })
  }

  onCongestion(sid: SessionId, type: 'congested' | 'writable', now: number): void {
    const link = this.#parts.links.bySid(sid)
    if (link === undefined) return
    link.isCongested = type === 'congested'
    this.#parts.shares.onCongestion(link, type, now)
  }

  introduce(input: IntroductionInput, now: number): void {
    for (const effect of this.#parts.introducer.handle(input, now)) this.#applyIntroduction(effect, now)
  }

  #applyIntroduction(effect: IntroductionEffect, now: number): void {
    switch (effect.type) {
      case 'route':
        return this.#route(effect.envelope, effect.carrier)
      case 'openConnection':
        return this.#openConnection(effect, now)
      case 'sendProof':
        this.#parts.links.bySid(effect.sid)?.send({ type: 'proof', signature: effect.signature })
        return
      case 'linkUp':
        return this.#onLinkUp(effect.sid, effect.peer, now)
      case 'linkDown':
        return this.#onLinkDown(effect.sid, now)
      case 'linkFailed':
        this.failures.set(effect.peer, effect.code)
        if (this.#parts.relaying.onLinkFailed(effect, now)) return
        return this.onUnreachable(effect.peer, now)
      case 'closeConnection':
        this.#onLinkDown(effect.sid, now)
        this.#parts.emit(effect)
        return
      case 'sign':
      case 'verify':
        this.#parts.emit({ ...effect, ticket: this.#parts.tickets.issue('introducer', effect.ticket) })
        return
      case 'applySignal':
      case 'restartIce':
      case 'manualRefused':
        this.#parts.emit(effect)
        return
      default:
        return assertNever(effect)
    }
  }

  #openConnection(effect: Extract<IntroductionEffect, { type: 'openConnection' }>, now: number): void {
    const { sid, peer, circuit } = effect
    this.#parts.links.open(sid, peer, now, circuit)
    this.#parts.emit(effect)
    if (circuit !== null) this.#parts.relaying.feedEnds({ type: 'bind', sid, peer, ref: circuit }, now)
  }

  /** Nothing led to the peer, neither a path nor a relay. */
  onUnreachable(peer: PeerId, now: number): void {
    this.#parts.dialler.onFailed(peer, now)
    this.#parts.discovery.overlayLinks.onFailed(peer, now)
    this.#parts.nearby.onLink('linkFailed', peer, now)
  }

  #route(envelope: SignalEnvelope, carrier: Carrier): void {
    if (carrier === 'server') this.#parts.emit({ type: 'serverSignal', envelope })
    else if (carrier === 'manual') this.#parts.emit({ type: 'manualEnvelope', envelope })
    else this.#parts.links.byPeer(carrier)?.send({ type: 'signal', envelope })
  }

  #onLinkUp(sid: SessionId, peer: PeerId, now: number): void {
    const link = this.#parts.links.bySid(sid)
    if (link === undefined) return
    // Who took an invite shows only now.
    link.peer = peer
    this.#parts.links.markUp(link)
    // Before all else: by it the other end knows what it may say to us.
    this.#parts.discovery.overlayLinks.greet(link)
    this.failures.delete(peer)
    this.#parts.dialler.onLinked(peer)
    this.#parts.relaying.onLinkUp(link, now)
    this.#parts.shares.onLinkUp(link, now)
    this.#parts.discovery.overlayLinks.onUp(link, now)
    this.#parts.nearby.onLink('linkUp', peer, now)
    this.#updateCapacity(now)
    for (const { channel, bytes } of link.held.splice(0)) this.onFrame(sid, channel, bytes, now)
  }

  #onLinkDown(sid: SessionId, now: number): void {
    const link = this.#parts.links.remove(sid)
    if (link === undefined) return
    this.#parts.relaying.onLinkDown(link, now)
    this.#parts.shares.onLinkDown(link, now)
    this.#parts.discovery.overlayLinks.onDown(link, now)
    this.#parts.dialler.onLinkLost(link.peer, now)
    this.introduce({ type: 'carrierLost', carrier: link.peer }, now)
    this.#parts.nearby.onLink('linkDown', link.peer, now)
    this.#updateCapacity(now)
  }

  close(link: Link, now: number): void {
    // The introducer owns the connection; telling it that the channel is closed takes the usual way down.
    this.introduce({ type: 'channelClosed', sid: link.sid }, now)
  }

  /** The peer broke the rules: no more links with it while this node lives. */
  punish(link: Link, code: string, now: number): void {
    this.#parts.emit({ type: 'violation', peer: link.peer, code })
    this.#parts.dialler.forgetPeer(link.peer)
    this.introduce({ type: 'ban', peer: link.peer }, now)
    this.close(link, now)
  }

  #updateCapacity(now: number): void {
    const isOpen = this.#parts.links.upCount < LIMITS.links
    this.introduce({ type: 'capacity', isOpen }, now)
  }
}
