import { assertNever } from '../kernel/core.ts'
import type { InfoHash, PeerId } from '../kernel/ids.ts'
import type { Rng } from '../kernel/rng.ts'
import type { TokenBucket } from '../kernel/token-bucket.ts'
import { piecesOf, type BlockFrame } from '../protocols/bittorrent/codec.ts'
import type { DropCode, ExchangeEffect, ExchangeInput } from '../protocols/bittorrent/effects.ts'
import type { ExchangeMessage } from '../protocols/bittorrent/messages.ts'
import type { Dialler } from './dialler.ts'
import { createEntry, hasFailed, mayLocate, wantingShare, wantsPeers } from './share-entry.ts'
import type { ShareEntry, WantingShare } from './share-entry.ts'
import { figuresOf, report, reportState, takeTracker } from './share-reports.ts'
import type { Announce, TrackerWord } from './share-reports.ts'
import type { LinkMessage } from './link-codec.ts'
import type { ExchangeRun } from './link-keeper.ts'
import type { Link, Links } from './links.ts'
import type { NewShare, NodeEffect } from './node-io.ts'

/** Messages of a link that are about shares. */
export type ShareMessage =
  | Extract<LinkMessage, { type: 'join' | 'leave' | 'decline' }>
  | ExchangeRun
  | ({ readonly type: 'blocks' } & BlockFrame)

export interface SharesParts {
  readonly links: Links
  readonly dialler: Dialler
  readonly rng: Rng
  readonly uploadBucket: TokenBucket
  readonly downloadBucket: TokenBucket
  readonly emit: (effect: NodeEffect) => void
  readonly announce: Announce
  readonly punish: (link: Link, code: string, now: number) => void
}

/** The shares of a node: one exchange each, and which link carries which share under which number. */
export class Shares {
  readonly #parts: SharesParts
  readonly #entries = new Map<InfoHash, ShareEntry>()
  #now = 0
  #turn = 0

  constructor(parts: SharesParts) {
    this.#parts = parts
  }

  entries(): IterableIterator<[InfoHash, ShareEntry]> {
    return this.#entries.entries()
  }

  get(infoHash: InfoHash): ShareEntry | undefined {
    return this.#entries.get(infoHash)
  }

  /** Adding a share that is there under its infohash alone gives it its content. */
  add(share: NewShare, now: number): void {
    const existing = this.#entries.get(share.info.infoHash)
    if (existing !== undefined) {
      if (existing.exchange.isStarted) return
      this.remove(share.info.infoHash, now)
    }
    this.#insert(share.info.infoHash, share, now)
  }

