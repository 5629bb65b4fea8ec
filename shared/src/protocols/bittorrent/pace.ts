import { LIMITS } from '../../kernel/limits.ts'
import { PIPELINE_MAX, PIPELINE_MIN, PIPELINE_SECONDS, SNUB_MS } from './constants.ts'
import type { PeerLink } from './peer-link.ts'

/** How many requests to keep outstanding with a peer: what it delivers in a while; one when it is snubbed. */
export function pipelineOf(link: PeerLink, now: number): number {
  if (link.trust === 'snubbed') return 1
  const blocks = Math.ceil((link.downSpeed.rate(now) * PIPELINE_SECONDS) / LIMITS.blockBytes)
  return Math.max(PIPELINE_MIN, Math.min(PIPELINE_MAX, blocks))
}

/** When a peer that still owes us blocks has been silent for too long. */
export function snubAt(link: PeerLink): number {
  for (const request of link.outstanding.values()) {
    if (request.state === 'asked') return Math.max(request.askedAt, link.lastBlockAt) + SNUB_MS
  }
  return Infinity
}
