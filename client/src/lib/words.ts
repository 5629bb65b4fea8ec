/** What people are told: states, errors and their way out. Each says what happened, why, and what comes next. */
import type { ExchangeState } from '@ringdrop/shared/protocols/bittorrent/exchange-state.ts'
import type { PeerView, ShareView } from '@ringdrop/shared/node/snapshot.ts'
import { count, formatDuration } from './format.ts'
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
export function stateWords(share: ShareView): Words {
  const { state } = share
  switch (state.name) {
    case 'metadata':
      return words('Fetching details', 'busy')
    case 'offered':
      return words('Not downloaded yet', 'quiet')
    case 'checking':
      return words(
        'Checking what is here',
        'busy',
        'Every block is compared with its hash before anything goes on.',
      )
    case 'leeching':
      return fetchingWords(share)
    case 'endgame':
      return words('Finishing', 'busy')
    case 'seeding':
      return words(share.isSource ? 'Sharing' : 'Complete', 'good')
    case 'paused':
      return pausedWords(state.because)
    case 'failed':
      return failedWords(state.because)
  }
}

function fetchingWords(share: ShareView): Words {
  if (share.downSpeed > 0) return words('Downloading', 'busy')
  if (share.peers.length === 0) return words('Waiting for a source', 'busy')
  const useful = share.peers.filter((peer) => peer.amInterested)
  if (useful.length === 0) {
    return words(
      'Waiting for parts',
      'busy',
      'The connected peers offer nothing that is missing here. It goes on when one of them does.',
    )
  }
  return words(useful.every((peer) => peer.peerChoking) ? 'Waiting for a turn' : 'Downloading', 'busy')
}

/** Where we stand in the upload queues of the sources, nearest turn first; `null` when nobody queues. */
export function queueWords(places: ShareView['places']): string | null {
  if (places === null || places.length === 0) return null
  const served = places.filter(({ position }) => position === 0).length
  if (served > 0) return `${count(served, 'source')} of ${String(places.length)} serve you now.`
  const [best] = [...places].sort((a, b) => a.position - b.position)
  if (best === undefined) return null
  const wait = best.etaMs > 0 ? `, about ${formatDuration(best.etaMs)}` : ''
  return `You wait in ${count(places.length, 'upload queue')}: place ${String(best.position)} in the best one${wait}.`
}

function pausedWords(because: Extract<ExchangeState, { name: 'paused' }>['because']): Words {
  switch (because) {
    case 'person':
      return words('Paused', 'quiet')
    case 'quota':
      return words(
        'Paused: storage is full',
        'bad',
        'Your disk or the browser’s storage is full. What is here is kept. Free some space or remove a transfer, then resume.',
      )
    case 'io':
      return words(
        'Paused: could not write',
        'bad',
        'The browser’s storage refused a write. What is here is kept. Resume to try again; if it happens again, restart the browser.',
      )
  }
}

function failedWords(because: Extract<ExchangeState, { name: 'failed' }>['because']): Words {
  switch (because) {
    case 'sourceChanged':
      return words(
        'Stopped: the file has changed',
        'bad',
        'The file on your disk is not the one you shared any more, so its link no longer holds. Remove this and share the file again.',
      )
    case 'sourceMissing':
      return words(
        'Stopped: the file is gone',
        'bad',
        'The file was moved, renamed or deleted. Put it back and reload this tab, or remove this and share it again.',
      )
    case 'io':
      return words(
        'Stopped: could not read',
        'bad',
        'The browser could not read its storage. Reload this tab; what was verified is found again.',
      )
  }
}

export function hashingError(error: Exclude<HashingView['error'], null>): string {
  switch (error) {
    case 'unreadable':
      return 'A file could not be read. It may have been moved or be open in another program. Check it, then choose it again.'
    case 'tooManyFiles':
      return 'A share holds at most 10,000 files. Pack the folder into a zip file, or share parts of it.'
    case 'empty':
      return 'There was no file in it. Choose at least one file.'
    case 'tooBig':
      return 'The list of files is too long to be shared. Use fewer files or shorter names, or pack them into a zip file.'
  }
}

