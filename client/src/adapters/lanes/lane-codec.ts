import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import { ByteReader, ByteWriter } from '@ringdrop/shared/wire/bytes-io.ts'
import { fail, ok, type Result } from '@ringdrop/shared/wire/result.ts'
import { inspectSdp } from '@ringdrop/shared/wire/sdp.ts'

/**
 * Messages about the lanes of one link, on a channel of the link itself. The maker of a lane numbers it, offers it and sends
 * blocks over it; the other end takes it. Each end makes lanes of its own.
 */
export type LaneMessage =
  /** By the maker: a new lane, or another path for one that is there. */
  | { readonly type: 'offer'; readonly lane: number; readonly sdp: string }
  | { readonly type: 'answer'; readonly lane: number; readonly sdp: string }
  | {
      readonly type: 'candidate'
      readonly lane: number
      readonly from: 'maker' | 'taker'
      readonly candidate: string
    }
  /** By the taker: it does not want the lane, or has lost it. */
  | { readonly type: 'lost'; readonly lane: number }
  /** By the maker: nothing more comes over the lane; so many bytes of blocks were sent over it. */
  | { readonly type: 'end'; readonly lane: number; readonly bytes: number }
  /** By the taker: they are all here. */
  | { readonly type: 'ended'; readonly lane: number }

/** First on the channel, by both ends: its sender understands lanes. */
export const HELLO_BYTES = 1

const IDS = { offer: 1, answer: 2, ofMaker: 3, ofTaker: 4, lost: 5, end: 6, ended: 7 } as const
const HEAD_BYTES = 2
/** The longest that {@link inspectSdp}'s kin take, with its extensions. */
const CANDIDATE_BYTES = 768
const HIGH = 2 ** 32

export function encodeLane(message: LaneMessage): Bytes {
  const { type } = message
  const id = type === 'candidate' ? (message.from === 'maker' ? IDS.ofMaker : IDS.ofTaker) : IDS[type]
  const writer = new ByteWriter().uint8(id).uint8(message.lane)
  if (type === 'offer' || type === 'answer') writer.text(message.sdp)
  else if (type === 'candidate') writer.text(message.candidate)
  else if (type === 'end') writer.uint32(Math.floor(message.bytes / HIGH)).uint32(message.bytes % HIGH)
  return writer.finish()
}

/** Descriptions are checked by the same list as those of links; a candidate is checked by whoever uses it. */
export function decodeLane(bytes: Bytes): Result<LaneMessage, 'tooBig' | 'badMessage' | 'badDescription'> {
  if (bytes.length > LIMITS.sdpBytes + HEAD_BYTES) return fail('tooBig')
  const reader = new ByteReader(bytes)
  const id = reader.uint8()
  const lane = reader.uint8()
  const message = readFields(id, lane, reader)
  if (message === null || !reader.isDone) return fail('badMessage')
  if (message.type !== 'offer' && message.type !== 'answer') return ok(message)
  const facts = inspectSdp(message.sdp)
  return facts.ok && facts.value.circuit === null ? ok(message) : fail('badDescription')
}

function readFields(id: number, lane: number, reader: ByteReader): LaneMessage | null {
  switch (id) {
    case IDS.offer:
      return { type: 'offer', lane, sdp: reader.restText() }
    case IDS.answer:
      return { type: 'answer', lane, sdp: reader.restText() }
    case IDS.ofMaker:
    case IDS.ofTaker: {
      if (reader.remaining > CANDIDATE_BYTES) return null
      const from = id === IDS.ofMaker ? 'maker' : 'taker'
      return { type: 'candidate', lane, from, candidate: reader.restText() }
    }
    case IDS.lost:
      return { type: 'lost', lane }
    case IDS.end: {
      const bytes = reader.uint32() * HIGH + reader.uint32()
      return Number.isSafeInteger(bytes) ? { type: 'end', lane, bytes } : null
    }
    case IDS.ended:
      return { type: 'ended', lane }
    default:
      return null
  }
}
