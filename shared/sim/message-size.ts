import { assertNever } from '../src/kernel/core.ts'
import type { ExchangeMessage } from '../src/protocols/bittorrent/messages.ts'

/**
 * What a control message costs on top: its length (`wire/frames.ts`, 2 bytes), then the link's message id and
 * the number of the share (`node/link-codec.ts`, 3 bytes).
 */
export const CONTROL_PREFIX_BYTES = 5

/** Bytes of an encoded message, computed without encoding it; a `piece` with the header of its bulk frame. */
export function sizeOf(message: ExchangeMessage): number {
  switch (message.type) {
    case 'choke':
    case 'unchoke':
    case 'interested':
    case 'notInterested':
    case 'haveAll':
    case 'haveNone':
    case 'metadataReady':
    case 'haveAllHashes':
    case 'uploadOnly':
    case 'wantsMore':
      return 1
    case 'have':
      return 1 + 8
    case 'bitfield':
      return 1 + message.bits.length
    case 'request':
    case 'cancel':
    case 'reject':
      return 1 + 12
    case 'piece':
      return 10 + message.bytes.length
    case 'metadataRequest':
    case 'metadataReject':
      return 1 + 2
    case 'metadata':
      return 1 + 6 + message.bytes.length
    case 'hashRequest':
    case 'hashReject':
    case 'haveHashes':
      return 1 + 36
    case 'hashes':
      return 1 + 38 + message.proof.length + message.hashes.length
    case 'peers':
      return 1 + 32 * message.peers.length
    default:
      return assertNever(message)
  }
}