/** Why a command did not do what it should, and what to do. */
export function errorWords(code: AppErrorCode): string {
  switch (code) {
    case 'empty':
      return 'There is nothing to open. Paste a link, a magnet or an infohash.'
    case 'notALink':
      return 'This is not a link to a share. A link looks like magnet:?xt=urn:btmh:… or is 64 digits and letters long. Perhaps a part was cut off; copy it again.'
    case 'badInfohash':
      return 'The link is damaged: its infohash can’t be read. Copy the whole link again, or ask the sender for it.'
    case 'v1Only':
      return 'This is a link to a BitTorrent v1 share. Ringdrop speaks v2 only, so it can’t open it. Ask for a v2 or hybrid link.'
    case 'tooLong':
      return 'This text is too long to be a link. Copy only the link itself.'
    case 'unknownShare':
      return 'This share is not here any more. It may have been removed in another tab.'
    case 'notFinished':
      return 'Not all of it is here yet. It can be saved when the download is complete.'
    case 'noMetadata':
      return 'The list of files has not arrived yet. Wait until a source is connected.'
    case 'badTorrent':
      return 'This .torrent file can’t be read. It has to be a BitTorrent v2 or hybrid torrent.'
    case 'notTheSameFiles':
      return 'These are not the files that were shared: a name or a size differs, or the browser was not allowed to read them. Choose the originals.'
    case 'invite:notAnInvite':
      return 'This is neither an invite nor a reply, or a part of it is missing. Copy the whole text and paste it again.'
    case 'invite:ownInvite':
      return 'This is your own invite. Open it in the other browser.'
    case 'invite:notForUs':
      return 'This reply belongs to another browser’s invite. Paste it where that invite was made.'
    case 'invite:expired':
      return 'This invite is more than half an hour old, or the clocks of the two devices differ. Make a new one.'
    case 'invite:unknownInvite':
      return 'The invite that belongs to this is no longer open: it was used, or its tab was closed. Make a new one.'
    case 'invite:alreadyLinked':
      return 'These two browsers are connected already.'
    case 'invite:badKey':
    case 'invite:badSignature':
    case 'invite:badPayload':
      return 'This text was changed on its way or is damaged, so it is not trusted. Ask for a new one.'
    case 'invite:busy':
    case 'invite:timeout':
      return 'The browser did not get ready in time. Try again.'
    case 'ownerGone':
      return 'The tab that runs Ringdrop did not answer. Reload this tab and try again.'
    case 'io':
      return 'The browser could not read or write its storage. Free some space, then try again.'
  }
}

export function serverWords(server: ServerView): Words {
  if (server.state === 'up') return words('Connected', 'good')
  if (server.state === 'connecting') return words('Connecting', 'busy')
  const goesOn = 'Transfers between connected peers go on.'
  switch (server.because) {
    case 'unreachable':
      return words(
        'Server down',
        'warn',
        `The server can’t be reached. ${goesOn} It is tried again by itself.`,
      )
    case 'refused':
      return words(
        'Server refused',
        'warn',
        `The server refused this browser. ${goesOn} It is tried again in half a minute.`,
      )
    case 'replaced':
      return words(
        'Replaced',
        'warn',
        `The same identity connected from somewhere else. ${goesOn} It is tried again in half a minute.`,
      )
    case null:
      return words(
        'Disconnected',
        'quiet',
        `You disconnected from the server. ${goesOn} New people can’t find you until you connect again.`,
      )
  }
}

export function phaseFailure(phase: Extract<AppPhase, { name: 'failed' }>): {
  readonly title: string
  readonly text: string
} {
  switch (phase.because) {
    case 'insecureContext':
      return {
        title: 'This page needs a secure connection',
        text: `Browsers only allow encryption and storage on pages opened over https:// or on localhost. This one was opened as ${phase.detail}. Open it with https:// instead; whoever runs this server can turn it on.`,
      }
    case 'noWebRtc':
      return {
        title: 'This browser can’t connect to others',
        text: 'WebRTC is missing or switched off, perhaps by an extension or a privacy setting. Turn it on, or use a current Firefox, Chrome, Edge or Safari.',
      }
    case 'noStorage':
      return {
        title: 'This browser gives no storage',
        text: 'Ringdrop keeps its key and unfinished downloads in the browser. Private windows and strict settings can forbid that. Allow site data for this page, or use a normal window, then reload.',
      }
    case 'fault':
      return {
        title: 'Something broke inside Ringdrop',
        text: 'It stopped so that nothing gets damaged. Reload this tab: shares and verified data are kept. If it happens again, please report it with the details below.',
      }
  }
}

/** What a peer sends us and what it gets from us, without the jargon of chokes. */
export function peerWords(peer: PeerView): { readonly toUs: string; readonly fromUs: string } {
  return { toUs: toUs(peer), fromUs: fromUs(peer) }
}

function toUs(peer: PeerView): string {
  if (peer.trust === 'quarantined') return 'sent a bad block; no longer asked'
  if (!peer.amInterested) return peer.isSeed ? 'has everything' : 'has nothing new for you'
  if (peer.peerChoking) return 'you wait for a turn'
  return peer.trust === 'snubbed' ? 'too slow just now' : 'sends to you'
}

function fromUs(peer: PeerView): string {
  if (!peer.peerInterested) return 'asks nothing from you now'
  if (peer.amChoking) return 'waits for a turn'
  return peer.isOptimistic ? 'gets a trial turn' : 'gets from you'
}
