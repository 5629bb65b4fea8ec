import type { PeerId, SessionId } from '../../kernel/ids.ts'
import { CARRIER_LOST_MS } from './constants.ts'
import type { Carrier } from './effects.ts'
import type { Session, SessionStage } from './session.ts'

/**
 * What became of an invite, ours or one that we accepted. `waiting`: for somebody to carry the next word; `connecting`: our
 * invite was taken, and the link is being made.
 */
export interface InviteView {
  readonly sid: SessionId
  readonly state: 'waiting' | 'connecting' | 'linked'
}

/** All negotiations of a node, and which of them counts for each peer. */
export class Sessions {
  readonly #bySid = new Map<SessionId, Session>()
  /** A peer's link while there is one, else its negotiation. */
  readonly #byPeer = new Map<PeerId, Session>()

  /** @param self our own id: the peer of invites that nobody took yet. */
  constructor(readonly self: PeerId) {}

  get(sid: SessionId): Session | undefined {
    return this.#bySid.get(sid)
  }

  /** What counts for the peer. */
  of(peer: PeerId): Session | undefined {
    return this.#byPeer.get(peer)
  }

  stageOf(peer: PeerId): SessionStage | null {
    return this.#byPeer.get(peer)?.stage ?? null
  }

  /** The negotiation that would take the place of the peer's link. */
  besideLink(peer: PeerId): Session | undefined {
    const link = this.#byPeer.get(peer)
    return link && this.all().find((other) => other.peer === peer && other !== link)
  }

  /** What a call of the peer would take the place of: a link stays until more is known. */
  rivalOf(peer: PeerId): Session | undefined {
    const existing = this.#byPeer.get(peer)
    return existing?.stage === 'up' ? this.besideLink(peer) : existing
  }

  /** A connection of its own links us with the peer. */
  hasPath(peer: PeerId): boolean {
    const link = this.#byPeer.get(peer)
    return link?.stage === 'up' && link.circuit === null
  }

  /** Whether we may call: whom nothing connects us with or, beside a link, whom nothing but a circuit does. */
  mayCall(peer: PeerId, isBeside: boolean): boolean {
    const existing = this.#byPeer.get(peer)
    if (!isBeside) return existing === undefined
    const isByCircuit = existing?.stage === 'up' && existing.circuit !== null
    return isByCircuit && this.besideLink(peer) === undefined
  }

  /** Invites without a reply, oldest first. */
  invites(): Session[] {
    return this.all().filter(({ peer }) => peer === this.self)
  }

  /** Those that people carry, for as long as they are open or links. */
  get inviteViews(): InviteView[] {
    return this.all().flatMap(({ sid, peer, role, stage, isManual }): InviteView[] => {
      if (!isManual) return []
      if (stage === 'up') return [{ sid, state: 'linked' }]
      return [{ sid, state: role === 'initiator' && peer !== this.self ? 'connecting' : 'waiting' }]
    })
  }

  all(): Session[] {
    return [...this.#bySid.values()]
  }

  /** Negotiations under way; links, and invites that wait for people, excluded. */
  get pendingCount(): number {
    return this.#count(() => true)
  }

  #count(isMeant: (session: Session) => boolean): number {
    let count = 0
    for (const session of this.#bySid.values())
      if (session.stage !== 'up' && !session.isManual && isMeant(session)) count++
    return count
  }

  /** Calls of others under way that came over one way. */
  calledOver(carrier: Carrier): number {
    return this.#count((session) => session.role === 'responder' && session.carrier === carrier)
  }

  /** Calls of our own under way. */
  get callCount(): number {
    return this.#count(({ role }) => role === 'initiator')
  }

  /** When the first negotiation is to be given up, or goes another way. */
  wakeAt(): number {
    let at = Infinity
    for (const { stage, deadline } of this.#bySid.values()) if (stage !== 'up') at = Math.min(at, deadline)
    return at
  }

  /** Negotiations that use the way take the next one, or end soon. */
  onCarrierLost(carrier: Carrier, now: number): void {
    for (const session of this.#bySid.values()) {
      if (session.stage === 'up' || session.carrier !== carrier) continue
      // Nothing was agreed on a probe yet: it goes out anew over the next way at once.
      const graceMs = session.stage === 'probing' ? 0 : CARRIER_LOST_MS
      session.deadline = Math.min(session.deadline, now + graceMs)
    }
  }

  /** A new one counts for its peer at once, but beside a link. */
  add(session: Session): void {
    this.#bySid.set(session.sid, session)
    if (session.peer !== this.self && this.stageOf(session.peer) !== 'up') this.counts(session)
  }

  /** It is the one that counts for its peer from now on. */
  counts(session: Session): void {
    this.#byPeer.set(session.peer, session)
  }

  /** What was beside a link takes its place. */
  remove(session: Session): void {
    const heir = this.besideLink(session.peer)
    this.#bySid.delete(session.sid)
    if (this.#byPeer.get(session.peer) !== session) return
    if (heir === undefined) this.#byPeer.delete(session.peer)
    else this.counts(heir)
  }
}
