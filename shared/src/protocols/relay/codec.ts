import * as binary from '../../wire/binary.ts'
import { PART_BYTES } from './constants.ts'
import type { RelayMessage } from './messages.ts'

const circuit = binary.guid

/** Wire format; the numbers are ours. */
export const relayFormat: binary.Format<RelayMessage> = binary.messages<RelayMessage>({
  open: [0x01, { circuit, to: binary.peerId }],
  opened: [0x02, { circuit }],
  refused: [0x03, { circuit, reason: binary.oneOf(['unwilling', 'busy', 'unreachable']) }],
  incoming: [0x04, { circuit, from: binary.peerId }],
  data: [0x10, { circuit, isLast: binary.flag, bytes: binary.bytes(PART_BYTES) }],
  credit: [0x11, { circuit, bytes: binary.uint32 }],
  close: [0x12, { circuit }],
})
