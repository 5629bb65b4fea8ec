import { assertNever, type Core } from '../../kernel/core.ts'
import { Deadlines } from '../../kernel/deadlines.ts'
import type { InfoHash, PeerId } from '../../kernel/ids.ts'
import type { Rng } from '../../kernel/rng.ts'
import type {
  AnnounceEvent,
  AnnounceRequest,
  AnnounceResponse,
  Refusal,
  ServerRole,
} from '../../wire/signaling.ts'
import {
  isMistaken,
  numWant,
  othersOf,
  withStarted,
  type AnnouncedShare,
  type TrackerState,
} from './announced-share.ts'
import { ANNOUNCER } from './constants.ts'

/** What became of an announce. `noAnswer`: no acknowledgement came in the host's time limit, or the socket closed. */
export type AnnounceOutcome = AnnounceResponse | Refusal | { readonly ok: false; readonly code: 'noAnswer' }

export type AnnouncerInput =
  | { readonly type: 'serverUp'; readonly roles: readonly ServerRole[] }
  | { readonly type: 'serverDown' }
  /** `left` in bytes; any positive number while the size is unknown. Added again: only the figures change. */
  | {
      readonly type: 'shareAdded'
      readonly infoHash: InfoHash
      readonly left: number
      readonly wantsPeers: boolean
    }
  | { readonly type: 'shareRemoved'; readonly infoHash: InfoHash }
  /**
   * `progress`: cheap and frequent; totals in bytes. Only that `left` comes to 0 or leaves it, or that peers are wanted
   * again, makes a message. `completed`: a download ended, which the tracker counts if it is of everything.
   */
  | {
      readonly type: 'progress' | 'completed'
      readonly infoHash: InfoHash
      readonly left: number
      readonly uploaded: number
      readonly downloaded: number
      readonly wantsPeers: boolean
    }
  | { readonly type: 'needPeers'; readonly infoHash: InfoHash }
  /** Follows every `announce` effect, in order. */
  | { readonly type: 'announceResult'; readonly infoHash: InfoHash; readonly response: AnnounceOutcome }
  | { readonly type: 'wake' }

type Progress = Extract<AnnouncerInput, { readonly uploaded: number }>

export type AnnouncerEffect =
  | { readonly type: 'announce'; readonly request: AnnounceRequest }
  | { readonly type: 'peersFound'; readonly infoHash: InfoHash; readonly peers: readonly PeerId[] }
  /** By the tracker's count, without ourselves as it counts us. */
  | {
      readonly type: 'swarmStatus'
      readonly infoHash: InfoHash
      readonly seeders: number
      readonly leechers: number
      readonly seedSeenAgoMs: number | null
    }
  /** Only when it changes. */
  | { readonly type: 'trackerState'; readonly infoHash: InfoHash; readonly state: TrackerState }

/** Keeps the tracker told about our shares, and asks it for peers. */
export class Announcer implements Core<AnnouncerInput, AnnouncerEffect> {
  readonly #shares = new Map<InfoHash, AnnouncedShare>()
  readonly #deadlines = new Deadlines<InfoHash>()
  readonly #rng: Rng
  #tracker: 'up' | 'down' = 'down'
  #effects: AnnouncerEffect[] = []

  constructor(rng: Rng) {
    this.#rng = rng
  }

  handle(input: AnnouncerInput, now: number): AnnouncerEffect[] {
    this.#effects = []
    this.#dispatch(input, now)
    return this.#effects
  }

  wakeAt(): number {
    return this.#deadlines.earliest()
  }

