/** What the Lab page is shown of a simulated network. Plain numbers: it crosses from a worker many times a second. */

export type LabSystemName = 'gnutella' | 'kazaa' | 'ring'
export type LabRole = 'peer' | 'superNode' | 'child' | 'orphan' | 'joining'

export interface LabNode {
  /** By order of arrival; never used again. */
  readonly id: number
  /** Place on the ring, 0 to 1. */
  readonly turn: number
  readonly role: LabRole
  /** Whether it has what was asked for last. */
  readonly hasTopic: boolean
}

export interface LabFlight {
  readonly from: number
  readonly to: number
  readonly kind: 'question' | 'answer'
  /** Virtual milliseconds. */
  readonly at: number
  readonly arrivesAt: number
}

export interface LabSearch {
  readonly searcher: number
  readonly topic: number
  readonly messages: number
  /** Living sources that were found, and all there are. */
  readonly found: number
  readonly sources: number
  readonly hops: number
  readonly firstHitMs: number | null
}

export interface LabFrame {
  /** Virtual milliseconds. */
  readonly now: number
  readonly nodes: readonly LabNode[]
  readonly links: readonly (readonly [number, number])[]
  /** Messages of searches that were sent since the last frame. */
  readonly flights: readonly LabFlight[]
  /** Other messages sent since the last frame. */
  readonly upkeep: number
  readonly search: LabSearch | null
}

export interface LabOptions {
  readonly system: LabSystemName
  readonly peers: number
  readonly seed: number
  readonly routing: 'circle' | 'fingers' | 'full'
  readonly mode: 'classic' | 'pruned'
  readonly ttl: number
}
