import { assertNever, type Core } from '../../kernel/core.ts'
import type { InfoHash, PeerId } from '../../kernel/ids.ts'
import { Bitfield } from '../../content/bitfield.ts'
import type { ShareInfo } from '../../content/metainfo.ts'
import { Outbox } from './effects.ts'
import type { DropCode, ExchangeEffect, ExchangeInput, StoreFailure } from './effects.ts'
import type { ExchangeOptions } from './exchange-options.ts'
import { isFetching, isServing, type ExchangeState } from './exchange-state.ts'
import { MessageHandler } from './message-handler.ts'
import { MetadataFetch } from './metadata-fetch.ts'
import { PeerExchange } from './peer-exchange.ts'
import { PeerLink } from './peer-link.ts'
import { PeerRecords } from './peer-record.ts'
import { setSlot } from './slots.ts'
import { BLOCK } from './piece-picker.ts'
import { Swarm } from './swarm.ts'
import { Parting, tellWants } from './upload-only.ts'
import { Wishes } from './wishes.ts'

/** One share on one node: fetches metadata, hashes and blocks, serves them, and keeps its peers honest. */
export class Exchange implements Core<ExchangeInput, ExchangeEffect> {
  readonly links = new Map<PeerId, PeerLink>()
  readonly wishes: Wishes
  readonly #options: ExchangeOptions
  readonly #out = new Outbox()
  readonly #records = new PeerRecords(this.links)
  readonly #metadata: MetadataFetch
  readonly #peerExchange: PeerExchange
  readonly #messages: MessageHandler
  readonly #parting = new Parting(this.links)
  #swarm: Swarm | null = null
  #state: ExchangeState = { name: 'metadata' }
  /** Whether the person asked for the files. */
  #isStarted: boolean
  #now: number

