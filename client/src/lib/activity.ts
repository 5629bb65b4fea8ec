/** Questions about the whole node: what the title says, when to warn, what to announce. */
import type { ShareView } from '@ringdrop/shared/node/snapshot.ts'
import { isFetching } from '@ringdrop/shared/protocols/bittorrent/exchange-state.ts'
import type { AppSnapshot } from '../app/api.ts'
import { fractionOf, percentOf } from './format.ts'
import type { Badge } from './favicon.ts'
import { displayName } from './links.ts'
import type { Language } from '../lang/language.ts'
import { stateWords } from './words.ts'

export const APP_NAME = 'Ringdrop'

/** `↓ 42 % · name` while something is fetched, of the share that is furthest. */
export function titleOf(lang: Language, snapshot: AppSnapshot): string {
  const fetched = (snapshot.node?.shares ?? []).filter((share) => isFetching(share.state))
  const [first] = [...fetched].sort((a, b) => fraction(b) - fraction(a))
  if (first !== undefined) {
    const more = fetched.length > 1 ? ` + ${String(fetched.length - 1)}` : ''
    return `↓ ${String(percentOf(fraction(first)))} % · ${displayName(lang, first.name, first.infoHash)}${more}`
  }
  const hashing = snapshot.hashing.find((each) => each.error === null)
  if (hashing !== undefined)
    return `${String(percentOf(hashing.totalBytes === 0 ? 0 : fractionOf(hashing.hashedBytes, hashing.totalBytes)))} % · ${APP_NAME}`
  const isSending = snapshot.node?.shares.some((share) => share.upSpeed > 0) === true
  return isSending ? `↑ ${APP_NAME}` : APP_NAME
}

/** What the page's icon shows: an offer that waits, or the progress of the share that is furthest, in steps of 5 %. */
export function badgeOf(snapshot: AppSnapshot): Badge {
  if (snapshot.nearby.incoming.some(({ state }) => state === 'pending')) return { kind: 'offer' }
  const fractions = (snapshot.node?.shares ?? []).filter((share) => isFetching(share.state)).map(fraction)
  return fractions.length === 0
    ? null
    : { kind: 'progress', fraction: Math.floor(Math.max(...fractions) * 20) / 20 }
}

/** Shares whose download ended between two snapshots. */
export function completedBetween(before: AppSnapshot, after: AppSnapshot): ShareView[] {
  const fetched = new Set(
    (before.node?.shares ?? []).filter((share) => isFetching(share.state)).map(({ infoHash }) => infoHash),
  )
  return (after.node?.shares ?? []).filter(
    (share) => share.state.name === 'seeding' && fetched.has(share.infoHash),
  )
}

/** True when closing this tab would stop bytes that move or files that are being read, or take away the only whole copy from those who fetch it. */
export function shouldWarnBeforeClosing(snapshot: AppSnapshot): boolean {
  if (snapshot.phase.name !== 'owner') return false
  const isMoving = (share: ShareView) => isFetching(share.state) && share.downSpeed > 0
  const isAtRisk = (snapshot.node?.shares ?? []).some((share) => isMoving(share) || isOnlyCopy(share))
  return isAtRisk || snapshot.hashing.some(({ error }) => error === null)
}

/** Whether somebody is fetching from us what nobody else has in whole. */
export function isOnlyCopy(share: ShareView): boolean {
  if (share.state.name !== 'seeding') return false
  // Who merely looks at the link is connected too, but takes nothing. A full copy may hide what it has, from those who take
  // too; of some of its files everybody is told.
  const isHiding = share.missingBytes === 0
  const hasLeechers = share.peers.some(
    (peer) => !peer.isSeed && (peer.peerInterested || (isHiding && peer.progress > 0)),
  )
  // Seeds do not stay connected to each other, so only the tracker knows of them; its count leaves us out.
  const hasOtherSeeds = share.peers.some((peer) => peer.isSeed) || (share.tracker.seeders ?? 0) > 0
  return hasLeechers && !hasOtherSeeds
}

/** What happened between two snapshots that a person who can't see the page should hear. */
export function changesBetween(lang: Language, before: AppSnapshot, after: AppSnapshot): string[] {
  const said: string[] = []
  const earlier = new Map(before.node?.shares.map((share) => [share.infoHash, share]))
  const isFirst = before.node === null
  for (const share of after.node?.shares ?? []) {
    const sentence = isFirst ? null : changeOf(lang, earlier.get(share.infoHash) ?? null, share)
    if (sentence !== null) said.push(sentence)
  }
  for (const { id, name, error } of after.hashing) {
    const wasFine = before.hashing.find((each) => each.id === id)?.error === null
    if (typeof error === 'string' && wasFine) said.push(lang.t.say.notShared(name))
  }
  return said
}

function changeOf(lang: Language, before: ShareView | null, after: ShareView): string | null {
  const t = lang.t.say
  const name = displayName(lang, after.name, after.infoHash)
  const [was, is] = [before?.state.name ?? null, after.state.name]
  if (was === is) return null
  switch (is) {
    case 'seeding':
      if (was === null) return after.isSource ? t.ready(name) : null
      return was === 'leeching' || was === 'endgame' ? t.complete(name) : null
    case 'leeching':
      return was === 'offered' || was === 'checking' ? t.started(name) : null
    case 'failed':
      return t.state(name, stateWords(lang, after).label)
    case 'paused':
      return after.state.name === 'paused' && after.state.because === 'person'
        ? null
        : t.state(name, stateWords(lang, after).label)
    default:
      return null
  }
}

function fraction(share: ShareView): number {
  return fractionOf(share.verifiedBytes, share.wantedBytes)
}
