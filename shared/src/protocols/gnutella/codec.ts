import { listingFormat } from '../../discovery/listing.ts'
import { criteriaFormat, workReportFields } from '../../discovery/search-format.ts'
import { LIMITS } from '../../kernel/limits.ts'
import * as binary from '../../wire/binary.ts'
import { GUIDS_PER_DIGEST, PONGS_PER_PING } from './constants.ts'
import type { GnutellaMessage, PongEntry } from './messages.ts'

const peers = binary.list(binary.peerId, PONGS_PER_PING)
const pong = binary.struct<PongEntry>({
  peer: binary.peerId,
  hops: binary.uint8,
  degree: binary.uint8,
  shares: binary.uint32,
})

/** Wire format. Numbers of ping, pong, bye, query and hit are Gnutella's; the others are ours. */
export const gnutellaFormat: binary.Format<GnutellaMessage> = binary.messages<GnutellaMessage>({
  ping: [0x00, { guid: binary.guid, ttl: binary.uint8 }],
  pong: [0x01, { guid: binary.guid, pongs: binary.list(pong, PONGS_PER_PING) }],
  bye: [0x02, { reason: binary.oneOf(['leaving', 'trimmed']), peers }],
  connect: [0x10, { degree: binary.uint8 }],
  ok: [0x11, { degree: binary.uint8, peers }],
  refused: [0x12, { peers }],
  prune: [0x20, {}],
  graft: [0x21, { guid: binary.nullable(binary.guid) }],
  ihave: [0x22, { guids: binary.list(binary.guid, GUIDS_PER_DIGEST) }],
  tally: [0x23, workReportFields],
  query: [
    0x80,
    {
      guid: binary.guid,
      ttl: binary.uint8,
      hops: binary.uint8,
      mode: binary.oneOf(['classic', 'pruned']),
      wantsTally: binary.flag,
      criteria: criteriaFormat,
    },
  ],
  queryHit: [
    0x81,
    {
      guid: binary.guid,
      hops: binary.uint8,
      responder: binary.peerId,
      listings: binary.list(listingFormat, LIMITS.hitsPerNode),
    },
  ],
})
