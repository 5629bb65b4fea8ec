import { randomNonce } from '../../kernel/random-ids.ts'
import type { FileRoot, InfoHash, Nonce, PeerId } from '../../kernel/ids.ts'
import { pick } from '../../kernel/rng.ts'
import { BoundedMap } from '../../kernel/bounded.ts'
import { AUDIT_CHANCE, AUDIT_MS, CONFIRM_MS, QUERY_TTL, STRIKES, SUSPECTS_KEPT } from './constants.ts'
import type { KazaaContext } from './context.ts'
import type { Links } from './links.ts'
import type { KazaaMessage } from './messages.ts'

type Query = Extract<KazaaMessage, { type: 'query' }>
type Hits = Extract<KazaaMessage, { type: 'hits' }>

/** A peer that is said to share a file. */
export interface Source {
  readonly root: FileRoot
  readonly infoHash: InfoHash
  readonly provider: PeerId
}

/** What a search brought that one of our super nodes named and the other one did not. */
export interface OneSided {
  readonly query: Query
  readonly silent: PeerId
  readonly named: PeerId
  readonly sources: readonly Source[]
}

/** The silent one is asked the same again, alone. */
interface Audit extends Omit<OneSided, 'query'> {
  readonly answered: Set<string>
  readonly endsAt: number
}

/** It is silent again: the source itself is asked who of the two is right. */
interface Dispute extends Pick<OneSided, 'silent' | 'named'> {
  readonly source: Source
  readonly endsAt: number
}

export interface TrustHooks {
  ask(query: Query, superNode: PeerId, now: number): void
  dial(peer: PeerId, now: number): void
  /** It lies: away from it, for long. */
  mistrust(superNode: PeerId, now: number): void
}

/**
 * Finds a super node that leaves out hits or makes them up. Either of our two may rightly name sources that the
 * other one does not, as a query takes only one of many ways; so now and then the silent one is asked again on
 * its own. What it still leaves out is settled by the source: it has the file, so the silent one hides it, or it has
 * not or is not there, so the other one made it up. A few such strikes, and we leave. One passed audit takes one back.
 */
export class Trust {
  #audit: (Audit & { readonly guid: Nonce }) | null = null
  #dispute: Dispute | null = null
  /** The sources by which each was caught, oldest first. */
  readonly #strikes = new BoundedMap<PeerId, readonly PeerId[]>(SUSPECTS_KEPT)

  constructor(
    readonly context: KazaaContext,
    readonly links: Links,
    readonly hooks: TrustHooks,
  ) {}

  wakeAt(): number {
    return Math.min(this.#audit?.endsAt ?? Infinity, this.#dispute?.endsAt ?? Infinity)
  }

  /** The link to a source is of use until it has answered. */
  needs(peer: PeerId): boolean {
    return this.#dispute?.source.provider === peer
  }

  /** A search is over. @param isTied whether a super node still is one of ours. */
  consider(cases: readonly OneSided[], isTied: (peer: PeerId) => boolean, now: number): void {
    if (this.#audit !== null || this.#dispute !== null) return
    const { rng, counters } = this.context
    for (const { query, silent, named, ...all } of cases) {
      // A source's word against a super node counts once, or one that lies together with the other could drive it out, or
      // one that lists files with an honest super node and denies them.
      const accusers = this.#strikes.get(silent) ?? []
      const denied = this.#strikes.get(named) ?? []
      const sources = all.sources.filter(
        ({ provider }) => !accusers.includes(provider) && !denied.includes(provider),
      )
      const chance = this.#strikes.has(silent) || this.#strikes.has(named) ? 1 : AUDIT_CHANCE
      if (sources.length === 0 || !isTied(silent) || rng.float() >= chance) continue
      const guid = randomNonce(rng)
      this.#audit = { guid, silent, named, sources, answered: new Set(), endsAt: now + AUDIT_MS }
      counters.audits++
      // The same words in a query that looks like any other.
      this.hooks.ask({ ...query, guid, ttl: QUERY_TTL, hops: 0, wantsCost: false }, silent, now)
      return
    }
  }

  onHits({ guid, hits }: Omit<Hits, 'type'>, from: PeerId): void {
    const audit = this.#audit
    if (audit?.guid !== guid || from !== audit.silent) return
    for (const { listing, providers } of hits)
      for (const provider of providers) audit.answered.add(nameOf({ ...listing, provider }))
  }

  linkUp(peer: PeerId): void {
    if (this.#dispute?.source.provider === peer) this.#askSource(this.#dispute.source)
  }

  onConfirmed(
    from: PeerId,
    { infoHash, root, isShared }: Extract<KazaaMessage, { type: 'confirmed' }>,
    now: number,
  ): void {
    const source = this.#dispute?.source
    if (source?.provider === from && source.infoHash === infoHash && source.root === root)
      this.#settle(isShared, now)
  }

  /** The source is not there. */
  lost(peer: PeerId, now: number): void {
    if (this.#dispute?.source.provider === peer) this.#settle(false, now)
  }

  wake(now: number): void {
    const audit = this.#audit
    if (audit !== null && audit.endsAt <= now) {
      this.#audit = null
      const missing = audit.sources.filter((source) => !audit.answered.has(nameOf(source)))
      const source = pick(this.context.rng, missing)
      if (source === undefined) {
        this.#forgive(audit.silent)
        this.#forgive(audit.named)
      } else this.#open({ ...audit, source, endsAt: now + CONFIRM_MS }, now)
    }
    if (this.#dispute !== null && this.#dispute.endsAt <= now) this.#settle(false, now)
  }

  #open({ silent, named, source, endsAt }: Dispute, now: number): void {
    this.#dispute = { silent, named, source, endsAt }
    if (this.links.has(source.provider)) this.#askSource(source)
    else this.hooks.dial(source.provider, now)
  }

  #askSource({ provider, infoHash, root }: Source): void {
    this.context.send(provider, { type: 'confirm', infoHash, root })
  }

  #settle(isShared: boolean, now: number): void {
    const dispute = this.#dispute
    this.#dispute = null
    if (dispute === null) return
    const liar = isShared ? dispute.silent : dispute.named
    // Whoever has honest children survives some that deny their files.
    if (isShared) this.#forgive(dispute.named)
    const strikes = [...(this.#strikes.get(liar) ?? []), dispute.source.provider]
    this.#strikes.set(liar, strikes)
    if (strikes.length < STRIKES) return
    this.#strikes.delete(liar)
    this.context.counters.mistrusted++
    this.hooks.mistrust(liar, now)
  }

  #forgive(peer: PeerId): void {
    const [, ...strikes] = this.#strikes.get(peer) ?? []
    if (strikes.length > 0) this.#strikes.set(peer, strikes)
    else this.#strikes.delete(peer)
  }
}

const nameOf = ({ root, infoHash, provider }: Source): string => `${root}:${infoHash}:${provider}`
