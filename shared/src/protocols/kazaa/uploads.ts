import { randomNonce } from '../../kernel/random-ids.ts'
import { assertNever } from '../../kernel/core.ts'
import { BoundedMap } from '../../kernel/bounded.ts'
import { Deadlines } from '../../kernel/deadlines.ts'
import type { InfoHash, PeerId } from '../../kernel/ids.ts'
import { WallClock } from '../../kernel/wall-clock.ts'
import {
  ACCOUNTS_KEPT,
  PENDING_CHECKS,
  QUEUE_LIMIT,
  RECEIPT_BYTES,
  RECEIPT_BYTES_MAX,
  RECEIPT_MS,
  RECEIPTS_PER_MESSAGE,
} from './constants.ts'
import type { KazaaContext } from './context.ts'
import type { KazaaInput, KazaaOptions, QueueView } from './kazaa-api.ts'
import type { KazaaMessage, Receipt } from './messages.ts'
import { CreditBook, isHashOfKey, isPlausible, ReceiptPurse, receiptText } from './receipts.ts'
import { UploadQueue } from './upload-queue.ts'

type Input = Extract<
  KazaaInput,
  { type: 'signed' | 'verified' | 'received' | 'enqueue' | 'dequeue' | 'uploadDone' }
>
type Message = Extract<
  KazaaMessage,
  { type: 'enqueue' | 'queued' | 'grant' | 'dequeue' | 'receipt' | 'present' }
>

/** A receipt whose signature is being checked. `ours`: somebody gives it to us for what we uploaded. */
interface Check {
  readonly receipt: Receipt
  readonly from: PeerId
  readonly purpose: 'ours' | 'presented'
}

/** A place that we have in another's queue. */
interface Wanted {
  readonly peer: PeerId
  readonly infoHash: InfoHash
  ticket: number
}

/** What came from a peer and was verified since its last receipt. */
interface Unreceipted {
  readonly bytes: number
  readonly receiptedAt: number
}

/** Less than a receipt's worth is still receipted when nothing has come for this time. */
const LAST_RECEIPT_MS = 30_000
const LAST_RECEIPT_BYTES = 65_536

/** Upload slots and places in queues, on both sides, and the receipts that decide who is served first. */
export class Uploads {
  readonly #queue: UploadQueue
  readonly #wanted = new BoundedMap<string, Wanted>(QUEUE_LIMIT)
  readonly #credits = new CreditBook()
  readonly #purse = new ReceiptPurse()
  readonly #linked = new Set<PeerId>()
  readonly #unreceipted = new BoundedMap<PeerId, Unreceipted>(ACCOUNTS_KEPT)
  readonly #lastReceipts = new Deadlines<PeerId>()
  readonly #signing = new Map<number, Omit<Receipt, 'signature'>>()
  readonly #checking = new Map<number, Check>()
  readonly #isKeyOf: (peer: PeerId, key: string) => boolean
  readonly #key: string
  readonly #wall: WallClock
  #ticket = 0

