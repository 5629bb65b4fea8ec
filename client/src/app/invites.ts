import type { ManualRefusal } from '@ringdrop/shared/protocols/introduction/effects.ts'
import type { SignalEnvelope } from '@ringdrop/shared/wire/envelope.ts'
import type { SessionId } from '@ringdrop/shared/kernel/ids.ts'
import type { NodeRuntime } from './node-runtime.ts'
import { inviteText, readInviteText } from './invite-text.ts'

/** The browser gathers its addresses within a few seconds, or has none to give. */
const WAIT_MS = 15_000

export type InviteFailure = ManualRefusal | 'notAnInvite' | 'timeout'
/** An invite as a link, and its negotiation as `NodeSnapshot.invites` names it. */
export interface MadeInvite {
  readonly sid: SessionId
  readonly text: string
}
/** `reply`: what must be carried back; `null` when the text was a reply and the link is being made. */
export interface TakenInvite {
  readonly sid: SessionId
  readonly reply: string | null
}
type Outcome = { readonly envelope: SignalEnvelope } | { readonly failure: InviteFailure }

/** Turns what the node says about invites into answers to commands: one at a time. */
export class Invites {
  #waiting: ((outcome: Outcome) => void) | null = null

  constructor(readonly runtime: NodeRuntime) {}

  /** An invite as a link, to be carried to another browser. */
  async make(): Promise<MadeInvite | { readonly failure: InviteFailure }> {
    const outcome = await this.#ask(() => this.runtime.feed({ type: 'invite' }))
    if ('failure' in outcome) return outcome
    const { envelope } = outcome
    return { sid: envelope.sid, text: await inviteText(envelope, location.origin) }
  }

  /**
   * Takes a pasted invite, whose reply then has to be carried back, or a pasted reply, with which the link is on
   * its way.
   */
  async paste(text: string): Promise<TakenInvite | { readonly failure: InviteFailure }> {
    const envelope = await readInviteText(text)
    if (envelope === null) return { failure: 'notAnInvite' }
    const { sid } = envelope
    const feed = () => this.runtime.feed({ type: 'pasted', envelope })
    if (envelope.kind !== 'invite') {
      const refusal = await this.#refusalOf(feed)
      return refusal === null ? { sid, reply: null } : { failure: refusal }
    }
    const outcome = await this.#ask(feed)
    if ('failure' in outcome) return outcome
    return { sid, reply: await inviteText(outcome.envelope, location.origin) }
  }

  onEnvelope(envelope: SignalEnvelope): void {
    this.#settle({ envelope })
  }

  onRefused(failure: ManualRefusal): void {
    this.#settle({ failure })
  }

  #settle(outcome: Outcome): void {
    this.#waiting?.(outcome)
    this.#waiting = null
  }

  #ask(begin: () => void, waitMs = WAIT_MS): Promise<Outcome> {
    this.#settle({ failure: 'timeout' })
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle({ failure: 'timeout' }), waitMs)
      this.#waiting = (outcome) => {
        clearTimeout(timer)
        resolve(outcome)
      }
      begin()
    })
  }

  /** A reply is answered only when it is refused, as soon as its signature has been checked. */
  async #refusalOf(begin: () => void): Promise<InviteFailure | null> {
    const outcome = await this.#ask(begin, 500)
    return 'failure' in outcome && outcome.failure !== 'timeout' ? outcome.failure : null
  }
}
