import { LIMITS } from '../../kernel/limits.ts'
import {
  PIPELINE_ANSWERS,
  PIPELINE_MAX,
  PIPELINE_MAX_SECONDS,
  PIPELINE_MIN,
  PIPELINE_SECONDS,
  SNUB_MS,
} from './constants.ts'
import type { PeerLink } from './peer-link.ts'

/** How many requests to keep outstanding with a peer: what it delivers in a while; one when it is snubbed. */
export function pipelineOf(link: PeerLink, now: number): number {
  if (link.trust === 'snubbed') return 1
  const answers = (PIPELINE_ANSWERS * link.answerMs) / 1000
  const seconds = Math.max(PIPELINE_SECONDS, Math.min(PIPELINE_MAX_SECONDS, answers))
  const blocks = Math.ceil((link.downSpeed.rate(now) * seconds) / LIMITS.blockBytes)
  return Math.max(PIPELINE_MIN, Math.min(PIPELINE_MAX, blocks))
}

/** When a peer that still owes us blocks has been silent for too long. */
export function snubAt(link: PeerLink): number {
  for (const request of link.outstanding.values()) {
    if (request.state === 'asked') return Math.max(request.askedAt, link.lastBlockAt) + SNUB_MS
  }
  return Infinity
}