  constructor(options: ExchangeOptions) {
    this.#options = options
    this.#now = options.now
    this.wishes = new Wishes(options.selection)
    this.#isStarted = options.start !== 'offer'
    this.#metadata = new MetadataFetch(options.infoHash)
    this.#peerExchange = new PeerExchange(this.links, this.#out)
    this.#messages = new MessageHandler({
      out: this.#out,
      metadata: this.#metadata,
      links: this.links,
      swarm: () => this.#swarm,
      isIntroducing: () => this.#isIntroducing,
      onMetadata: (info, now) => this.#onMetadata(info, now),
      drop: (link, code, ban) => this.#drop(link, code, ban),
    })
    if (options.info !== null) this.#begin(options.info, options.now)
  }

  get infoHash(): InfoHash {
    return this.#options.infoHash
  }
  get state(): ExchangeState {
    return this.#state
  }
  /** `null` until the metadata is known. */
  get swarm(): Swarm | null {
    return this.#swarm
  }
  get isSource(): boolean {
    return this.#options.isSource
  }
  get isStarted(): boolean {
    return this.#isStarted
  }

  handle(input: ExchangeInput, now: number): ExchangeEffect[] {
    return this.handleAll([input], now)
  }

  /** Inputs of one moment, such as the blocks of a frame: what is looked at after every input is looked at once. */
  handleAll(inputs: readonly ExchangeInput[], now: number): ExchangeEffect[] {
    this.#now = now
    for (const input of inputs) this.#dispatch(input, now)
    this.#settle(inputs, now)
    return this.#out.take()
  }

  wakeAt(): number {
    const swarm = this.#swarm
    const at = Math.min(this.#metadata.wakeAt(), this.#peerExchange.wakeAt())
    if (swarm === null) return at
    return Math.min(
      at,
      this.#parting.wakeAt(),
      swarm.haves.wakeAt(),
      swarm.choking.wakeAt(),
      swarm.downloads.wakeAt(this.#now),
      swarm.uploads.wakeAt(this.#now),
      swarm.hashes.wakeAt(),
      swarm.wakeAt(),
    )
  }

  #dispatch(input: ExchangeInput, now: number): void {
    switch (input.type) {
      case 'peerJoined':
        return this.#onPeerJoined(input.peer, input.hasMetadata, now)
      case 'peerLeft':
        return this.#onPeerLeft(input.peer, now)
      case 'message':
        return this.#messages.receive(input.from, input.message, now)
      case 'blockStored':
        return this.#onBlockStored(input.block, now)
      case 'blockCorrupt':
        return this.#onBlockCorrupt(input.block, now)
      case 'storeFailed':
        this.#swarm?.downloads.onLost(input.block)
        return this.#pause(input.code, now)
      case 'blockRead':
        return this.#swarm?.uploads.onRead(input.to, input.block, input.bytes, now)
      case 'readFailed':
        this.#swarm?.uploads.onReadFailed(input.to, input.block, now)
        if (this.#options.isSource) this.#fail('sourceChanged', now)
        return
      case 'congested':
      case 'writable':
        return this.#setCongested(input.peer, input.type === 'congested', now)
      case 'slot':
        return setSlot(this.#swarm, this.links.get(input.peer), input.slot)
      case 'checked':
        return this.#onChecked(input.bits, now)
      case 'checkProgress':
        if (this.#state.name === 'checking') this.#state = { ...this.#state, fraction: input.fraction }
        return
      case 'checkFailed':
        return this.#fail(input.code, now)
      case 'download':
        return this.#onDownload(input.files, now)
      case 'select':
        return this.#onSelect(input.files, now)
      case 'prioritize':
        this.wishes.prioritize(input.files, input.priority)
        return this.wishes.apply(this.#swarm)
      case 'play':
        this.#swarm?.picker.play(input.at)
        return this.#swarm?.downloads.onPlay(now)
      case 'pause':
        return this.#pause('person', now)
      case 'resume':
        return this.#onResume(now)
      case 'wake':
        return
      default:
        return assertNever(input)
    }
  }

  /** Work that may have become due or possible, whatever the inputs were. */
  #settle(inputs: readonly ExchangeInput[], now: number): void {
    this.#messages.onWake(now)
    this.#peerExchange.onWake(now)
    const swarm = this.#swarm
    if (swarm === null) return
    swarm.haves.onWake(now)
    swarm.hashes.onWake(now)
    if (isFetching(this.#state)) {
      swarm.hashes.fetch(this.#out, now)
      swarm.downloads.onWake(now)
      this.#state = { name: swarm.picker.freeCount === 0 ? 'endgame' : 'leeching' }
    }
    swarm.onWake(now)
    swarm.choking.onWake(now)
    swarm.choking.fillIdleSlots(now)
    swarm.uploads.onWake(now)
    const isSeeding = this.#state.name === 'seeding'
    for (const link of this.#parting.due(inputs, isSeeding, now)) this.#drop(link, 'bothUploadOnly', false)
  }

  #begin(info: ShareInfo, now: number): void {
    const { trees, rng, uploadBucket, downloadBucket, start } = this.#options
    this.#swarm = new Swarm({
      info,
      trees,
      links: this.links,
      out: this.#out,
      rng,
      uploadBucket,
      downloadBucket,
      isSeeding: () => this.#state.name === 'seeding',
      now,
    })
    this.wishes.apply(this.#swarm)
    if (start === 'source') this.#adopt(Bitfield.full(this.#swarm.geometry.blockCount), now)
    else if (start === 'check') this.#check()
    else this.#state = { name: 'offered' }
  }

  #onMetadata(info: ShareInfo, now: number): void {
    this.#out.push({ type: 'metadata', info })
    this.#begin(info, now)
    for (const link of this.links.values()) this.#out.send(link.peer, { type: 'metadataReady' })
    if (this.#isStarted) this.#startDownload(now)
  }

  /** Whether peers are told what we hold: not before we know it, and not while somebody only looks. */
  get #isIntroducing(): boolean {
    const { name } = this.#state
    return this.#swarm !== null && name !== 'offered' && name !== 'checking' && name !== 'failed'
  }

  /** The person wants it: from now on we take part in the swarm. */
  #startDownload(now: number): void {
    this.#activate(now)
    this.#introduceAll()
  }
  #introduceAll(): void {
    for (const link of this.links.values()) if (link.hasMetadata) this.#swarm?.introduce(link)
  }

  #onPeerJoined(peer: PeerId, hasMetadata: boolean, now: number): void {
    if (this.links.has(peer)) return
    const record = this.#records.of(peer, now)
    if (!record.joinBucket.take(1, now)) return this.#drop(record, 'tooManyChanges', true)
    const link = new PeerLink(record, hasMetadata, now)
    this.links.set(peer, link)
    this.#peerExchange.onPeerJoined(peer, now)
    if (this.#swarm === null && hasMetadata) this.#metadata.addPeer(peer, this.#out, now)
    if (this.#isIntroducing && hasMetadata) this.#swarm?.introduce(link)
  }

  #onPeerLeft(peer: PeerId, now: number): void {
    const link = this.links.get(peer)
    if (link === undefined) return
    this.links.delete(peer)
    link.updateIgnored(now)
    this.#records.keep(link.record)
    this.#metadata.removePeer(peer, this.#out, now)
    this.#swarm?.removePeer(link, now)
  }

  #onBlockStored(block: number, now: number): void {
    const swarm = this.#swarm
    if (swarm === null) return
    swarm.downloads.onStored(block, now)
    swarm.haves.add(block, now)
    if (swarm.picker.missingCount > 0 || !isFetching(this.#state)) return
    swarm.haves.flush(now)
    this.#activate(now)
    this.#out.push({ type: 'completed' })
  }

  #onBlockCorrupt(block: number, now: number): void {
    const from = this.#swarm?.downloads.onLost(block) ?? null
    // Who left meanwhile is blamed all the same.
    const record = from === null ? undefined : this.#records.find(from)
    if (record !== undefined) {
      record.blame()
      if (record.isCorrupt) this.#drop(record, 'corruptBlocks', true)
      else this.#swarm?.downloads.onQuarantined(this.links.get(record.peer), now)
    }
    this.#swarm?.downloads.refillAll(now)
  }

  #setCongested(peer: PeerId, isCongested: boolean, now: number): void {
    const link = this.links.get(peer)
    if (link === undefined) return
    link.congested = isCongested
    if (!isCongested) this.#swarm?.uploads.serve(now)
  }

  #onChecked(bits: Uint8Array, now: number): void {
    const swarm = this.#swarm
    if (swarm === null || this.#state.name !== 'checking') return
    const { isPaused } = this.#state
    const held = Bitfield.fromBytes(bits, swarm.geometry.blockCount)
    if (held === null) return this.#fail('io', now)
    if (this.#options.isSource && !held.isFull) return this.#fail('sourceChanged', now)
    this.#adopt(held, now)
    this.#introduceAll()
    if (isPaused) this.#pause('person', now)
  }

  #onDownload(files: readonly number[] | null, now: number): void {
    this.#isStarted = true
    this.wishes.select(files)
    this.wishes.apply(this.#swarm)
    if (this.#state.name === 'offered') this.#startDownload(now)
  }

  #onSelect(files: readonly number[], now: number): void {
    this.wishes.select(files)
    this.wishes.apply(this.#swarm)
    this.#swarm?.downloads.onSelection(now)
    if (isServing(this.#state)) this.#activate(now)
  }

  #onResume(now: number): void {
    if (this.#state.name === 'checking') this.#state = { ...this.#state, isPaused: false }
    if (this.#state.name === 'paused') this.#activate(now)
    if (this.#state.name === 'failed') this.#check()
  }

  #check(): void {
    this.#state = { name: 'checking', fraction: 0, isPaused: false }
    this.#out.push({ type: 'check' })
  }

  /** Takes over what the store was found to hold. */
  #adopt(held: Bitfield, now: number): void {
    const swarm = this.#swarm
    if (swarm === null) return
    for (const block of held.ones()) swarm.picker.setState(block, BLOCK.have)
    swarm.downloads.onSelection(now)
    this.#activate(now)
  }

  /** Goes on: to fetch what is wanted and missing, or to seed. */
  #activate(now: number): void {
    const swarm = this.#swarm
    if (swarm === null) return
    const isMissing = swarm.picker.missingCount > 0
    this.#state = isMissing ? { name: 'leeching' } : { name: 'seeding' }
    swarm.downloads.setActive(isMissing, now)
    swarm.choking.setOpen(true, now)
    const isFull = !isMissing && swarm.isFull
    if (isFull) this.#dropSeeds()
    for (const link of this.links.values())
      if (link.hasMetadata) tellWants(link, isMissing || isFull, this.#out)
  }

  #pause(because: 'person' | StoreFailure, now: number): void {
    // What the store holds is still found out; then the share stays as the person left it.
    if (this.#state.name === 'checking') this.#state = { ...this.#state, isPaused: because === 'person' }
    if (!isServing(this.#state)) return
    this.#state = { name: 'paused', because }
    this.#swarm?.downloads.setActive(false, now)
    // A full disk does not keep us from giving what we have.
    this.#swarm?.choking.setOpen(because !== 'person', now)
  }

  #fail(because: 'sourceMissing' | 'sourceChanged' | 'io', now: number): void {
    this.#state = { name: 'failed', because }
    this.#swarm?.downloads.setActive(false, now)
    this.#swarm?.choking.setOpen(false, now)
    // Whoever waits for a turn would wait for ever.
    for (const link of [...this.links.values()]) this.#drop(link, 'shareFailed', false)
  }

  /** Two full copies have nothing to say to each other. */
  #dropSeeds(): void {
    for (const link of [...this.links.values()]) if (link.isSeed) this.#drop(link, 'bothSeeds', false)
  }

  #drop({ peer }: Pick<PeerLink, 'peer'>, code: DropCode, ban: boolean): void {
    this.#out.push({ type: 'dropPeer', peer, code, ban })
    this.#onPeerLeft(peer, this.#now)
  }
}
