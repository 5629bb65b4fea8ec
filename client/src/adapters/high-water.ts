/**
 * A bulk channel counts as congested above its high-water mark and takes more below half of it. The mark is a
 * quarter of a second of what the link carries, so that a slow uplink queues little and a fast one never idles.
 */
const HIGH_WATER_SECONDS = 0.25
export const HIGH_WATER_MIN_BYTES = 64 * 1024
export const HIGH_WATER_START_BYTES = 512 * 1024
const HIGH_WATER_MAX_BYTES = 1024 * 1024
/** The link's rate is taken over at least so long a time of congestion. */
const RATE_WINDOW_MS = 250

/** A bulk channel and what is known of the rate at which it drains. */
export interface BulkFlow {
  readonly bulk: Pick<RTCDataChannel, 'bufferedAmount' | 'bufferedAmountLowThreshold'>
  highWaterBytes: number
  /** Bytes handed to the bulk channel so far. */
  sentBytes: number
  /** Where the measurement of the rate began: a moment at which the channel was congested. */
  mark: { readonly at: number; readonly drainedBytes: number } | null
}

/** Called whenever the channel fills up: between two such moments the link was the limit, so its rate shows. */
export function adaptHighWater(flow: BulkFlow, now: number): void {
  const drainedBytes = flow.sentBytes - flow.bulk.bufferedAmount
  const { mark } = flow
  if (mark === null) flow.mark = { at: now, drainedBytes }
  if (mark === null || now - mark.at < RATE_WINDOW_MS) return
  const bytesPerSecond = ((drainedBytes - mark.drainedBytes) * 1000) / (now - mark.at)
  const wanted = bytesPerSecond * HIGH_WATER_SECONDS
  flow.highWaterBytes = Math.max(HIGH_WATER_MIN_BYTES, Math.min(HIGH_WATER_MAX_BYTES, wanted))
  flow.bulk.bufferedAmountLowThreshold = flow.highWaterBytes / 2
  flow.mark = { at: now, drainedBytes }
}
