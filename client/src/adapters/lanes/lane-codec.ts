import { utf8Decode, utf8Encode, type Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
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

const IDS = { offer: 1, answer: 2, ofMaker: 3, ofTaker: 4, lost: 5, end: 6, ended: 7 } as const
const HEAD_BYTES = 2
/** In characters: longer than any that the list of allowed ones takes. */
const CANDIDATE_LENGTH = 768
const COUNT = /^(0|[1-9]\d{0,15})$/

/** A byte for the type, one for the lane, and text: not by `bytes-io.ts`, which would then be a script of its own. */
export function encodeLane(message: LaneMessage): Bytes {
  const { type } = message
  const id = type === 'candidate' ? (message.from === 'maker' ? IDS.ofMaker : IDS.ofTaker) : IDS[type]
  const text = utf8Encode(textOf(message))
  const bytes = new Uint8Array(HEAD_BYTES + text.length)
  bytes.set([id, message.lane])
  bytes.set(text, HEAD_BYTES)
  return bytes
}

function textOf(message: LaneMessage): string {
  if (message.type === 'offer' || message.type === 'answer') return message.sdp
  if (message.type === 'candidate') return message.candidate
  return message.type === 'end' ? String(message.bytes) : ''
}

/** Descriptions are checked by the same list as those of links; a candidate is checked by whoever uses it. */
export function decodeLane(bytes: Bytes): Result<LaneMessage, 'tooBig' | 'badMessage' | 'badDescription'> {
  if (bytes.length > LIMITS.sdpBytes + HEAD_BYTES) return fail('tooBig')
  const [id, lane] = bytes
  const text = utf8Decode(bytes.subarray(HEAD_BYTES))
  if (id === undefined || lane === undefined || text === null) return fail('badMessage')
  const message = readFields(id, lane, text)
  if (message === null) return fail('badMessage')
  if (message.type !== 'offer' && message.type !== 'answer') return ok(message)
  const facts = inspectSdp(message.sdp)
  return facts.ok && facts.value.circuit === null ? ok(message) : fail('badDescription')
}

function readFields(id: number, lane: number, text: string): LaneMessage | null {
  switch (id) {
    case IDS.offer:
      return { type: 'offer', lane, sdp: text }
    case IDS.answer:
      return { type: 'answer', lane, sdp: text }
    case IDS.ofMaker:
    case IDS.ofTaker: {
      const from = id === IDS.ofMaker ? 'maker' : 'taker'
      return text.length > CANDIDATE_LENGTH ? null : { type: 'candidate', lane, from, candidate: text }
    }
    case IDS.end: {
      const bytes = COUNT.test(text) ? Number(text) : NaN
      return Number.isSafeInteger(bytes) ? { type: 'end', lane, bytes } : null
    }
    case IDS.lost:
      return text === '' ? { type: 'lost', lane } : null
    case IDS.ended:
      return text === '' ? { type: 'ended', lane } : null
    default:
      return null
  }
}
