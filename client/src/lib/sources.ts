import type { ShareView } from '@ringdrop/shared/node/snapshot.ts'
import type { ServerView } from '../app/api.ts'
import { count, formatAgo } from './format.ts'
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

const GOES_ON = 'This page goes on by itself as soon as someone comes.'
const ASK = `Ask the sender to open their Ringdrop tab. ${GOES_ON}`

/**
 * @param share `null` before the node knows of it.
 * @param waitedMs how long the person has been looking at it.
 */
export function sourcesWords(share: ShareView | null, server: ServerView, waitedMs: number): SourcesWords {
  const peers = share?.peers ?? []
  if (peers.length > 0) return connectedWords(share, peers.length, peers.filter((peer) => peer.isSeed).length)
  const isLate = waitedMs >= PATIENCE_MS
  if (server.state === 'connecting') {
    return busy(
      'Connecting to the server…',
      isLate ? 'It takes unusually long. Check your internet connection.' : null,
    )
  }
  if (server.state === 'down') return serverDown(server)
  return withTracker(share, isLate)
}

function connectedWords(share: ShareView | null, peers: number, seeds: number): SourcesWords {
  if (share?.state.name === 'metadata') {
    return busy(
      `Fetching the list of files from ${count(peers, 'peer')}…`,
      'It is checked against the link before it is shown.',
    )
  }
  const partial = peers - seeds
  const parts = [
    seeds > 0 ? `${count(seeds, 'source')} with everything` : null,
    partial > 0 ? `${count(partial, 'peer')} with parts` : null,
  ]
  const headline = `Connected to ${parts.filter((part) => part !== null).join(' and ')}`
  return { tone: 'good', headline, detail: null, isWaiting: false }
}

function serverDown(server: ServerView): SourcesWords {
  const need = 'The server is needed to find the first peer.'
  switch (server.because) {
    case null:
      return warn('You are disconnected from the server.', `${need} Turn it on again in the settings.`)
    case 'unreachable':
      return warn(
        'The server can’t be reached.',
        `${need} It is tried again by itself; check your internet connection.`,
      )
    case 'refused':
      return warn('The server refused this browser.', `${need} It is tried again in half a minute.`)
    case 'replaced':
      return warn(
        'The same identity is connected from somewhere else.',
        `${need} Close the other one, or wait half a minute.`,
      )
  }
}

function withTracker(share: ShareView | null, isLate: boolean): SourcesWords {
  const tracker = share?.tracker
  switch (tracker?.state) {
    case undefined:
    case 'waiting':
      return busy(
        'Asking the server who has this…',
        isLate ? 'The answer takes unusually long. It is asked again by itself.' : null,
      )
    case 'off':
      return warn(
        'This server does not keep track of who has what.',
        `Only peers that you are already connected to can be asked. ${GOES_ON}`,
      )
    case 'failed':
      return warn('The server did not say who has this.', 'It is asked again by itself in a moment.')
    case 'ok':
      break
  }
  const seeders = tracker?.seeders ?? 0
  const others = tracker?.leechers ?? 0
  if (seeders > 0 || others > 0) {
    const who = seeders > 0 ? count(seeders, 'source') : count(others, 'peer')
    const why = `No connection came about so far. A firewall or a strict network can be in the way on either side. It is tried again by itself; another network often helps.`
    return isLate ? warn(`${who} known, but not reached yet.`, why) : busy(`Connecting to ${who}…`, null)
  }
  const seen = tracker?.seedSeenAgoMs ?? null
  const last = seen === null ? '' : ` Last seen ${formatAgo(seen)}.`
  return warn(`Nobody who has this is online.${last}`, ASK)
}

function busy(headline: string, detail: string | null): SourcesWords {
  return { tone: 'busy', headline, detail, isWaiting: true }
}

function warn(headline: string, detail: string): SourcesWords {
  return { tone: 'warn', headline, detail, isWaiting: false }
}
