import { assertNever } from '../../kernel/core.ts'
import { equalBytes } from '../../kernel/bytes.ts'
import type { PeerId } from '../../kernel/ids.ts'
import { Bitfield } from '../../content/bitfield.ts'
import type { ShareInfo } from '../../content/metainfo.ts'
import { METADATA_PART_BYTES } from './constants.ts'
import type { DropCode, Outbox } from './effects.ts'
import type { ExchangeMessage } from './messages.ts'
import type { MetadataFetch } from './metadata-fetch.ts'
import type { PeerLink } from './peer-link.ts'
import type { Swarm } from './swarm.ts'

export interface MessageContext {
  readonly out: Outbox
  readonly metadata: MetadataFetch
  readonly links: ReadonlyMap<PeerId, PeerLink>
  readonly swarm: () => Swarm | null
  readonly isIntroducing: () => boolean
  readonly onMetadata: (info: ShareInfo, now: number) => void
  /** Also of somebody who has left. */
  readonly drop: (link: Pick<PeerLink, 'peer'>, code: DropCode, ban: boolean) => void
}

type Message<Type extends ExchangeMessage['type']> = Extract<ExchangeMessage, { type: Type }>
type Answer = Message<'piece'> | Extract<ExchangeMessage, { type: 'request' | 'cancel' | 'reject' }>

/** What each message of a peer does. Well-formed but illegal ones cost the peer its link. */
export class MessageHandler {
  constructor(readonly context: MessageContext) {}

  /** Messages of those who have left are ignored. */
  receive(from: PeerId, message: ExchangeMessage, now: number): void {
    const link = this.context.links.get(from)
    if (link !== undefined) this.handle(link, message, now)
  }

  /** Metadata that came as messages, and has been read meanwhile. */
  onWake(now: number): void {
    const ended = this.context.metadata.onWake(this.context.out, now)
    if (ended?.type === 'known') this.context.onMetadata(ended.info, now)
    if (ended?.type === 'bad') this.context.drop({ peer: ended.from }, 'badMetadata', true)
  }

  handle(link: PeerLink, message: ExchangeMessage, now: number): void {
    const offence = this.#beforeMetadata(link, message, now) ?? this.#withMetadata(link, message, now)
    if (offence !== 'done' && offence !== null) this.context.drop(link, offence, true)
  }

