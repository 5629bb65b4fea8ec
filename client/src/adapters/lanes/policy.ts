import { FAR_ROUND_TRIP_MS } from './late-lanes.ts'

/** When a link gets more connections, and how many. Times in milliseconds. */
export interface LanePolicy {
  /** Links with a shorter one have no lanes. */
  readonly roundTripMs: number
  /** For so long frames have found others waiting before them: neither disk, nor rate, nor the other end is the limit. */
  readonly pressedMs: number
  /** A shorter time in which none waited does not end that: slow start comes in bursts. */
  readonly pauseMs: number
  readonly perLink: number
  /** Made and taken ones of all links together: a browser constructs no more than 500 connections that it has not collected. */
  readonly perTab: number
  /** Without any block for so long they are closed. */
  readonly idleMs: number
  /** One that is not open by then is given up. */
  readonly openMs: number
  /** No other is tried after that for so long. */
  readonly againMs: number
}

/** All our choice; three more than the link's own by measurement (docs/adr/0037). */
export const LANE_POLICY: LanePolicy = {
  roundTripMs: FAR_ROUND_TRIP_MS,
  pressedMs: 250,
  pauseMs: 500,
  perLink: 3,
  perTab: 12,
  idleMs: 30_000,
  openMs: 10_000,
  againMs: 60_000,
}
