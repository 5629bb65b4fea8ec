import type { Bytes } from '../kernel/bytes.ts'
import type { FileRoot, InfoHash, PeerId, SessionId } from '../kernel/ids.ts'
import type { HashTree } from '../content/merkle.ts'
import type { ShareInfo } from '../content/metainfo.ts'
import type { ExchangeEffect, ExchangeInput } from '../protocols/bittorrent/effects.ts'
import type { IntroductionEffect, IntroductionInput } from '../protocols/introduction/effects.ts'
import type { AnnounceOutcome } from '../protocols/tracker/announcer.ts'
import type { SignalEnvelope } from '../wire/envelope.ts'
import type { AnnounceRequest, ServerRole } from '../wire/signaling.ts'

/** What a person can ask of one share. */
export type ShareCommand = Extract<ExchangeInput, { type: 'download' | 'select' | 'pause' | 'resume' }>
/** What the block store answers. */
export type StoreResult = Extract<
  ExchangeInput,
  {
    type:
      | 'blockStored'
      | 'blockCorrupt'
      | 'storeFailed'
      | 'blockRead'
      | 'readFailed'
      | 'checked'
      | 'checkProgress'
      | 'checkFailed'
  }
>
/** What the exchange asks of the block store. */
export type StoreRequest = Extract<ExchangeEffect, { type: 'store' | 'read' | 'check' }>

export interface NewShare {
  readonly info: ShareInfo
  readonly trees: ReadonlyMap<FileRoot, HashTree>
  /** As in `ExchangeOptions.start`. */
  readonly start: 'offer' | 'source' | 'check'
  readonly isSource: boolean
  readonly selection: readonly number[] | null
}

/** Things that happened to a node. */
export type NodeInput =
  | { readonly type: 'addShare'; readonly share: NewShare }
  | { readonly type: 'openLink'; readonly infoHash: InfoHash }
  | { readonly type: 'removeShare'; readonly infoHash: InfoHash }
  | { readonly type: 'command'; readonly infoHash: InfoHash; readonly command: ShareCommand }
  /** What became of requests to the store; results of one moment come together. */
  | { readonly type: 'storeResults'; readonly infoHash: InfoHash; readonly results: readonly StoreResult[] }
  /** Bytes per second; `Infinity` for none. */
  | { readonly type: 'limits'; readonly uploadRate: number; readonly downloadRate: number }
  | { readonly type: 'serverUp'; readonly roles: readonly ServerRole[] }
  | { readonly type: 'serverDown' }
  | { readonly type: 'serverEnvelope'; readonly envelope: SignalEnvelope }
  | { readonly type: 'announceResult'; readonly infoHash: InfoHash; readonly response: AnnounceOutcome }
  /** A frame of a link, raw. */
  | {
      readonly type: 'frame'
      readonly sid: SessionId
      readonly channel: 'control' | 'bulk'
      readonly bytes: Bytes
    }
  | { readonly type: 'congested' | 'writable'; readonly sid: SessionId }
  /** Make a link with this peer although no share asks for it. */
  | { readonly type: 'link'; readonly peer: PeerId }
  | Extract<
      IntroductionInput,
      { type: 'signed' | 'verified' | 'localSignal' | 'channelOpen' | 'channelClosed' }
    >
  | { readonly type: 'wake' }

/** Things that a node asks of its host. */
export type NodeEffect =
  | Extract<
      IntroductionEffect,
      { type: 'sign' | 'verify' | 'openConnection' | 'applySignal' | 'closeConnection' }
    >
  | {
      readonly type: 'sendFrame'
      readonly sid: SessionId
      readonly channel: 'control' | 'bulk'
      readonly bytes: Bytes
    }
  | { readonly type: 'serverSignal'; readonly envelope: SignalEnvelope }
  /** Answer: `announceResult`. */
  | { readonly type: 'serverAnnounce'; readonly request: AnnounceRequest }
  /** Answer: `storeResults`. */
  | { readonly type: 'storeRequest'; readonly infoHash: InfoHash; readonly request: StoreRequest }
  | { readonly type: 'metadataKnown'; readonly info: ShareInfo }
  | {
      readonly type: 'hashesKnown'
      readonly infoHash: InfoHash
      readonly root: FileRoot
      readonly span: number
      readonly hashes: Bytes
      readonly proof: Bytes
    }
  | { readonly type: 'shareCompleted'; readonly infoHash: InfoHash }
  /** A peer broke the rules and was dropped; for diagnostics. */
  | { readonly type: 'violation'; readonly peer: PeerId; readonly code: string }
