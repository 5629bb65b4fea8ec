import type { InfoHash, Nonce, PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { NearbyView } from '@ringdrop/shared/node/nearby-view.ts'
import type { FileView, NodeSnapshot } from '@ringdrop/shared/node/snapshot.ts'
import type { SystemName } from '@ringdrop/shared/node/systems.ts'
import type { ConnectionPath } from '../adapters/connection-path.ts'
import type { InviteFailure, MadeInvite, TakenInvite } from './invites.ts'
import type { SleepView } from './wakefulness.ts'

/**
 * What views see and say. The tab that owns the node answers itself; other tabs of the same profile pass
 * commands to it and get its snapshots, so a view can't tell the difference. Everything here can be cloned.
 */
export interface AppSnapshot {
  readonly phase: AppPhase
  /** `null` until the node runs. */
  readonly node: NodeSnapshot | null
  /** Names the node as long as one tab runs it: another tab that takes over has another. `null` until it runs. */
  readonly session: string | null
  /** Shares whose files are being hashed, and those whose hashing failed. */
  readonly hashing: readonly HashingView[]
  /** Shares of the person's own files that need the files again after a reload. */
  readonly missingSources: readonly MissingSource[]
  readonly server: ServerView
  readonly storage: StorageView
  readonly limits: LimitsView
  readonly settings: SettingsView
  readonly nearby: AppNearbyView
  /** When the browser last let the page stand still, and for how long; `null` for never. */
  readonly sleep: SleepView | null
  /** `awaited`: a part of the app could not be fetched so far; it is tried again by itself. */
  readonly code: 'here' | 'awaited'
  /** Whether the server has named a relay (TURN) in this visit. */
  readonly hasRelay: boolean
  /** Connections constructed in the life of the tab that runs the node; browsers refuse more than some hundreds. */
  readonly constructedConnections: number
}

/** `name`: how others see this device, or would see it; there is one even while `isOn` is false. */
export type AppNearbyView = NearbyView

/** Choices about the discovery systems, remembered over reloads. */
export interface SettingsView {
  /** Which systems run here. */
  readonly systems: Readonly<Record<SystemName, boolean>>
  /** Whose answer a search shows. */
  readonly answeredBy: SystemName | 'all'
  /** Whether this peer may become a super node. */
  readonly isWilling: boolean
  /** Whether connections go over a relay server alone, so that peers do not learn each other's addresses. */
  readonly isRelayOnly: boolean
  readonly ringRouting: 'circle' | 'fingers' | 'full'
  readonly gnutellaMode: 'classic' | 'pruned'
}

export type AppPhase =
  | { readonly name: 'starting' }
  /** This tab runs the node. */
  | { readonly name: 'owner' }
  /** Another tab of this browser profile runs it. */
  | { readonly name: 'follower' }
  | {
      readonly name: 'failed'
      readonly because: 'insecureContext' | 'noWebRtc' | 'noStorage' | 'fault'
      readonly detail: string
    }

export interface ServerView {
  readonly state: 'connecting' | 'up' | 'down'
  /** Why it is down, in a closed set: shown in words by the view. */
  readonly because: 'unreachable' | 'refused' | 'replaced' | null
}

export interface StorageView {
  /** Where blocks are kept. */
  readonly kind: 'opfs' | 'indexedDb'
  readonly usedBytes: number | null
  readonly quotaBytes: number | null
  /** Shares that could not be written down so far, whole or in part: a reload would lose that. */
  readonly unwritten: number
  /** Downloads of which something was stored and is gone again, and not fetched anew yet. */
  readonly lost: readonly InfoHash[]
}

/** Bytes per second; `null` for no limit. */
export interface LimitsView {
  readonly uploadRate: number | null
  readonly downloadRate: number | null
}

export interface HashingView {
  readonly id: string
  readonly name: string
  readonly fileCount: number
  readonly totalBytes: number
  readonly hashedBytes: number
  /** Why there is no share of it; or, where there is one, what is not in it. */
  readonly error: NotShared | LeftOut | null
}

export type NotShared = 'unreadable' | 'tooManyFiles' | 'empty' | 'tooBig'

/** The first of the files that could not be read, and how many others there are. */
export interface LeftOut {
  readonly leftOut: string
  readonly others: number
}

export interface MissingSource {
  readonly infoHash: InfoHash
  readonly name: string
  readonly fileCount: number
  readonly totalBytes: number
  /** `permission`: the browser kept a handle and needs a click; `files`: they must be chosen again. */
  readonly needs: 'permission' | 'files'
}

/** A file the person picked, with its place in a dropped folder (folder names first, file name last). */
export interface PickedFile {
  readonly file: File
  readonly path: readonly string[]
  /** Its own, or that of the dropped folder it lies in, where the browser gives one: the share can come back after a reload. */
  readonly handle?: FileSystemHandle
}

/** A peer nearby, with the name it was seen by: another tab may run the node before it is seen again. */
export interface Addressee {
  readonly peer: PeerId
  readonly name: string
}

export type AppCommand =
  /** `isUnlisted`: found by its link alone, never by a search. */
  | {
      readonly type: 'share'
      readonly files: readonly PickedFile[]
      readonly isUnlisted: boolean
      /** Offered to this peer nearby as soon as it is hashed. */
      readonly sendTo: Addressee | null
    }
  | { readonly type: 'unlisted'; readonly infoHash: InfoHash; readonly isUnlisted: boolean }
  /** Asks these systems; answers come in the snapshot, under the id. */
  | { readonly type: 'search'; readonly text: string; readonly systems: readonly SystemName[] }
  | { readonly type: 'cancelSearch'; readonly id: Nonce }
  /** Changes only what is named. */
  | { readonly type: 'settings'; readonly settings: Partial<SettingsView> }
  /** Makes a link that brings another browser in without any server. */
  | { readonly type: 'invite' }
  /** Takes an invite, or the reply to ours, as pasted. */
  | { readonly type: 'pasteInvite'; readonly text: string }
  | { readonly type: 'dismissHashing'; readonly id: string }
  /** A link, magnet or infohash, as pasted. Shows what it is; moves no byte of a file. */
  | { readonly type: 'open'; readonly text: string }
  /** `files`: indices into the share's file list; `null` for all. */
  | { readonly type: 'download'; readonly infoHash: InfoHash; readonly files: readonly number[] | null }
  | { readonly type: 'select'; readonly infoHash: InfoHash; readonly files: readonly number[] }
  | {
      readonly type: 'prioritize'
      readonly infoHash: InfoHash
      readonly files: readonly number[]
      readonly priority: FileView['priority']
    }
  /** Somebody watches a file from this byte on; `null`: nobody does any more. */
  | {
      readonly type: 'play'
      readonly infoHash: InfoHash
      readonly at: { readonly file: number; readonly offset: number } | null
    }
  /** Gives an own share another name, and with it another link; the old one ends. */
  | { readonly type: 'rename'; readonly infoHash: InfoHash; readonly name: string }
  | { readonly type: 'pause' | 'resume'; readonly infoHash: InfoHash }
  /** Forgets the share and deletes what was downloaded of it. The person's own files are not touched. */
  | { readonly type: 'remove'; readonly infoHash: InfoHash }
  | { readonly type: 'files'; readonly infoHash: InfoHash }
  /** Finished files, backed by storage and not by memory. `files` null: all that are wanted and whole. */
  | { readonly type: 'blobs'; readonly infoHash: InfoHash; readonly files: readonly number[] | null }
  | { readonly type: 'torrentFile'; readonly infoHash: InfoHash }
  /** Adds the share that a `.torrent` file describes, like an opened link. */
  | { readonly type: 'importTorrent'; readonly file: File }
  /** Gives a share its own files back after a reload; they are checked before anything is served. */
  | { readonly type: 'reselect'; readonly infoHash: InfoHash; readonly files: readonly PickedFile[] }
  | { readonly type: 'limits'; readonly limits: LimitsView }
  /** Be seen by others of this network under this name, and take their offers; or no longer. Remembered. */
  | { readonly type: 'nearby'; readonly isOn: boolean; readonly name: string }
  /** Offers a share to a peer nearby; what becomes of it shows in `nearby.outgoing`. */
  | { readonly type: 'sendTo'; readonly peerId: PeerId; readonly infoHash: InfoHash }
  | { readonly type: 'withdrawOffer'; readonly id: Nonce }
  /** Accepting opens the share from its sender and downloads it, if it is what was offered. */
  | { readonly type: 'answerOffer'; readonly id: Nonce; readonly accept: boolean }
  /** Pulls the plug: leaves the server (or comes back). */
  | { readonly type: 'server'; readonly connect: boolean }
  /** How the linked peers are connected at this moment; asked again and again while somebody looks. */
  | { readonly type: 'connections' }
  | { readonly type: 'diagnostics' }

/** The path to a linked peer. */
export interface ConnectionView extends ConnectionPath {
  readonly peer: PeerId
}

export interface SavedFile {
  /** Sanitised, folder names first; safe to use as file names. */
  readonly path: readonly string[]
  readonly file: Blob
}

export type AppErrorCode =
  | 'empty'
  | 'notALink'
  | 'badInfohash'
  | 'v1Only'
  | 'tooLong'
  | 'unknownShare'
  | 'notFinished'
  | 'noMetadata'
  | 'badTorrent'
  | 'badName'
  | 'notTheSameFiles'
  | 'ownerGone'
  | `invite:${InviteFailure}`
  | 'io'

/** Why a command about peers nearby came to nothing. */
export type NearbyRefusal =
  /** Nothing that can be shown is left of the name. */
  | 'badName'
  /** Not on the list, offered already, or too many offers at a time. */
  | 'notNearby'
  /** Not ours, or its files are not known yet. */
  | 'unknownShare'
  /** No longer open. */
  | 'unknownOffer'
export interface NearbyResult {
  /** `null`: done. */
  readonly refused: NearbyRefusal | null
}

/** Answer to a command, by its type. */
export interface AppResults {
  share: { readonly id: string }
  unlisted: null
  search: { readonly id: Nonce }
  cancelSearch: null
  settings: null
  invite: MadeInvite
  pasteInvite: TakenInvite
  dismissHashing: null
  open: { readonly infoHash: InfoHash }
  download: null
  select: null
  prioritize: null
  play: null
  rename: { readonly infoHash: InfoHash }
  pause: null
  resume: null
  remove: null
  files: { readonly files: readonly FileView[] }
  blobs: { readonly files: readonly SavedFile[] }
  torrentFile: { readonly name: string; readonly file: Blob }
  importTorrent: { readonly infoHash: InfoHash }
  reselect: null
  limits: null
  server: null
  nearby: NearbyResult
  /** `id`: of the offer in `nearby.outgoing`; `null` when there is none. */
  sendTo: NearbyResult & { readonly id: Nonce | null }
  withdrawOffer: NearbyResult
  answerOffer: NearbyResult
  connections: { readonly connections: readonly ConnectionView[] }
  diagnostics: { readonly text: string }
}

export type AppResult<Type extends AppCommand['type']> =
  | { readonly ok: true; readonly value: AppResults[Type] }
  | { readonly ok: false; readonly code: AppErrorCode }

/** The one object that views talk to. */
export interface NodeClient {
  snapshot(): AppSnapshot
  /** Called at most ten times a second when something changed. @returns a function that ends it. */
  onChange(listener: () => void): () => void
  /** Whatever goes wrong is an answer: it never rejects. */
  run<Type extends AppCommand['type']>(command: Extract<AppCommand, { type: Type }>): Promise<AppResult<Type>>
}
