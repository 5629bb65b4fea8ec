import { mergeHits, type Hit } from '../../discovery/listing.ts'
import type { Nonce, PeerId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { GATHER_MS, HITS_PER_MESSAGE, RELAYED_SOURCES } from './constants.ts'

/** What goes back in one message. */
export interface Answer {
  readonly hops: number
  readonly hits: readonly Hit[]
  readonly providers: readonly PeerId[]
}

interface Pending {
  hops: number
  readonly hits: Hit[]
  readonly providers: PeerId[]
  readonly flushAt: number
}

/** Hits on their way back: gathered for a moment, equal files merged, each source once. */
export class HitGatherer {
  readonly #pending = new Map<Nonce, Pending>()

  constructor(readonly flush: (guid: Nonce, answer: Answer, now: number) => void) {}

  wakeAt(): number {
    let earliest = Infinity
    for (const { flushAt } of this.#pending.values()) earliest = Math.min(earliest, flushAt)
    return earliest
  }

  /** Our own answer leaves at once. @returns its messages. */
  own(query: { readonly limit: number }, answer: Answer, sources: Set<string>): Answer[] {
    const limit = Math.min(query.limit, LIMITS.hitsPerNode)
    const bounded = {
      ...answer,
      hits: answer.hits.slice(0, limit),
      providers: answer.providers.slice(0, limit),
    }
    // Remembered, so that the same from elsewhere is not relayed; sent even when it was relayed before.
    unseen(bounded, sources)
    return inMessages(bounded)
  }

  /** Another's answer: what it adds to those before waits for more. */
  add(message: Answer & { readonly guid: Nonce }, sources: Set<string>, now: number): void {
    const { hits, providers } = unseen(message, sources)
    if (hits.length === 0 && providers.length === 0) return
    const pending = this.#pending.get(message.guid) ?? {
      hops: 0,
      hits: [],
      providers: [],
      flushAt: now + GATHER_MS,
    }
    this.#pending.set(message.guid, pending)
    pending.hops = Math.max(pending.hops, message.hops)
    pending.hits.push(...hits)
    pending.providers.push(...providers)
  }

  wake(now: number): void {
    for (const [guid, { hops, hits, providers, flushAt }] of [...this.#pending]) {
      if (flushAt > now) continue
      this.#pending.delete(guid)
      for (const answer of inMessages({ hops, hits: grouped(hits), providers })) this.flush(guid, answer, now)
    }
  }
}

/** Equal files as one hit, in parts that hold no more sources than a message may name. */
function grouped(hits: readonly Hit[]): Hit[] {
  return mergeHits(hits).flatMap(({ listing, providers }) => {
    const parts: Hit[] = []
    for (let at = 0; at < providers.length; at += LIMITS.providersPerHit)
      parts.push({ listing, providers: providers.slice(at, at + LIMITS.providersPerHit) })
    return parts
  })
}

/** Leaves out sources that were relayed before, and all when there were too many. */
function unseen(answer: Answer, sources: Set<string>): { hits: Hit[]; providers: PeerId[] } {
  const isNew = (key: string) => {
    if (sources.has(key) || sources.size >= RELAYED_SOURCES) return false
    sources.add(key)
    return true
  }
  const hits = answer.hits
    .map(({ listing, providers }) => ({
      listing,
      providers: providers.filter((peer) => isNew(`${listing.root}:${listing.infoHash}:${peer}`)),
    }))
    .filter(({ providers }) => providers.length > 0)
  return { hits, providers: answer.providers.filter((peer) => isNew(peer)) }
}

function inMessages({ hops, hits, providers }: Answer): Answer[] {
  const messages: Answer[] = []
  const count = Math.max(hits.length / HITS_PER_MESSAGE, providers.length / LIMITS.hitsPerNode)
  for (let i = 0; i < count; i++) {
    messages.push({
      hops,
      hits: hits.slice(i * HITS_PER_MESSAGE, (i + 1) * HITS_PER_MESSAGE),
      providers: providers.slice(i * LIMITS.hitsPerNode, (i + 1) * LIMITS.hitsPerNode),
    })
  }
  return messages
}