  constructor(
    readonly context: KazaaContext,
    options: KazaaOptions,
    /** Whether we offer a share: there is no queue for anything else. */
    readonly isOffered: (infoHash: InfoHash) => boolean,
  ) {
    this.#key = options.key
    this.#wall = options.wall ?? new WallClock()
    this.#isKeyOf = options.isKeyOf ?? isHashOfKey
    const { emit, send } = context
    this.#queue = new UploadQueue(context.rng.child('tickets'), {
      queued: (peer, infoHash, ticket, position, etaMs) => {
        // Whoever waits here gets nothing past the queue.
        emit({ type: 'unserve', peer, infoHash })
        send(peer, { type: 'queued', infoHash, ticket, position, etaMs })
      },
      granted: (peer, infoHash) => {
        emit({ type: 'serve', peer, infoHash })
        send(peer, { type: 'grant', infoHash })
      },
      unserved: (peer, infoHash) => {
        emit({ type: 'unserve', peer, infoHash })
      },
      released: (peer, infoHash) => {
        emit({ type: 'released', peer, infoHash })
      },
    })
  }

  needs(peer: PeerId): boolean {
    if (this.#queue.has(peer)) return true
    for (const wanted of this.#wanted.values()) if (wanted.peer === peer) return true
    return false
  }

  view(): QueueView[] {
    return this.#queue.view()
  }

  wakeAt(): number {
    return Math.min(this.#queue.wakeAt(), this.#lastReceipts.earliest())
  }

  wake(now: number): void {
    this.#queue.wake(now)
    for (const peer of this.#lastReceipts.due(now)) {
      const bytes = this.#unreceipted.get(peer)?.bytes ?? 0
      if (bytes >= LAST_RECEIPT_BYTES) this.#issue(peer, bytes, now)
    }
  }

  linkUp(peer: PeerId, now: number): void {
    this.#linked.add(peer)
    this.#queue.linkUp(peer, now)
    for (const wanted of this.#wanted.values()) if (wanted.peer === peer) this.#ask(wanted)
  }

  linkDown(peer: PeerId, now: number): void {
    this.#linked.delete(peer)
    this.#queue.linkDown(peer, now)
  }

  /** We no longer offer the share: whoever is served or waits for it makes room. */
  withdraw(infoHash: InfoHash, now: number): void {
    this.#queue.withdraw(infoHash, now)
  }

  leave(): void {
    // Without a queue its peers are the choker's again: nobody else would ever unchoke them.
    this.#queue.clear()
    for (const { peer, infoHash } of this.#wanted.values())
      if (this.#linked.has(peer)) this.context.send(peer, { type: 'dequeue', infoHash })
  }

  handle(input: Input, now: number): void {
    switch (input.type) {
      case 'signed':
        return this.#onSigned(input.ticket, input.signature)
      case 'verified':
        return this.#onVerified(input.ticket, input.isValid, now)
      case 'received':
        return this.#onReceived(input.from, input.bytes, now)
      case 'enqueue':
        return this.#want(input.peer, input.infoHash)
      case 'dequeue':
        if (this.#wanted.delete(keyOf(input.peer, input.infoHash)) && this.#linked.has(input.peer))
          this.context.send(input.peer, { type: 'dequeue', infoHash: input.infoHash })
        return
      case 'uploadDone':
        return this.#queue.remove(input.peer, input.infoHash, now)
      default:
        return assertNever(input)
    }
  }

  onMessage(from: PeerId, message: Message, now: number): void {
    switch (message.type) {
      case 'enqueue':
        if (this.isOffered(message.infoHash))
          this.#queue.ask(from, message.infoHash, this.#credits.creditOf(from), now)
        return
      case 'dequeue':
        return this.#queue.remove(from, message.infoHash, now)
      case 'queued': {
        const wanted = this.#wanted.get(keyOf(from, message.infoHash))
        if (wanted === undefined) return
        wanted.ticket = message.ticket
        const { infoHash, position, etaMs } = message
        this.context.emit({ type: 'queued', peer: from, infoHash, position, etaMs })
        return
      }
      case 'grant':
        if (this.#wanted.has(keyOf(from, message.infoHash)))
          this.context.emit({ type: 'granted', peer: from, infoHash: message.infoHash })
        else this.context.send(from, { type: 'dequeue', infoHash: message.infoHash })
        return
      case 'receipt':
        return this.#check({ receipt: message.receipt, from, purpose: 'ours' }, now)
      case 'present':
        for (const receipt of message.receipts) this.#check({ receipt, from, purpose: 'presented' }, now)
        return
      default:
        return assertNever(message)
    }
  }

  #want(peer: PeerId, infoHash: InfoHash): void {
    const key = keyOf(peer, infoHash)
    const wanted = this.#wanted.get(key) ?? { peer, infoHash, ticket: 0 }
    this.#wanted.set(key, wanted)
    if (this.#linked.has(peer)) this.#ask(wanted)
  }

  #ask({ peer, infoHash, ticket }: Wanted): void {
    const receipts = this.#purse.best(peer)
    if (receipts.length > 0) this.context.send(peer, { type: 'present', receipts })
    this.context.send(peer, { type: 'enqueue', infoHash, ticket })
  }

  #onReceived(from: PeerId, bytes: number, now: number): void {
    this.#credits.gaveUs(from, bytes)
    const { bytes: before, receiptedAt } = this.#unreceipted.get(from) ?? { bytes: 0, receiptedAt: -Infinity }
    const sum = before + bytes
    this.#unreceipted.set(from, { bytes: sum, receiptedAt })
    if (sum >= RECEIPT_BYTES && now >= receiptedAt + RECEIPT_MS) this.#issue(from, sum, now)
    else this.#lastReceipts.set(from, now + LAST_RECEIPT_MS)
  }

  /** A receipt for what came since the last one. */
  #issue(uploader: PeerId, sum: number, now: number): void {
    if (this.#signing.size >= PENDING_CHECKS) return
    const bytes = Math.min(RECEIPT_BYTES_MAX, sum)
    this.#unreceipted.set(uploader, { bytes: sum - bytes, receiptedAt: now })
    this.#lastReceipts.clear(uploader)
    const { self: downloader, rng } = this.context
    const nonce = randomNonce(rng)
    const receipt = {
      uploader,
      downloader,
      bytes,
      signedAt: Math.floor(this.#wall.at(now)),
      nonce,
      key: this.#key,
    }
    const ticket = ++this.#ticket
    this.#signing.set(ticket, receipt)
    this.context.emit({ type: 'sign', ticket, text: receiptText(receipt) })
  }

  #onSigned(ticket: number, signature: string): void {
    const receipt = this.#signing.get(ticket)
    this.#signing.delete(ticket)
    if (receipt === undefined || !this.#linked.has(receipt.uploader)) return
    this.context.send(receipt.uploader, { type: 'receipt', receipt: { ...receipt, signature } })
  }

  /** Cheap checks first, and no more signatures at a time than we can bear. */
  #check(check: Check, now: number): void {
    const { receipt, from, purpose } = check
    const { self } = this.context
    const parties = purpose === 'ours' ? [self, from] : [from, receipt.downloader]
    const isOwn = purpose === 'presented' && receipt.downloader === self
    const fits = receipt.uploader === parties[0] && receipt.downloader === parties[1] && !isOwn
    if (!fits || !isPlausible(receipt, this.#isKeyOf, this.#wall.at(now))) {
      this.context.counters.receiptsRefused++
      return
    }
    let ofPeer = 0
    for (const other of this.#checking.values()) if (other.from === from) ofPeer++
    if (this.#checking.size >= PENDING_CHECKS || ofPeer >= RECEIPTS_PER_MESSAGE) return
    const ticket = ++this.#ticket
    this.#checking.set(ticket, check)
    const { key, signature } = receipt
    this.context.emit({ type: 'verify', ticket, key, text: receiptText(receipt), signature })
  }

  #onVerified(ticket: number, isValid: boolean, now: number): void {
    const check = this.#checking.get(ticket)
    this.#checking.delete(ticket)
    if (check === undefined) return
    const { receipt, from, purpose } = check
    if (!isValid) {
      this.context.counters.receiptsRefused++
      return
    }
    // Only a valid receipt uses up its nonce; else anybody could use up another's.
    if (!this.#credits.admit(receipt.nonce)) return
    this.context.counters.receiptsVerified++
    if (purpose === 'ours') {
      this.#purse.add(receipt)
      this.#credits.tookFromUs(from, receipt.bytes)
      return
    }
    this.#credits.credit(receipt)
    this.#queue.onCredit(from, this.#credits.creditOf(from), now)
  }
}

const keyOf = (peer: PeerId, infoHash: InfoHash): string => `${peer}:${infoHash}`
