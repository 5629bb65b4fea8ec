import { concatBytes, type Bytes } from '../kernel/bytes.ts'
import { invariant } from '../kernel/invariant.ts'
import { LIMITS } from '../kernel/limits.ts'
import { ByteReader, ByteWriter } from './bytes-io.ts'
import { fail, ok, type Result } from './result.ts'

/** A message inside a control frame is preceded by its length: 16 bit, big-endian. */
const LENGTH_BYTES = 2

/**
 * Packs encoded messages into as few control frames as possible, in order. Packets are what a data channel
 * costs (docs/performance.md), so messages that leave together travel together.
 */
export function packFrames(messages: readonly Bytes[]): Bytes[] {
  const frames: Bytes[] = []
  let parts: Uint8Array[] = []
  let size = 0
  for (const message of messages) {
    invariant(message.length < LIMITS.controlFrameBytes - LENGTH_BYTES, 'control message fits a frame')
    if (size + LENGTH_BYTES + message.length > LIMITS.controlFrameBytes) {
      frames.push(concatBytes(parts))
      parts = []
      size = 0
    }
    parts.push(new ByteWriter().uint16(message.length).finish(), message)
    size += LENGTH_BYTES + message.length
  }
  if (parts.length > 0) frames.push(concatBytes(parts))
  return frames
}

/** Splits a control frame into messages (views into the frame). An empty frame or message is refused. */
export function unpackFrame(frame: Bytes): Result<Bytes[], 'frameTooBig' | 'badFrame'> {
  if (frame.length > LIMITS.controlFrameBytes) return fail('frameTooBig')
  const reader = new ByteReader(frame)
  const messages: Bytes[] = []
  do {
    const message = reader.take(reader.uint16())
    if (reader.hasFailed || message.length === 0) return fail('badFrame')
    messages.push(message)
  } while (reader.remaining > 0)
  return ok(messages)
}
