import { isOneOf } from '../kernel/one-of.ts'
import type { Bytes } from '../kernel/bytes.ts'
import type { FileRoot, InfoHash, Nonce, PeerId, SessionId } from '../kernel/ids.ts'
import type { HashTree } from '../content/merkle.ts'
import type { ShareInfo } from '../content/metainfo.ts'
import type { ExchangeEffect, ExchangeInput } from '../protocols/bittorrent/effects.ts'
import type {
  IntroductionEffect,
  IntroductionInput,
  ManualRefusal,
} from '../protocols/introduction/effects.ts'
import type { RingRecord } from '../protocols/chord/record.ts'
import type { SearchOutcome, UpdateOutcome } from '../protocols/directory/client.ts'
import type { AnnounceOutcome } from '../protocols/tracker/announcer.ts'
import type { NearbyOutcome } from '../protocols/nearby/client.ts'
import type { SignalEnvelope } from '../wire/envelope.ts'
import type { NearbyCard, NearbyChange, NearbyRequest } from '../wire/nearby.ts'
import type {
  AnnounceRequest,
  DirectorySearchRequest,
  DirectoryUpdateRequest,
  ServerRole,
} from '../wire/signaling.ts'
import type { SystemName } from './systems.ts'

/** What a person can ask of one share. */
export type ShareCommand = Extract<
  ExchangeInput,
  { type: 'download' | 'select' | 'prioritize' | 'play' | 'pause' | 'resume' }
>
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
  /** Found by its link alone: never in a keyword index. */
  readonly isUnlisted: boolean
}

/** What people and the host ask of the discovery systems, and what the server answers for them. */
export type DiscoveryInput =
  /** `id` is made by whoever asks, fresh each time. */
  | {
      readonly type: 'search'
      readonly id: Nonce
      readonly text: string
      readonly systems: readonly SystemName[]
    }
  | { readonly type: 'cancelSearch'; readonly id: Nonce }
  | { readonly type: 'switchSystem'; readonly name: SystemName; readonly isOn: boolean }
  | { readonly type: 'ringRouting'; readonly routing: 'circle' | 'fingers' | 'full' }
  | { readonly type: 'gnutellaMode'; readonly mode: 'classic' | 'pruned' }
  /** What makes a good super node, as the host measures it. */
  | {
      readonly type: 'conditions'
      readonly isVisible: boolean
      readonly uploadBytesPerSecond: number
      readonly isWilling: boolean
    }
  | { readonly type: 'directoryUpdated'; readonly response: UpdateOutcome }
  | { readonly type: 'directoryAnswered'; readonly id: Nonce; readonly response: SearchOutcome }
  /** Peers that may be online: the server's sample. */
  | { readonly type: 'candidates'; readonly peers: readonly PeerId[] }
  /** What was kept of an earlier life; records are verified again. */
  | {
      readonly type: 'restored'
      readonly records: readonly RingRecord[]
      readonly peers: readonly PeerId[]
      readonly hostCache: readonly PeerId[]
    }
  /** The tab is about to go: neighbours are told. */
  | { readonly type: 'leaving' }

/** Peers of the same network, and offers to and from them. */
export type NearbyInput =
  /** How to be seen by others of the network; `null` for not at all. */
  | { readonly type: 'nearbyCard'; readonly card: NearbyCard | null }
  | { readonly type: 'nearbyAnswered'; readonly response: NearbyOutcome }
  | { readonly type: 'nearbyChanged'; readonly change: NearbyChange }
  /** Offers one of our shares to a peer nearby. `id` is made by whoever asks, fresh each time. */
  | { readonly type: 'sendOffer'; readonly id: Nonce; readonly peer: PeerId; readonly infoHash: InfoHash }
  | { readonly type: 'withdrawOffer'; readonly id: Nonce }
  | { readonly type: 'answerOffer'; readonly id: Nonce; readonly isAccepted: boolean }

/** Inputs after which a share may be offered in another way than before. */
export const CHANGES_OFFERS: ReadonlySet<NodeInput['type']> = new Set<NodeInput['type']>([
  'addShare',
  'removeShare',
  'command',
  'setUnlisted',
  'wake',
])

/** Inputs for what is shown and offered nearby. */
export const isNearbyInput = isOneOf<NodeInput, NearbyInput['type']>([
  'nearbyCard',
  'nearbyAnswered',
  'nearbyChanged',
  'sendOffer',
  'withdrawOffer',
  'answerOffer',
])

/** Things that happened to a node. */
export type NodeInput =
  | DiscoveryInput
  | NearbyInput
  | { readonly type: 'setUnlisted'; readonly infoHash: InfoHash; readonly isUnlisted: boolean }
  /** Make an invite for another browser, without any server. Answer: `manualEnvelope`. */
  | { readonly type: 'invite' }
  /** An invite or a reply that a person pasted. Answer: `manualEnvelope`, a link, or `manualRefused`. */
  | { readonly type: 'pasted'; readonly envelope: SignalEnvelope }
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
  /** A frame of a circuit has its seal; in the order in which they were asked for. */
  | { readonly type: 'sealed'; readonly sid: SessionId; readonly bytes: Bytes }
  /** The path of this connection no longer answers, or the network has changed under it. */
  | { readonly type: 'faltering'; readonly sid: SessionId }
  /** The page or the machine did not run for a while: links are asked at once whether they still live. */
  | { readonly type: 'woke' }
  /** The network is another one than before, or is back. */
  | { readonly type: 'networkChanged' }
  /** How far the clock on the wall is ahead of the node's, when that has changed; zero at the start. */
  | { readonly type: 'wallClock'; readonly aheadMs: number }
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
      { type: 'sign' | 'verify' | 'openConnection' | 'applySignal' | 'closeConnection' | 'restartIce' }
    >
  | {
      readonly type: 'sendFrame'
      readonly sid: SessionId
      readonly channel: 'control' | 'bulk'
      readonly bytes: Bytes
    }
  /** A frame for the far end of a circuit. Answer: `sealed`. */
  | {
      readonly type: 'seal'
      readonly sid: SessionId
      readonly channel: 'control' | 'bulk'
      readonly bytes: Bytes
    }
  /** A sealed frame that came over a circuit. Answer: `frame`, or `channelClosed` if it is not whole. */
  | { readonly type: 'unseal'; readonly sid: SessionId; readonly bytes: Bytes }
  | { readonly type: 'serverSignal'; readonly envelope: SignalEnvelope }
  /** To be shown as text or code, for a person to carry. */
  | { readonly type: 'manualEnvelope'; readonly envelope: SignalEnvelope }
  | { readonly type: 'manualRefused'; readonly code: ManualRefusal }
  /** Answer: `candidates`. */
  | { readonly type: 'serverSample'; readonly numWant: number }
  /** Answer: `directoryUpdated`. */
  | { readonly type: 'directoryUpdate'; readonly request: DirectoryUpdateRequest }
  /** Answer: `directoryAnswered`. */
  | { readonly type: 'directorySearch'; readonly id: Nonce; readonly request: DirectorySearchRequest }
  /** Answer: `nearbyAnswered`. */
  | { readonly type: 'serverNearby'; readonly request: NearbyRequest }
  /** The download of an accepted offer has begun. */
  | { readonly type: 'offerStarted'; readonly infoHash: InfoHash }
  /** Something worth keeping has changed: the ring's records and peers, or Gnutella's host cache. */
  | { readonly type: 'persist'; readonly what: 'ring' | 'hostCache' }
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