  open(infoHash: InfoHash, now: number): void {
    if (!this.#entries.has(infoHash)) this.#insert(infoHash, null, now)
  }

  remove(infoHash: InfoHash, now: number): void {
    if (!this.#entries.delete(infoHash)) return
    for (const link of this.#parts.links.up()) this.#leave(link, infoHash)
    this.#parts.dialler.forgetShare(infoHash)
    this.#parts.announce({ type: 'shareRemoved', infoHash }, now)
  }

  /** Somebody says that a peer has the share. A link that is there is used at once: no room for a new one is needed. */
  learn(infoHash: InfoHash, peer: PeerId, via: PeerId | null): void {
    const { dialler, links } = this.#parts
    const entry = this.#entries.get(infoHash)
    if (entry === undefined) return
    dialler.learn(infoHash, peer, via)
    const link = links.byPeer(peer)
    const isWanted = wantsPeers(entry.exchange) && dialler.isDue(infoHash, peer, this.#now)
    if (link !== undefined && isWanted) this.join(link, infoHash)
  }

  /** Fetch it by the upload queues of its sources. */
  setViaQueue(infoHash: InfoHash): void {
    const entry = this.#entries.get(infoHash)
    if (entry !== undefined) entry.viaQueue = true
  }

  setUnlisted(infoHash: InfoHash, isUnlisted: boolean): void {
    const entry = this.#entries.get(infoHash)
    if (entry !== undefined) entry.isUnlisted = isUnlisted
  }

  feed(infoHash: InfoHash, input: ExchangeInput, now: number): void {
    this.feedAll(infoHash, [input], now)
  }

  /** Inputs of one moment. */
  feedAll(infoHash: InfoHash, inputs: readonly ExchangeInput[], now: number): void {
    const entry = this.#entries.get(infoHash)
    if (entry === undefined) return
    this.#now = now
    const before = entry.exchange.state.name
    for (const effect of entry.exchange.handleAll(inputs, now)) this.#apply(infoHash, effect, now)
    reportState(this.#parts.announce, infoHash, entry, before, now)
  }

  wakeAt(): number {
    let at = Infinity
    for (const [infoHash, { exchange }] of this.#entries) {
      at = Math.min(at, exchange.wakeAt())
      if (wantsPeers(exchange)) at = Math.min(at, this.#parts.dialler.nextAt(infoHash, this.#now))
    }
    return at
  }

  wake(now: number): void {
    const all = [...this.#entries]
    // The limits of all shares go to whoever comes first: the next time to one behind the first that is due now.
    all.push(...all.splice(0, this.#turn % all.length))
    this.#turn += 1 + all.findIndex(([, { exchange }]) => exchange.wakeAt() <= now)
    for (const [infoHash, { exchange }] of all) {
      if (exchange.wakeAt() <= now) this.feed(infoHash, { type: 'wake' }, now)
      report(this.#parts.announce, 'progress', infoHash, exchange, now)
    }
    this.#now = now
  }

  /** Shares that would gain from more peers. */
  *wanting(): IterableIterator<WantingShare> {
    for (const [infoHash, { exchange }] of this.#entries)
      if (wantsPeers(exchange)) yield wantingShare(infoHash, exchange)
  }

  /** Starving shares that have not been looked for by the discovery systems lately; counts as looked for. */
  *starving(now: number): IterableIterator<InfoHash> {
    for (const [infoHash, entry] of this.#entries) {
      if (mayLocate(entry, now)) yield infoHash
    }
  }

  /** Takes part in a share on a link; the exchange begins once the other side has joined too. */
  join(link: Link, infoHash: InfoHash): void {
    const entry = this.#entries.get(infoHash)
    if (entry === undefined || hasFailed(entry.exchange) || link.ourHandle(infoHash) !== null) return
    const handle = link.handleFor(infoHash)
    if (handle === null) return
    const hasMetadata = entry.exchange.swarm !== null
    if (!hasMetadata) link.joinedBlind.add(infoHash)
    link.send({ type: 'join', infoHash, handle, hasMetadata })
  }

  onLinkUp(link: Link, now: number): void {
    for (const infoHash of this.#entries.keys())
      if (this.#parts.dialler.knows(infoHash, link.peer)) this.join(link, infoHash)
    this.#now = now
  }

  onLinkDown(link: Link, now: number): void {
    for (const infoHash of this.#entries.keys())
      if (link.hasJoined(infoHash)) this.feed(infoHash, { type: 'peerLeft', peer: link.peer }, now)
  }

  onCongestion(link: Link, type: 'congested' | 'writable', now: number): void {
    for (const infoHash of link.theirs.keys()) this.feed(infoHash, { type, peer: link.peer }, now)
  }

  onMessage(link: Link, message: ShareMessage, now: number): void {
    switch (message.type) {
      case 'join':
        return this.#onJoin(link, message.infoHash, message.handle, message.hasMetadata, now)
      case 'leave':
        return this.#onLeave(link, message.handle, now)
      case 'decline':
        return this.#onDecline(link, message.infoHash, now)
      case 'exchange':
        return this.#toExchange(link, message.handle, message.messages, now)
      case 'blocks':
        return this.#toExchange(link, message.handle, piecesOf(message), now)
      default:
        assertNever(message)
    }
  }

  onTracker(effect: TrackerWord, now: number): void {
    const entry = this.#entries.get(effect.infoHash)
    if (entry !== undefined) takeTracker(entry, effect, now)
  }

  #insert(infoHash: InfoHash, share: NewShare | null, now: number): void {
    const entry = createEntry(infoHash, share, this.#parts, now)
    this.#entries.set(infoHash, entry)
    this.#parts.announce({ type: 'shareAdded', infoHash, ...figuresOf(entry.exchange) }, now)
    // The exchange may ask for a check at once.
    this.feed(infoHash, { type: 'wake' }, now)
  }

  #onJoin(link: Link, infoHash: InfoHash, handle: number, hasMetadata: boolean, now: number): void {
    const entry = this.#entries.get(infoHash)
    if (entry === undefined || hasFailed(entry.exchange)) return void link.send({ type: 'decline', infoHash })
    if (link.theirs.has(infoHash)) return
    link.theirs.set(infoHash, handle)
    this.join(link, infoHash)
    if (!link.hasJoined(infoHash)) return
    this.#parts.dialler.learn(infoHash, link.peer, null)
    // The metadata may have come from another peer between our join and this one's.
    if (link.joinedBlind.delete(infoHash) && entry.exchange.swarm !== null)
      link.sendExchange(infoHash, { type: 'metadataReady' })
    this.feed(infoHash, { type: 'peerJoined', peer: link.peer, hasMetadata }, now)
    if (link.isCongested) this.feed(infoHash, { type: 'congested', peer: link.peer }, now)
  }

  #onLeave(link: Link, handle: number, now: number): void {
    for (const [infoHash, theirs] of link.theirs) {
      if (theirs !== handle) continue
      this.feed(infoHash, { type: 'peerLeft', peer: link.peer }, now)
      this.#leave(link, infoHash)
      // Who wants nothing now may want more in a moment, and then the other is glad to be asked (BEP 21).
      const exchange = this.#entries.get(infoHash)?.exchange
      if (exchange !== undefined && wantsPeers(exchange))
        this.#parts.dialler.postpone(infoHash, link.peer, now)
      return
    }
  }

  #onDecline(link: Link, infoHash: InfoHash, now: number): void {
    const handle = link.ourHandle(infoHash)
    if (handle !== null) link.ours.delete(handle)
    if (link.theirs.delete(infoHash)) this.feed(infoHash, { type: 'peerLeft', peer: link.peer }, now)
    this.#parts.dialler.postpone(infoHash, link.peer, now)
  }

  #toExchange(link: Link, handle: number, messages: readonly ExchangeMessage[], now: number): void {
    const infoHash = link.ours.get(handle)
    // A share that we left a moment ago: the peer can't know yet.
    if (infoHash === undefined || !link.theirs.has(infoHash)) return
    const from = link.peer
    this.feedAll(
      infoHash,
      messages.map((message) => ({ type: 'message', from, message })),
      now,
    )
  }

  #leave(link: Link, infoHash: InfoHash): void {
    const handle = link.ourHandle(infoHash)
    if (handle !== null) {
      link.ours.delete(handle)
      link.send({ type: 'leave', handle })
    }
    link.theirs.delete(infoHash)
  }

  #apply(infoHash: InfoHash, effect: ExchangeEffect, now: number): void {
    const { links, emit, announce } = this.#parts
    switch (effect.type) {
      case 'send':
        links.byPeer(effect.to)?.sendExchange(infoHash, effect.message)
        return
      case 'store':
      case 'read':
      case 'check':
        return emit({ type: 'storeRequest', infoHash, request: effect })
      case 'metadata':
        return emit({ type: 'metadataKnown', info: effect.info })
      case 'hashes': {
        const { root, span, hashes, proof } = effect
        return emit({ type: 'hashesKnown', infoHash, root, span, hashes, proof })
      }
      case 'dropPeer':
        return this.#onDrop(infoHash, effect.peer, effect.code, effect.ban, now)
      case 'peersLearned':
        for (const peer of effect.peers) this.learn(infoHash, peer, effect.from)
        return
      case 'completed': {
        const exchange = this.#entries.get(infoHash)?.exchange
        if (exchange !== undefined) report(announce, 'completed', infoHash, exchange, now)
        return emit({ type: 'shareCompleted', infoHash })
      }
      default:
        assertNever(effect)
    }
  }

  #onDrop(infoHash: InfoHash, peer: PeerId, code: DropCode, ban: boolean, now: number): void {
    const link = this.#parts.links.byPeer(peer)
    if (link === undefined) return
    if (ban) return this.#parts.punish(link, code, now)
    this.#leave(link, infoHash)
    // One that has everything we never need again, and never needs us.
    if (code === 'bothSeeds') this.#parts.dialler.forget(infoHash, peer)
  }
}
