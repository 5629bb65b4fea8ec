import type { PeerId, SessionId } from '../../kernel/ids.ts'
import type { CircuitRef } from '../../wire/circuit-description.ts'
import type { SignalEnvelope } from '../../wire/envelope.ts'

/** A way for envelopes: the server's socket, a person who copies text, or a peer that we have a link with. */
export type Carrier = 'server' | 'manual' | PeerId

/** Why a pasted invite or reply is of no use. */
export type ManualRefusal =
  | 'ownInvite'
  | 'notForUs'
  | 'expired'
  | 'badKey'
  | 'badPayload'
  | 'badSignature'
  | 'busy'
  | 'alreadyLinked'
  | 'unknownInvite'

/** Signals between us and our WebRTC stack; the shapes are simple-peer's. */
export type LocalSignal =
  | { readonly type: 'offer' | 'answer'; readonly sdp: string }
  | {
      readonly type: 'candidate'
      readonly candidate: string
      readonly sdpMid: string | null
      readonly sdpMLineIndex: number | null
    }

/** Why no link came about. */
export type LinkFailure = 'noAnswer' | 'busy' | 'refused' | 'iceFailed' | 'badProof' | 'timeout' | 'noWay'

export type IntroductionInput =
  /** Make a link, trying the ways in order; over a circuit if there is one, else by a connection of its own. */
  | {
      readonly type: 'connect'
      readonly peer: PeerId
      readonly carriers: readonly Carrier[]
      readonly circuit?: CircuitRef
      /** Discovery systems that want the link; left out: it is for a share, or for a person. */
      readonly systems?: readonly string[]
      /** A direct path in place of the circuit that the link goes over; the link stays until there is one. */
      readonly isBeside?: boolean
    }
  /** Make an invite that a person carries to another browser. Answer: a `route` effect with the carrier `manual`. */
  | { readonly type: 'invite' }
  /** An envelope for us, shape already checked. A pasted invite or reply comes with the carrier `manual`. */
  | { readonly type: 'envelope'; readonly envelope: SignalEnvelope; readonly carrier: Carrier }
  | { readonly type: 'signed'; readonly ticket: number; readonly signature: string }
  | { readonly type: 'verified'; readonly ticket: number; readonly isValid: boolean }
  /** From the WebRTC stack. */
  | { readonly type: 'localSignal'; readonly sid: SessionId; readonly signal: LocalSignal }
  | { readonly type: 'channelOpen'; readonly sid: SessionId }
  | { readonly type: 'channelClosed'; readonly sid: SessionId }
  /** The first frame that came over the new channel: the other end's signature over the transcript. */
  | { readonly type: 'proof'; readonly sid: SessionId; readonly signature: string }
  /** Refuse this peer's probes from now on. */
  | { readonly type: 'ban'; readonly peer: PeerId }
  /** A way is gone: negotiations that use it take the next one, or end soon. */
  | { readonly type: 'carrierLost'; readonly carrier: Carrier }
  /** Whether new links may come in. */
  | { readonly type: 'capacity'; readonly isOpen: boolean }
  /** The path of a link has become doubtful: find another one, telling the peer over these ways at once. */
  | { readonly type: 'restart'; readonly sid: SessionId; readonly carriers: readonly Carrier[] }
  | { readonly type: 'wake' }

export type IntroductionEffect =
  /** ECDSA over the text with our key. Answer: `signed`. */
  | { readonly type: 'sign'; readonly ticket: number; readonly text: string }
  /** Answer: `verified`. Key and signature in hex. */
  | {
      readonly type: 'verify'
      readonly ticket: number
      readonly key: string
      readonly text: string
      readonly signature: string
    }
  | { readonly type: 'route'; readonly envelope: SignalEnvelope; readonly carrier: Carrier }
  | {
      readonly type: 'openConnection'
      readonly sid: SessionId
      readonly peer: PeerId
      readonly isInitiator: boolean
      /** False: the description must hold all candidates, since nothing can follow it. */
      readonly isTrickling: boolean
      /** No connection: its frames are sealed and go over this circuit. */
      readonly circuit: CircuitRef | null
    }
  | { readonly type: 'applySignal'; readonly sid: SessionId; readonly signal: LocalSignal }
  | { readonly type: 'closeConnection'; readonly sid: SessionId }
  /** Gather candidates anew and describe them in an offer. Answer: `localSignal`. */
  | { readonly type: 'restartIce'; readonly sid: SessionId }
  | { readonly type: 'sendProof'; readonly sid: SessionId; readonly signature: string }
  | { readonly type: 'linkUp'; readonly sid: SessionId; readonly peer: PeerId }
  | { readonly type: 'linkDown'; readonly sid: SessionId; readonly peer: PeerId }
  | { readonly type: 'manualRefused'; readonly code: ManualRefusal }
  | {
      readonly type: 'linkFailed'
      readonly peer: PeerId
      readonly code: LinkFailure
      /** We called, for a connection of its own: if the peer is there, a circuit may lead to it. */
      readonly isDirectCall: boolean
    }
