import { BoundedMap } from '../../kernel/bounded.ts'
import { fromHex, toHex } from '../../kernel/bytes.ts'
import type { Nonce, PeerId } from '../../kernel/ids.ts'
import { sha256 } from '../../content/sha256.ts'
import {
  ACCOUNTS_KEPT,
  CLOCK_SKEW_MS,
  COUNTED_PER_COUNTERPARTY,
  COUNTERPARTIES_WANTED,
  CREDIT_BASE_BYTES,
  NONCES_KEPT,
  RECEIPT_AGE_MS,
  RECEIPT_BYTES_MAX,
  RECEIPTS_KEPT,
  RECEIPTS_PER_COUNTERPARTY,
  RECEIPTS_PER_MESSAGE,
} from './constants.ts'
import type { Receipt } from './messages.ts'

/** What a downloader signs. */
export function receiptText(receipt: Omit<Receipt, 'key' | 'signature'>): string {
  const { uploader, downloader, bytes, signedAt, nonce } = receipt
  return ['ringdrop receipt', uploader, downloader, String(bytes), String(signedAt), nonce].join('\n')
}

/** An id is the hash of its key. */
export function isHashOfKey(peer: PeerId, key: string): boolean {
  return toHex(sha256(fromHex(key))) === peer
}

/** Everything about a receipt but its signature: cheap, so it comes first. */
export function isPlausible(
  receipt: Receipt,
  isKeyOf: (peer: PeerId, key: string) => boolean,
  now: number,
): boolean {
  const { uploader, downloader, bytes, signedAt, key } = receipt
  if (uploader === downloader || bytes <= 0 || bytes > RECEIPT_BYTES_MAX) return false
  if (signedAt > now + CLOCK_SKEW_MS || signedAt < now - RECEIPT_AGE_MS) return false
  return isKeyOf(downloader, key)
}

/** Verified receipts for what we gave, to show to others: a few of each counterparty. */
export class ReceiptPurse {
  readonly #receipts = new BoundedMap<Nonce, Receipt>(RECEIPTS_KEPT)

  get size(): number {
    return this.#receipts.size
  }

  add(receipt: Receipt): void {
    const same = [...this.#receipts.values()].filter(({ downloader }) => downloader === receipt.downloader)
    if (same.length >= RECEIPTS_PER_COUNTERPARTY) {
      const [smallest] = same.sort((a, b) => a.bytes - b.bytes)
      if (smallest === undefined || smallest.bytes >= receipt.bytes) return
      this.#receipts.delete(smallest.nonce)
    }
    this.#receipts.set(receipt.nonce, receipt)
  }

  /** The best to show to a peer: of many counterparties, of that peer none, since it knows what we gave it. */
  best(forPeer: PeerId): Receipt[] {
    const byPeer = new Map<PeerId, Receipt[]>()
    for (const receipt of [...this.#receipts.values()].sort((a, b) => b.bytes - a.bytes)) {
      if (receipt.downloader === forPeer) continue
      byPeer.set(receipt.downloader, [...(byPeer.get(receipt.downloader) ?? []), receipt])
    }
    const best: Receipt[] = []
    for (let i = 0; i < RECEIPTS_PER_COUNTERPARTY; i++)
      for (const list of byPeer.values()) {
        const receipt = list[i]
        if (receipt !== undefined) best.push(receipt)
      }
    return best.slice(0, RECEIPTS_PER_MESSAGE)
  }
}

/** What one peer gave, as verified receipts say, and what it took from us. */
interface Account {
  readonly given: Map<PeerId, number>
  /** Given to ourselves: needs no receipt. */
  givenToUs: number
  takenFromUs: number
}

/** Counterparties counted for one peer. */
const COUNTERPARTIES_KEPT = 32

/**
 * How much other peers have earned with us. Receipts of invented peers can't be told from real ones, so what each
 * counterparty's count is capped, and few counterparties count less; a network of sock puppets still gains.
 */
export class CreditBook {
  readonly #accounts = new BoundedMap<PeerId, Account>(ACCOUNTS_KEPT)
  readonly #nonces = new BoundedMap<Nonce, true>(NONCES_KEPT)

  /** @returns false when the receipt has counted already. */
  admit(nonce: Nonce): boolean {
    if (this.#nonces.has(nonce)) return false
    this.#nonces.set(nonce, true)
    return true
  }

  /** A verified receipt. */
  credit({ uploader, downloader, bytes }: Receipt): void {
    const { given } = this.#of(uploader)
    if (!given.has(downloader) && given.size >= COUNTERPARTIES_KEPT) return
    given.set(downloader, Math.min(COUNTED_PER_COUNTERPARTY, (given.get(downloader) ?? 0) + bytes))
  }

  gaveUs(peer: PeerId, bytes: number): void {
    this.#of(peer).givenToUs += bytes
  }

  tookFromUs(peer: PeerId, bytes: number): void {
    this.#of(peer).takenFromUs += bytes
  }

  /** From 0, nothing given, towards 1, much more given than taken. */
  creditOf(peer: PeerId): number {
    const account = this.#accounts.get(peer)
    if (account === undefined) return 0
    let sum = 0
    for (const bytes of account.given.values()) sum += bytes
    const trust = Math.min(1, account.given.size / COUNTERPARTIES_WANTED)
    const given = account.givenToUs + sum * trust
    return given / (given + account.takenFromUs + CREDIT_BASE_BYTES)
  }

  #of(peer: PeerId): Account {
    const known = this.#accounts.get(peer)
    if (known !== undefined) return known
    const fresh: Account = { given: new Map(), givenToUs: 0, takenFromUs: 0 }
    this.#accounts.set(peer, fresh)
    return fresh
  }
}
