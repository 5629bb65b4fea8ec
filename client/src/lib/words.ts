/** What people are told: states, errors and their way out. Each says what happened, why, and what comes next. */
import { sanitizeName } from '@ringdrop/shared/content/file-names.ts'
import type { ExchangeState } from '@ringdrop/shared/protocols/bittorrent/exchange-state.ts'
import type { PeerView, ShareView } from '@ringdrop/shared/node/snapshot.ts'
import type { Language } from '../lang/language.ts'
import type { AppErrorCode, AppPhase, HashingView, ServerView } from '../app/api.ts'

export type Tone = 'quiet' | 'busy' | 'good' | 'warn' | 'bad'

export interface Words {
  readonly label: string
  readonly tone: Tone
  /** A sentence more, where the label alone would leave questions. */
  readonly detail: string | null
}

const words = (label: string, tone: Tone, detail: string | null = null): Words => ({ label, tone, detail })

/** The state of a share in a word or two. */
export function stateWords({ t }: Language, share: ShareView): Words {
  const { state } = share
  switch (state.name) {
    case 'metadata':
      return words(t.state.metadata, 'busy')
    case 'offered':
      return words(t.state.offered, 'quiet')
    case 'checking':
      return words(t.state.checking, 'busy', t.state.checkingDetail)
    case 'leeching':
      return fetchingWords(t.state, share)
    case 'endgame':
      return words(t.state.finishing, 'busy')
    case 'seeding':
      return words(share.isSource ? t.state.sharing : t.state.complete, 'good')
    case 'paused':
      return pausedWords(t.state, state.because)
    case 'failed':
      return failedWords(t.state, state.because)
  }
}

type StateMessages = Language['t']['state']

function fetchingWords(t: StateMessages, share: ShareView): Words {
  if (share.downSpeed > 0) return words(t.downloading, 'busy')
  if (share.peers.length === 0) return words(t.waitSource, 'busy')
  const useful = share.peers.filter((peer) => peer.amInterested)
  if (useful.length === 0) return words(t.waitParts, 'busy', t.waitPartsDetail)
  return words(useful.every((peer) => peer.peerChoking) ? t.waitTurn : t.downloading, 'busy')
}

/** Where we stand in the upload queues of the sources, nearest turn first; `null` when nobody queues. */
export function queueWords({ t, f }: Language, places: ShareView['places']): string | null {
  if (places === null || places.length === 0) return null
  const served = places.filter(({ position }) => position === 0).length
  if (served > 0) return t.transfer.queueServed(served, places.length)
  const [best] = [...places].sort((a, b) => a.position - b.position)
  if (best === undefined) return null
  const wait = best.etaMs > 0 ? f.duration(best.etaMs) : null
  return t.transfer.queueWait(t.transfer.queues(places.length), String(best.position), wait)
}

function pausedWords(
  t: StateMessages,
  because: Extract<ExchangeState, { name: 'paused' }>['because'],
): Words {
  switch (because) {
    case 'person':
      return words(t.paused, 'quiet')
    case 'quota':
      return words(t.full, 'bad', t.fullDetail)
    case 'io':
      return words(t.noWrite, 'bad', t.noWriteDetail)
  }
}

function failedWords(
  t: StateMessages,
  because: Extract<ExchangeState, { name: 'failed' }>['because'],
): Words {
  switch (because) {
    case 'sourceChanged':
      return words(t.changed, 'bad', t.changedDetail)
    case 'sourceMissing':
      return words(t.gone, 'bad', t.goneDetail)
    case 'io':
      return words(t.noRead, 'bad', t.noReadDetail)
  }
}

/** What went wrong with files on their way to becoming a share, and what to do; `null`: nothing. */
export function hashingError({ t }: Language, { error }: HashingView): string | null {
  if (error === null) return null
  if (typeof error === 'string') return t.hashing[error]
  return t.hashing.leftOut(
    error.leftOut.split('/').map(sanitizeName).join('/'),
    error.others === 0 ? null : t.count.files(error.others),
  )
}

/** Why a command did not do what it should, and what to do. */
export function errorWords({ t }: Language, code: AppErrorCode): string {
  switch (code) {
    case 'invite:notAnInvite':
      return t.error.notAnInvite
    case 'invite:ownInvite':
      return t.error.ownInvite
    case 'invite:notForUs':
      return t.error.notForUs
    case 'invite:expired':
      return t.error.expired
    case 'invite:unknownInvite':
      return t.error.unknownInvite
    case 'invite:alreadyLinked':
      return t.error.alreadyLinked
    case 'invite:badKey':
    case 'invite:badSignature':
    case 'invite:badPayload':
      return t.error.tampered
    case 'invite:busy':
    case 'invite:timeout':
      return t.error.notReady
    default:
      return t.error[code]
  }
}

export function serverWords({ t }: Language, server: ServerView): Words {
  if (server.state === 'up') return words(t.server.up, 'good')
  if (server.state === 'connecting') return words(t.server.connecting, 'busy')
  switch (server.because) {
    case 'unreachable':
      return words(t.server.down, 'warn', t.server.downDetail)
    case 'refused':
      return words(t.server.refused, 'warn', t.server.refusedDetail)
    case 'replaced':
      return words(t.server.replaced, 'warn', t.server.replacedDetail)
    case null:
      return words(t.server.left, 'quiet', t.server.leftDetail)
  }
}

export function phaseFailure(
  { t }: Language,
  phase: Extract<AppPhase, { name: 'failed' }>,
): { readonly title: string; readonly text: string } {
  switch (phase.because) {
    case 'insecureContext':
      return { title: t.error.insecureTitle, text: t.error.insecure(phase.detail) }
    case 'noWebRtc':
      return { title: t.error.noWebRtcTitle, text: t.error.noWebRtc }
    case 'noStorage':
      return { title: t.error.noStorageTitle, text: t.error.noStorage }
    case 'fault':
      return { title: t.error.faultTitle, text: t.error.fault }
  }
}

/** What a peer sends us and what it gets from us, without the jargon of chokes. */
export function peerWords(
  { t }: Language,
  peer: PeerView,
): { readonly toUs: string; readonly fromUs: string } {
  return { toUs: toUs(t.peers, peer), fromUs: fromUs(t.peers, peer) }
}

type PeerMessages = Language['t']['peers']

function toUs(t: PeerMessages, peer: PeerView): string {
  if (peer.trust === 'quarantined') return t.quarantined
  if (!peer.amInterested) return peer.isSeed ? t.hasAll : t.nothingNew
  if (peer.peerChoking) return t.youWait
  return peer.trust === 'snubbed' ? t.slow : t.sends
}

function fromUs(t: PeerMessages, peer: PeerView): string {
  if (!peer.peerInterested) return t.asksNothing
  if (peer.amChoking) return t.waits
  return peer.isOptimistic ? t.trial : t.gets
}