  #dispatch(input: AnnouncerInput, now: number): void {
    switch (input.type) {
      case 'serverUp':
        return input.roles.includes('tracker') ? this.#trackerUp(now) : this.#trackerDown()
      case 'serverDown':
        return this.#trackerDown()
      case 'shareAdded':
        return this.#shareAdded(input, now)
      case 'shareRemoved':
        return this.#shareRemoved(input.infoHash, now)
      case 'progress':
      case 'completed':
        return this.#progress(input, now)
      case 'needPeers':
        return this.#needPeers(input.infoHash, now)
      case 'announceResult':
        return this.#result(input.infoHash, input.response, now)
      case 'wake':
        return this.#wake(now)
      default:
        return assertNever(input)
    }
  }

  #trackerUp(now: number): void {
    this.#tracker = 'up'
    for (const share of this.#shares.values()) share.owes = withStarted(share.owes)
    for (const share of this.#shares.values()) this.#start(share, this.#shares.size, now)
  }

  #trackerDown(): void {
    this.#tracker = 'down'
    for (const share of this.#shares.values()) this.#turnOff(share)
  }

  #turnOff(share: AnnouncedShare): void {
    share.phase = { name: 'off' }
    this.#deadlines.clear(share.infoHash)
    this.#show(share, 'off')
  }

  #shareAdded(input: Extract<AnnouncerInput, { type: 'shareAdded' }>, now: number): void {
    const { infoHash, left, wantsPeers } = input
    const known = this.#shares.get(infoHash)
    if (known !== undefined) return this.#change(known, left, wantsPeers, now)
    const share: AnnouncedShare = {
      infoHash,
      left,
      toldLeft: left,
      uploaded: 0,
      downloaded: 0,
      wantsPeers,
      phase: { name: 'off' },
      shown: 'off',
      owes: ['started'],
      failures: 0,
      lastSentAt: -Infinity,
    }
    this.#shares.set(infoHash, share)
    if (this.#tracker === 'down') return
    let starting = 0
    for (const other of this.#shares.values()) if (other.owes[0] === 'started') starting++
    this.#start(share, starting, now)
  }

  /** First announce on this connection: at once, or at a random moment when many shares start together. */
  #start(share: AnnouncedShare, starting: number, now: number): void {
    share.failures = 0
    this.#show(share, 'waiting')
    if (starting <= ANNOUNCER.spreadAbove) return this.#announce(share, now)
    const window = Math.max(ANNOUNCER.spreadMs, starting * ANNOUNCER.spreadPerShareMs)
    this.#schedule(share, now + this.#rng.float() * window)
  }

  #shareRemoved(infoHash: InfoHash, now: number): void {
    const share = this.#shares.get(infoHash)
    if (share === undefined) return
    if (share.lastSentAt !== -Infinity && share.phase.name !== 'off') this.#send(share, 'stopped', now)
    this.#deadlines.clear(infoHash)
    this.#shares.delete(infoHash)
  }

  #progress(input: Progress, now: number): void {
    const share = this.#shares.get(input.infoHash)
    if (share === undefined) return
    share.uploaded = input.uploaded
    share.downloaded = input.downloaded
    if (input.type === 'completed' && input.left === 0 && !share.owes.includes('completed'))
      share.owes = [...share.owes, 'completed']
    this.#change(share, input.left, input.wantsPeers, now)
  }

  #change(share: AnnouncedShare, left: number, wantsPeers: boolean, now: number): void {
    const [before, hadEnough] = [share.left, numWant(share) === 0]
    share.left = left
    share.wantsPeers = wantsPeers
    if (left > 0) share.owes = share.owes.filter((event) => event !== 'completed')
    if (left === 0 && before > 0) this.#announceSoon(share, now, 0)
    else if (isMistaken(share) || (hadEnough && numWant(share) > 0)) this.#announceSoon(share, now)
  }

  #needPeers(infoHash: InfoHash, now: number): void {
    const share = this.#shares.get(infoHash)
    if (share !== undefined && numWant(share) > 0) this.#announceSoon(share, now)
  }

  /** At once, or as soon as the last announce is so long ago. The first one has its place among those of other shares. */
  #announceSoon(share: AnnouncedShare, now: number, gapMs: number = ANNOUNCER.minGapMs): void {
    if (share.phase.name !== 'scheduled' || share.owes[0] === 'started') return
    const soonest = Math.max(now, share.lastSentAt + gapMs)
    if (soonest <= now) this.#announce(share, now)
    else this.#schedule(share, Math.min(soonest, this.#deadlines.get(share.infoHash) ?? Infinity))
  }

  #result(infoHash: InfoHash, response: AnnounceOutcome, now: number): void {
    const share = this.#shares.get(infoHash)
    if (share === undefined || share.phase.name === 'off') return
    if (response.ok) return this.#answered(share, response, now)
    if (share.phase.name !== 'asking') return
    if (response.code === 'roleOff') return this.#turnOff(share)
    const ceiling = Math.min(ANNOUNCER.retryCapMs, ANNOUNCER.retryBaseMs * 2 ** share.failures)
    share.failures++
    this.#show(share, 'failed')
    this.#schedule(share, now + this.#rng.float() * ceiling)
    share.phase = { name: 'retrying' }
  }

  /** A late answer to an announce that was given up still brings its peers, but changes no schedule. */
  #answered(share: AnnouncedShare, response: AnnounceResponse, now: number): void {
    const { infoHash } = share
    const { peers, seedSeenAgoMs, intervalMs } = response
    this.#effects.push({ type: 'swarmStatus', infoHash, ...othersOf(share, response), seedSeenAgoMs })
    if (peers.length > 0) this.#effects.push({ type: 'peersFound', infoHash, peers })
    if (share.phase.name !== 'asking') return
    this.#show(share, 'ok')
    share.failures = 0
    if (share.owes[0] === share.phase.event) share.owes = share.owes.slice(1)
    if (share.owes.length > 0) return this.#announce(share, now)
    const pause = Math.min(ANNOUNCER.maxIntervalMs, Math.max(ANNOUNCER.minGapMs, intervalMs))
    this.#schedule(share, now + pause)
    if (isMistaken(share)) this.#announceSoon(share, now)
  }

  #wake(now: number): void {
    for (const infoHash of this.#deadlines.due(now)) {
      const share = this.#shares.get(infoHash)
      if (share !== undefined) this.#announce(share, now)
    }
  }

  #schedule(share: AnnouncedShare, at: number): void {
    share.phase = { name: 'scheduled' }
    this.#deadlines.set(share.infoHash, at)
  }

  #announce(share: AnnouncedShare, now: number): void {
    const event = share.owes[0] ?? 'update'
    share.phase = { name: 'asking', event }
    this.#deadlines.clear(share.infoHash)
    this.#send(share, event, now)
  }

  #send(share: AnnouncedShare, event: AnnounceEvent, now: number): void {
    share.lastSentAt = now
    share.toldLeft = share.left
    const { infoHash, left, uploaded, downloaded } = share
    const wanted = event === 'stopped' ? 0 : numWant(share)
    this.#effects.push({
      type: 'announce',
      request: { infoHash, event, left, uploaded, downloaded, numWant: wanted },
    })
  }

  #show(share: AnnouncedShare, state: TrackerState): void {
    if (share.shown === state) return
    share.shown = state
    this.#effects.push({ type: 'trackerState', infoHash: share.infoHash, state })
  }
}
