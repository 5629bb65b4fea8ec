import type { ShareView } from '@ringdrop/shared/node/snapshot.ts'
import type { ServerView } from '../app/api.ts'
import type { Language } from '../lang/language.ts'
import type { Tone } from './words.ts'

/** Where a share can be had from at this moment, in words. */
export interface SourcesWords {
  readonly tone: Tone
  readonly headline: string
  readonly detail: string | null
  /** Whether it is still fair to show that something is going on. */
  readonly isWaiting: boolean
}

/** After so long without a peer, people are told what is going on and what they can do. */
export const PATIENCE_MS = 10_000

/**
 * @param share `null` before the node knows of it.
 * @param waitedMs how long the person has been looking at it.
 */
export function sourcesWords(
  lang: Language,
  share: ShareView | null,
  server: ServerView,
  waitedMs: number,
): SourcesWords {
  const t = lang.t.sources
  const peers = share?.peers ?? []
  if (peers.length > 0)
    return connectedWords(lang, share, peers.length, peers.filter((peer) => peer.isSeed).length)
  const isLate = waitedMs >= PATIENCE_MS
  if (server.state === 'connecting') return busy(t.connecting, isLate ? t.connectingLate : null)
  if (server.state === 'down') return serverDown(lang, server)
  return withTracker(lang, share, isLate)
}

function connectedWords(
  { t }: Language,
  share: ShareView | null,
  peers: number,
  seeds: number,
): SourcesWords {
  if (share?.state.name === 'metadata')
    return busy(t.sources.metadata(t.count.peers(peers)), t.sources.metadataDetail)
  const partial = peers - seeds
  const parts = [
    seeds > 0 ? t.sources.whole(t.count.sources(seeds)) : null,
    partial > 0 ? t.sources.partial(t.count.peers(partial)) : null,
  ]
  const headline = t.sources.connected(parts.filter((part) => part !== null))
  return { tone: 'good', headline, detail: null, isWaiting: false }
}

function serverDown({ t: { sources: t } }: Language, server: ServerView): SourcesWords {
  switch (server.because) {
    case null:
      return warn(t.left, t.leftDetail)
    case 'unreachable':
      return warn(t.down, t.downDetail)
    case 'refused':
      return warn(t.refused, t.refusedDetail)
    case 'replaced':
      return warn(t.replaced, t.replacedDetail)
  }
}

function withTracker(lang: Language, share: ShareView | null, isLate: boolean): SourcesWords {
  const t = lang.t.sources
  const tracker = share?.tracker
  switch (tracker?.state) {
    case undefined:
    case 'waiting':
      return busy(t.asking, isLate ? t.askingLate : null)
    case 'off':
      return warn(t.noTracker, t.noTrackerDetail)
    case 'failed':
      return warn(t.failed, t.failedDetail)
    case 'ok':
      break
  }
  const seeders = tracker?.seeders ?? 0
  const others = tracker?.leechers ?? 0
  if (seeders > 0 || others > 0) {
    const who = seeders > 0 ? lang.t.count.sources(seeders) : lang.t.count.peers(others)
    return isLate ? warn(t.known(who), t.knownDetail) : busy(t.reaching(who), null)
  }
  const seen = tracker?.seedSeenAgoMs ?? null
  return warn(t.nobody(seen === null ? null : lang.f.ago(seen)), t.nobodyDetail)
}

function busy(headline: string, detail: string | null): SourcesWords {
  return { tone: 'busy', headline, detail, isWaiting: true }
}

function warn(headline: string, detail: string): SourcesWords {
  return { tone: 'warn', headline, detail, isWaiting: false }
}
