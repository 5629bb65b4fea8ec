import type { PeerId } from '../../kernel/ids.ts'
import { NEEDLESS_MS } from './constants.ts'
import type { ExchangeInput, Outbox } from './effects.ts'
import type { ExchangeMessage } from './messages.ts'
import type { PeerLink } from './peer-link.ts'

/** Tells a peer whether we still want something (BEP 21), when that is news to it. */
export function tellWants(link: PeerLink, wantsMore: boolean, out: Outbox): void {
  if (link.amUploadOnly === !wantsMore) return
  link.amUploadOnly = !wantsMore
  out.send(link.peer, { type: wantsMore ? 'wantsMore' : 'uploadOnly' })
}

/** What comes for every block, and changes nothing of who wants something. */
const CHANGES_NOTHING: ReadonlySet<ExchangeInput['type']> = new Set([
  'blockRead',
  'congested',
  'writable',
  'slot',
  'wake',
] as const)
/** The same of messages; some come for every span. */
const SAYS_NOTHING: ReadonlySet<ExchangeMessage['type']> = new Set([
  'request',
  'cancel',
  'piece',
  'reject',
  'hashRequest',
  'hashReject',
  'hashes',
  'haveHashes',
  'peers',
] as const)

function mayChangeWants(input: ExchangeInput): boolean {
  if (input.type === 'message') return !SAYS_NOTHING.has(input.message.type)
  return !CHANGES_NOTHING.has(input.type)
}

/** Finds peers with which there is nothing to exchange for now: neither they nor we want anything. */
export class Parting {
  #at = Infinity

  constructor(readonly links: ReadonlyMap<PeerId, PeerLink>) {}

  wakeAt(): number {
    return this.#at
  }

  /**
   * @returns those to be left now. Asked after all inputs: of whoever still fetches there is nothing to look at, nor after an
   * input that changes nothing before somebody's time is up.
   */
  due(inputs: readonly ExchangeInput[], isSeeding: boolean, now: number): PeerLink[] {
    if (!isSeeding && this.#at === Infinity) return []
    if (now < this.#at && !inputs.some(mayChangeWants)) return []
    this.#at = Infinity
    const due: PeerLink[] = []
    for (const link of this.links.values()) {
      // Requests that are still to be served are answered first.
      const isNeedless = isSeeding && link.wantsNothing && !link.peerInterested
      link.needlessSince = isNeedless ? (link.needlessSince ?? now) : null
      if (link.needlessSince === null) continue
      const at = link.needlessSince + NEEDLESS_MS
      if (at <= now) due.push(link)
      else this.#at = Math.min(this.#at, at)
    }
    return due
  }
}
