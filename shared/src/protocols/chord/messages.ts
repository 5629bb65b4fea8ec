import type { InfoHash, Nonce, PeerId } from '../../kernel/ids.ts'
import type { Position } from './position.ts'
import type { RingRecord } from './record.ts'

/** Peers that a question may name as to be avoided: as many as hold copies besides the last one. */
export const MAX_AVOIDED = 4

/** Which links a lookup may use. `circle`: the successor only; `fingers`: clockwise; `full`: both ways, looking two links ahead. */
export type Routing = 'circle' | 'fingers' | 'full'

/**
 * Where a question may go. `free`: to either side of its key. `fromAfter`: somebody right before the key saw that
 * nobody stands between, so the owner is sought from its other side. `closer`: only where the key is nearer, for
 * a node that would answer but for missing predecessors. `sighted`: on to where somebody nearer to the key was seen, for a node
 * that would answer but lists that one, and can't reach it.
 */
export type Course = 'free' | 'fromAfter' | 'closer' | 'sighted'

/** Where a node stands: on its own, looking for its place, or part of a ring. */
export type Phase = 'alone' | 'joining' | 'member'

/** What is wanted of the owner of a key. */
export type Ask =
  /** Who it is; whoever wants to stand beside it links with it and is told its lists. */
  | { readonly type: 'locate' }
  | { readonly type: 'getProviders'; readonly infoHash: InfoHash; readonly limit: number }
  | { readonly type: 'getFiles'; readonly words: readonly string[]; readonly limit: number }
  | { readonly type: 'put'; readonly record: RingRecord }

export type PutOutcome = 'stored' | 'older' | 'bad' | 'full'

export type Answer =
  | { readonly type: 'located' }
  | { readonly type: 'records'; readonly records: readonly RingRecord[] }
  | { readonly type: 'put'; readonly outcome: PutOutcome }

/** Work of a lookup, gathered on its way for the one who asked. */
export interface Trace {
  /** Peers in the order in which they were reached, the asker first. */
  readonly path: readonly PeerId[]
  readonly messages: number
  readonly bytes: number
}

/**
 * A node's ring neighbours as a change of what it told this link before: links are reliable and ordered.
 * Of the peers named so far, the nearest `successorCount` clockwise are its successor list, and the nearest
 * `predecessorCount` counter-clockwise its predecessor list.
 */
export interface Report {
  readonly phase: Phase
  readonly successorCount: number
  readonly predecessorCount: number
  readonly added: readonly PeerId[]
  /** First 48 bits of peers that are no longer named. */
  readonly removed: readonly number[]
}

/** A question on its way to the owner of a key. */
export interface Find {
  readonly type: 'find'
  readonly lookup: Nonce
  readonly key: Position
  readonly origin: PeerId
  readonly ask: Ask
  readonly routing: Routing
  readonly ttl: number
  /** Links crossed from the asker to here, without dead ends. */
  readonly hops: number
  /** Peers to be treated as if they were not there. */
  readonly avoid: readonly PeerId[]
  /** First 48 bits of peers that have had the question. */
  readonly visited: readonly number[]
  /** First 48 bits of peers near the key that somebody on the way knows to be dead. */
  readonly dead: readonly number[]
  readonly course: Course
  readonly trace: Trace | null
}

/** The answer on its way back. */
export interface Found {
  readonly type: 'found'
  readonly lookup: Nonce
  readonly origin: PeerId
  readonly owner: PeerId
  readonly answer: Answer
  /** Links that the question crossed. */
  readonly hops: number
  readonly ttl: number
  readonly trace: Trace | null
}

export type ChordMessage =
  /** Tell me your neighbours; answered by `neighbours`. */
  | { readonly type: 'stabilize' }
  | ({ readonly type: 'neighbours' } & Report)
  /** I am here, with these neighbours: the receiver rectifies its lists. */
  | ({ readonly type: 'notify' } & Report)
  /** Changes of the sender's links, by the first 48 bits of the peers. */
  | { readonly type: 'links'; readonly added: readonly number[]; readonly removed: readonly number[] }
  /** Which peer of your links begins with these 48 bits? Answered by `contact`. */
  | { readonly type: 'whois'; readonly position: number }
  | { readonly type: 'contact'; readonly position: number; readonly peer: PeerId | null }
  /** Are you, your links or theirs linked with the peers that begin with these 48 bits? Answered by `sighted` for each, else not at all. */
  | { readonly type: 'seek'; readonly positions: readonly number[]; readonly ttl: number }
  /** `links`: from the sender to that peer. */
  | { readonly type: 'sighted'; readonly position: number; readonly links: number }
  | Find
  /** The question has arrived: its sender need not look for another way. */
  | { readonly type: 'hopAck'; readonly lookup: Nonce }
  /** No way on from here, or been here before: the sender of the question tries its next best. */
  | {
      readonly type: 'back'
      readonly lookup: Nonce
      readonly ttl: number
      readonly visited: readonly number[]
      readonly dead: readonly number[]
    }
  | Found
  | {
      readonly type: 'leave'
      readonly predecessors: readonly PeerId[]
      readonly successors: readonly PeerId[]
    }
  /** The link will be closed for want of use; the sender lives on. */
  | { readonly type: 'letGo' }
  /** Records that the sender holds and the receiver should, by tag; answered by `want` with those it lacks. */
  | { readonly type: 'offer'; readonly tags: readonly string[] }
  | { readonly type: 'want'; readonly tags: readonly string[] }
  | { readonly type: 'store'; readonly records: readonly RingRecord[] }