  /** Messages that make sense whatever we know. `null` passes the message on. */
  #beforeMetadata(link: PeerLink, message: ExchangeMessage, now: number): DropCode | 'done' | null {
    const { metadata, out } = this.context
    switch (message.type) {
      case 'metadataReady':
        if (link.hasMetadata) return 'done'
        link.hasMetadata = true
        if (this.context.swarm() === null) metadata.addPeer(link.peer, out, now)
        else if (this.context.isIntroducing()) this.context.swarm()?.introduce(link)
        return 'done'
      case 'metadataRequest':
        return this.#onMetadataRequest(link, message.part, now)
      case 'metadataReject':
        metadata.onReject(link.peer, out, now)
        return 'done'
      case 'metadata':
        return this.#onMetadata(link, message, now)
      case 'peers':
        if (link.record.pexBucket.take(1, now))
          out.push({ type: 'peersLearned', from: link.peer, peers: message.peers })
        return 'done'
      case 'interested':
      case 'notInterested':
        link.peerInterested = message.type === 'interested'
        this.context.swarm()?.choking.touch()
        return 'done'
      case 'uploadOnly':
      case 'wantsMore':
        link.isUploadOnly = message.type === 'uploadOnly'
        if (!link.isUploadOnly) this.#catchUp(link)
        return 'done'
      default:
        return this.context.swarm() === null ? 'unexpectedMessage' : null
    }
  }

  #withMetadata(link: PeerLink, message: ExchangeMessage, now: number): DropCode | 'done' | null {
    const swarm = this.context.swarm()
    if (swarm === null) return null
    switch (message.type) {
      case 'haveAll':
        if (link.isSeed) return null
        return this.#onTheirs(swarm, link, Bitfield.full(swarm.geometry.blockCount), false, now)
      case 'haveNone':
        if (link.theirs?.isEmpty === true) return null
        return this.#onTheirs(swarm, link, new Bitfield(swarm.geometry.blockCount), true, now)
      case 'bitfield': {
        const theirs = Bitfield.fromBytes(message.bits, swarm.geometry.blockCount)
        if (theirs === null) return 'badBitfield'
        if (link.theirs !== null && equalBytes(link.theirs.toBytes(), message.bits)) return null
        return this.#onTheirs(swarm, link, theirs, true, now)
      }
      case 'have':
        return this.#onHave(swarm, link, message, now)
      case 'choke':
        link.peerChoking = true
        link.updateIgnored(now)
        swarm.downloads.onChoked(link)
        swarm.downloads.refillAll(now)
        return null
      case 'unchoke':
        link.peerChoking = false
        link.updateIgnored(now)
        swarm.downloads.refill(link, now)
        return null
      case 'request':
        return swarm.uploads.onRequest(link, message, now)
      case 'cancel':
        return swarm.uploads.onCancel(link, message)
      case 'reject':
      case 'piece':
        return this.#onAnswer(swarm, link, message, now)
      default:
        return this.#onHashMessage(swarm, link, message, now)
    }
  }

  #onHashMessage(swarm: Swarm, link: PeerLink, message: ExchangeMessage, now: number): DropCode | null {
    switch (message.type) {
      case 'haveAllHashes':
        swarm.hashes.addHolder(link.peer, 'all')
        return null
      case 'haveHashes':
        swarm.hashes.addHolder(link.peer, message)
        return null
      case 'hashRequest':
        this.#serveHashes(swarm, link, message, now)
        return null
      case 'hashReject':
        swarm.hashes.onReject(link.peer, message.root, message.span, now)
        return null
      case 'hashes':
        return this.#onHashes(swarm, link, message, now)
      case 'metadataReady':
      case 'metadataRequest':
      case 'metadataReject':
      case 'metadata':
      case 'peers':
      case 'interested':
      case 'notInterested':
      case 'uploadOnly':
      case 'wantsMore':
      case 'haveAll':
      case 'haveNone':
      case 'bitfield':
      case 'have':
      case 'choke':
      case 'unchoke':
      case 'request':
      case 'cancel':
      case 'reject':
      case 'piece':
        return null
      default:
        return assertNever(message)
    }
  }

  #onMetadataRequest(link: PeerLink, part: number, now: number): 'done' {
    const bytes = this.context.swarm()?.info.infoBytes
    const start = part * METADATA_PART_BYTES
    // A refusal is as short as the request; whoever is refused asks others, and us again later.
    if (bytes === undefined || start >= bytes.length || !link.record.metadataBucket.take(1, now)) {
      this.context.out.send(link.peer, { type: 'metadataReject', part })
      return 'done'
    }
    const slice = bytes.slice(start, start + METADATA_PART_BYTES)
    this.context.out.send(link.peer, { type: 'metadata', part, totalBytes: bytes.length, bytes: slice })
    return 'done'
  }

  #onMetadata(link: PeerLink, message: Message<'metadata'>, now: number): DropCode | 'done' {
    // Another peer was quicker: a late part is no offence.
    if (this.context.swarm() !== null) return 'done'
    const isBad = this.context.metadata.onPart(link.peer, message, this.context.out, now) === 'bad'
    return isBad ? 'badMetadata' : 'done'
  }

  /** It tells all that it has, other than we knew: every block is counted anew, so that it may not do so at will. */
  #onTheirs(
    swarm: Swarm,
    link: PeerLink,
    theirs: Bitfield,
    isCounted: boolean,
    now: number,
  ): DropCode | null {
    if (!link.record.stateBucket.take(1, now)) return 'tooManyChanges'
    swarm.downloads.setTheirs(link, theirs, isCounted, now)
    if (isCounted) {
      swarm.onDownloader(link)
      swarm.onTheirBlocks(link, theirs.ones(), now)
    }
    swarm.choking.touch()
    this.#afterTheirs(swarm, link)
    return null
  }

  #onHave(swarm: Swarm, link: PeerLink, message: Message<'have'>, now: number): DropCode | null {
    const end = message.first + message.count
    if (message.count < 1 || end > swarm.geometry.blockCount) return 'badBitfield'
    if (link.theirs === null)
      swarm.downloads.setTheirs(link, new Bitfield(swarm.geometry.blockCount), true, now)
    const known = link.theirs?.countRange(message.first, message.count) ?? 0
    if (!link.record.knownBucket.take(known, now)) return 'tooManyChanges'
    if (known === message.count) return null
    const news: number[] = []
    for (let block = message.first; block < end; block++) {
      if (link.theirs?.get(block) === true) continue
      swarm.downloads.onHave(link, block)
      news.push(block)
    }
    swarm.onTheirBlocks(link, news, now)
    swarm.downloads.updateInterest(link, now)
    swarm.downloads.refill(link, now)
    this.#afterTheirs(swarm, link)
    return null
  }

  /** Seeds leave each other alone. */
  #afterTheirs(swarm: Swarm, link: PeerLink): void {
    if (!link.isSeed || !swarm.isFull) return
    swarm.uploads.noteCompleted(link.record)
    swarm.onOtherSource()
    this.context.drop(link, 'bothSeeds', false)
  }

  #onAnswer(swarm: Swarm, link: PeerLink, message: Answer, now: number): DropCode | null {
    const block = swarm.geometry.blockAt(message.piece, message.begin)
    if (block === null) return 'badRange'
    if (message.type !== 'piece') {
      swarm.downloads.onReject(link, block, now)
      return null
    }
    if (message.bytes.length !== swarm.geometry.blockSize(block)) return 'badRange'
    return swarm.downloads.onPiece(link, block, message.bytes, now) ? null : 'unrequested'
  }

  #serveHashes(
    swarm: Swarm,
    link: PeerLink,
    message: Message<'hashRequest' | 'hashReject'>,
    now: number,
  ): void {
    const { root, span } = message
    const found = link.record.hashBucket.take(1, now) ? swarm.hashes.servable(root, span) : null
    if (found === null) this.context.out.send(link.peer, { type: 'hashReject', root, span })
    else this.context.out.send(link.peer, { type: 'hashes', root, span, ...found })
  }

  #onHashes(swarm: Swarm, link: PeerLink, message: Message<'hashes'>, now: number): DropCode | null {
    const { root, span, hashes, proof } = message
    const filed = swarm.hashes.onHashes(link.peer, root, span, hashes, proof)
    if (filed === 'bad') return 'badHashes'
    if (!filed) return null
    this.context.out.push({ type: 'hashes', root, span, hashes, proof })
    for (const other of this.context.links.values()) {
      if (other === link || other.isSeed || !other.hasMetadata) continue
      if (other.isUploadOnly) other.untoldHashes.push({ root, span })
      else this.context.out.send(other.peer, { type: 'haveHashes', root, span })
    }
    swarm.downloads.refillAll(now)
    return null
  }

  /** The peer wants more: what came while it wanted nothing may be of use to it now. Each is told once, however often it changes its mind. */
  #catchUp({ peer, untoldHashes }: PeerLink): void {
    for (const held of untoldHashes.splice(0)) this.context.out.send(peer, { type: 'haveHashes', ...held })
  }
}
