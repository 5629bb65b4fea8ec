import type { Bytes } from '../kernel/bytes.ts'
import type { PeerId } from '../kernel/ids.ts'
import { LIMITS } from '../kernel/limits.ts'
import { decodeBlocks } from '../protocols/bittorrent/codec.ts'
import type { BlockFrame } from '../protocols/bittorrent/codec.ts'
import type { ExchangeMessage } from '../protocols/bittorrent/messages.ts'
import { unpackFrame } from '../wire/frames.ts'
import { fail, ok, type Result } from '../wire/result.ts'
import { decodeLink, type LinkMessage } from './link-codec.ts'
import type { Link, Links } from './links.ts'

/**
 * A silent link is pinged after the first time. After the second the discovery systems route around it (a tab
 * may be frozen), and after the third it is given up: transfers over a bad network deserve the patience. Our choice.
 */
const PING_MS = 2_000
const SILENT_MS = 4_000
const DEAD_MS = 30_000
/** A link that carries no share and that no system needs is closed after this time; our choice. */
const IDLE_MS = 60_000
/** Where so few links are left, useless ones are closed sooner: others may need the place. Our choice. */
const SCARCE_LINKS = 8
const SCARCE_IDLE_MS = 10_000

/** `silent`: alive or not, nobody should rely on it now. */
export type Verdict = 'ping' | 'silent' | 'close'

/** Messages about one share that follow each other in a frame. */
export interface ExchangeRun {
  readonly type: 'exchange'
  readonly handle: number
  readonly messages: ExchangeMessage[]
}

export type IncomingMessage =
  Exclude<LinkMessage, { type: 'exchange' }> | ExchangeRun | ({ readonly type: 'blocks' } & BlockFrame)

/** Guards links: what may come in, and when one counts as dead. */
export class LinkKeeper {
  #inspectAt: number
  constructor(now: number) {
    this.#inspectAt = now + PING_MS
  }

  wakeAt(linkCount: number): number {
    return linkCount === 0 ? Infinity : this.#inspectAt
  }

  /** After a sleep nobody has been heard for long: silence counts from now on. */
  askAnew(links: Links, now: number): void {
    this.#inspectAt = now + PING_MS
    for (const link of links.up()) link.lastHeardAt = Math.max(link.lastHeardAt, now - PING_MS)
  }

  /** Decodes a frame; before the peer has proved its key nothing but the proof is let through. */
  read(link: Link, channel: 'control' | 'bulk', bytes: Bytes): Result<IncomingMessage[]> {
    if (link.state !== 'up') {
      link.unprovedBytes += bytes.length
      if (link.unprovedBytes > LIMITS.unauthenticatedBytes) return fail('unprovedBytes')
      if (link.state === 'proving') {
        link.held.push({ channel, bytes })
        return ok([])
      }
    }
    if (channel === 'bulk') {
      const block = decodeBlocks(bytes)
      if (!block.ok) return block
      return link.state === 'up' ? ok([{ type: 'blocks', ...block.value }]) : fail('beforeProof')
    }
    const parts = unpackFrame(bytes)
    if (!parts.ok) return parts
    const messages: IncomingMessage[] = []
    for (const part of parts.value) {
      const message = decodeLink(part)
      if (!message.ok) return message
      append(messages, message.value)
    }
    return link.state === 'up' ? ok(messages) : this.#onlyProof(link, messages, bytes)
  }

  /** The proof is the first message; what shares its frame waits for the check like everything after it. */
  #onlyProof(link: Link, messages: IncomingMessage[], frame: Bytes): Result<IncomingMessage[]> {
    const proof = messages[0]
    if (proof?.type !== 'proof') return fail('beforeProof')
    link.state = 'proving'
    if (messages.length > 1) link.held.push({ channel: 'control', bytes: frame })
    return ok([proof])
  }

  /** Links to ping, and links to close because they are dead or useless. */
  inspect(links: Links, needs: (peer: PeerId) => boolean, now: number): [Link, Verdict][] {
    if (now < this.#inspectAt) return []
    // After a sleep of the whole machine nobody has been heard for long: ask before giving up.
    const wasAsleep = now > this.#inspectAt + DEAD_MS / 2
    this.#inspectAt = now + PING_MS
    const verdicts: [Link, Verdict][] = []
    const idleMs = links.upCount > LIMITS.links - SCARCE_LINKS ? SCARCE_IDLE_MS : IDLE_MS
    for (const link of links.up()) {
      if (link.carriesShares || needs(link.peer)) link.idleSince = now
      const silentMs = now - link.lastHeardAt
      if (wasAsleep && silentMs >= PING_MS) link.lastHeardAt = now - PING_MS
      if (now - link.idleSince >= idleMs || (silentMs >= DEAD_MS && !wasAsleep))
        verdicts.push([link, 'close'])
      else if (silentMs >= SILENT_MS && !wasAsleep && !link.isSilent) verdicts.push([link, 'silent'])
      else if (silentMs >= PING_MS) verdicts.push([link, 'ping'])
    }
    return verdicts
  }
}

function append(messages: IncomingMessage[], next: LinkMessage): void {
  if (next.type !== 'exchange') return void messages.push(next)
  const last = messages.at(-1)
  if (last?.type === 'exchange' && last.handle === next.handle) last.messages.push(next.message)
  else messages.push({ type: 'exchange', handle: next.handle, messages: [next.message] })
}
