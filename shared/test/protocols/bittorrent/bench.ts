import { createRng } from '../../../src/kernel/rng.ts'
import { defined } from '../../../src/kernel/invariant.ts'
import type { PeerId } from '../../../src/kernel/ids.ts'
import { parsePeerId } from '../../../src/kernel/ids.ts'
import { TokenBucket } from '../../../src/kernel/token-bucket.ts'
import { Bitfield } from '../../../src/content/bitfield.ts'
import type { HashTree } from '../../../src/content/merkle.ts'
import type { ExchangeEffect, ExchangeInput } from '../../../src/protocols/bittorrent/effects.ts'
import { Exchange } from '../../../src/protocols/bittorrent/exchange.ts'
import type { ExchangeOptions } from '../../../src/protocols/bittorrent/exchange-options.ts'
import type { ExchangeMessage } from '../../../src/protocols/bittorrent/messages.ts'
import { createSimShare, fullTrees, goodBlock, type SimShare } from '../../../sim/share.ts'

/** A peer with a number: 1 is `0...01`. */
export const peer = (n: number): PeerId => defined(parsePeerId(n.toString(16).padStart(64, '0')), 'peer id')
export const [A, B, C] = [peer(1), peer(2), peer(3)]

/** One file of 10 blocks in pieces of 4. */
export const SHARE: SimShare = createSimShare(createRng(1), [10 * 16_384], 65_536)

/** Feeds one exchange and shows what it does. */
export class Bench {
  now = 1_000_000
  readonly share: SimShare
  readonly exchange: Exchange

  constructor(options: Partial<ExchangeOptions> = {}, share: SimShare = SHARE) {
    this.share = share
    this.exchange = new Exchange({
      infoHash: share.info.infoHash,
      info: share.info,
      trees: fullTrees(share),
      start: 'check',
      isSource: false,
      selection: null,
      rng: createRng(5),
      uploadBucket: new TokenBucket(Infinity, 1, this.now),
      downloadBucket: new TokenBucket(Infinity, 1, this.now),
      now: this.now,
      ...options,
    })
  }

  /** A leecher that holds some blocks and knows all hashes. */
  static leecher(held: readonly number[] = [], options: Partial<ExchangeOptions> = {}, share = SHARE): Bench {
    const bench = new Bench(options, share)
    const bits = new Bitfield(share.geometry.blockCount)
    for (const block of held) bits.set(block)
    bench.feed({ type: 'checked', bits: bits.toBytes() })
    return bench
  }

  static source(options: Partial<ExchangeOptions> = {}): Bench {
    return new Bench({ start: 'source', isSource: true, ...options })
  }

  /** A leecher that knows the infohash alone. */
  static stranger(share = SHARE, options: Partial<ExchangeOptions> = {}): Bench {
    return new Bench({ info: null, trees: new Map<never, HashTree>(), ...options }, share)
  }

  feed(input: ExchangeInput): ExchangeEffect[] {
    return this.exchange.handle(input, this.now)
  }

  join(who: PeerId, hasMetadata = true): ExchangeEffect[] {
    return this.feed({ type: 'peerJoined', peer: who, hasMetadata })
  }

  say(from: PeerId, message: ExchangeMessage): ExchangeEffect[] {
    return this.feed({ type: 'message', from, message })
  }

  leave(from: PeerId): ExchangeEffect[] {
    return this.exchange.handle({ type: 'peerLeft', peer: from }, this.now)
  }

  wait(ms: number): ExchangeEffect[] {
    const until = this.now + ms
    const effects: ExchangeEffect[] = []
    while (this.exchange.wakeAt() <= until) {
      this.now = Math.max(this.now, this.exchange.wakeAt())
      effects.push(...this.feed({ type: 'wake' }))
    }
    this.now = until
    return effects
  }

  range(block: number): { piece: number; begin: number; length: number } {
    const { geometry } = this.share
    const piece = geometry.pieceOf(block)
    return { piece, begin: (block - geometry.firstBlock(piece)) * 16_384, length: geometry.blockSize(block) }
  }

  request = (from: PeerId, block: number) => this.say(from, { type: 'request', ...this.range(block) })
  cancel = (from: PeerId, block: number) => this.say(from, { type: 'cancel', ...this.range(block) })
  reject = (from: PeerId, block: number) => this.say(from, { type: 'reject', ...this.range(block) })
  piece = (from: PeerId, block: number) => {
    const { piece, begin, length } = this.range(block)
    return this.say(from, { type: 'piece', piece, begin, bytes: goodBlock(length) })
  }
  read = (to: PeerId, block: number) =>
    this.feed({ type: 'blockRead', to, block, bytes: goodBlock(this.range(block).length) })
  have = (from: PeerId, first: number, count = 1) => this.say(from, { type: 'have', first, count })
}

/** Messages to a peer, `piece:begin` style fields folded into block numbers: `request 3`. */
export function told(effects: readonly ExchangeEffect[], to: PeerId, share: SimShare = SHARE): string[] {
  const out: string[] = []
  for (const effect of effects) {
    if (effect.type !== 'send' || effect.to !== to || effect.message.type === 'peers') continue
    const { message } = effect
    if ('begin' in message)
      out.push(`${message.type} ${String(share.geometry.blockAt(message.piece, message.begin))}`)
    else if (message.type === 'have') out.push(`have ${String(message.first)}+${String(message.count)}`)
    else if ('part' in message) out.push(`${message.type} ${String(message.part)}`)
    else if ('span' in message) out.push(`${message.type} ${String(message.span)}`)
    else out.push(message.type)
  }
  return out
}

/** Effects that are no messages, by type, and with the code of a drop. */
export function did(effects: readonly ExchangeEffect[]): string[] {
  return effects.flatMap((effect) => {
    if (effect.type === 'send') return []
    if (effect.type === 'dropPeer') return [`drop ${effect.code}${effect.ban ? ' ban' : ''}`]
    if (effect.type === 'store' || effect.type === 'read') return [`${effect.type} ${String(effect.block)}`]
    return [effect.type]
  })
}

/** Blocks asked of a peer. */
export const asked = (effects: readonly ExchangeEffect[], of: PeerId): number[] =>
  told(effects, of).flatMap((text) => (text.startsWith('request ') ? [Number(text.slice(8))] : []))
