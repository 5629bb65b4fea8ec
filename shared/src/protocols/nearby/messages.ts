import type { InfoHash, Nonce } from '../../kernel/ids.ts'

/** Why an offer comes to nothing: a person said no, or the device takes none now. */
export type Verdict = 'accepted' | 'declined' | 'unavailable'

/** What an offer says; claims of the sender until the metadata has been verified. */
export interface OfferedShare {
  readonly infoHash: InfoHash
  /** As the sharer wrote it. */
  readonly shareName: string
  readonly fileCount: number
  readonly totalBytes: number
}

/** Messages of two linked peers about a share that one of them wants the other to have. */
export type NearbyMessage =
  /** `id` is fresh for each offer; said again after a lost link. */
  | ({ readonly type: 'offer'; readonly id: Nonce; readonly senderName: string } & OfferedShare)
  | { readonly type: 'verdict'; readonly id: Nonce; readonly verdict: Verdict }
  /** The sender has thought better of it. */
  | { readonly type: 'withdraw'; readonly id: Nonce }
