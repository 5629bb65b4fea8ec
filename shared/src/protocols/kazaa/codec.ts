import { hitFormat, listingFormat } from '../../discovery/listing.ts'
import { criteriaFormat, workReportFields } from '../../discovery/search-format.ts'
import { LIMITS } from '../../kernel/limits.ts'
import * as binary from '../../wire/binary.ts'
import {
  FILTER_BYTES,
  HITS_PER_MESSAGE,
  LEADERS_NAMED,
  LISTINGS_PER_MESSAGE,
  RECEIPTS_PER_MESSAGE,
  SHARES_PER_MESSAGE,
} from './constants.ts'
import type { KazaaMessage, Receipt, SharePart, Standing } from './messages.ts'

const leaders = binary.list(binary.peerId, LEADERS_NAMED)
const joinAs = binary.oneOf(['child', 'standbyChild', 'leader'])
const standing = binary.struct<Standing>({
  uptimeSeconds: binary.uint32,
  uploadBytesPerSecond: binary.uint32,
  freeLinks: binary.uint8,
  isVisible: binary.flag,
  isWilling: binary.flag,
})
const sharePart = binary.struct<SharePart>({
  infoHash: binary.infoHash,
  listings: binary.list(listingFormat, LISTINGS_PER_MESSAGE),
})
const shareParts = binary.list(sharePart, SHARES_PER_MESSAGE)
const receipt = binary.struct<Receipt>({
  uploader: binary.peerId,
  downloader: binary.peerId,
  bytes: binary.uint48,
  signedAt: binary.uint48,
  nonce: binary.guid,
  key: binary.hex(65),
  signature: binary.hex(64),
})

/** Wire format. The numbers are ours: FastTrack's were never published. */
export const kazaaFormat: binary.Format<KazaaMessage> = binary.messages<KazaaMessage>({
  nodeInfo: [
    0x01,
    {
      role: binary.oneOf(['orphan', 'child', 'superNode']),
      children: binary.uint8,
      neighbours: binary.uint8,
      standing,
      leaders,
    },
  ],
  join: [0x02, { as: joinAs, standing }],
  welcome: [0x03, { as: joinAs, epoch: binary.uint32, leaders }],
  refuse: [0x04, { as: joinAs, leaders }],
  leave: [0x05, { leaders }],
  shareDiff: [
    0x10,
    {
      epoch: binary.uint32,
      reset: binary.flag,
      remove: binary.list(binary.infoHash, SHARES_PER_MESSAGE),
      add: shareParts,
    },
  ],
  digest: [0x11, { epoch: binary.uint32, digest: binary.hex(8), standing }],
  resend: [0x12, { epoch: binary.uint32 }],
  query: [
    0x20,
    {
      guid: binary.guid,
      ttl: binary.uint8,
      hops: binary.uint8,
      limit: binary.uint16,
      wantsCost: binary.flag,
      criteria: criteriaFormat,
    },
  ],
  hits: [
    0x21,
    {
      guid: binary.guid,
      hops: binary.uint8,
      hits: binary.list(hitFormat, HITS_PER_MESSAGE),
      providers: binary.list(binary.peerId, LIMITS.hitsPerNode),
    },
  ],
  cost: [0x22, workReportFields],
  filter: [0x23, { bits: binary.bytes(FILTER_BYTES) }],
  confirm: [0x24, { infoHash: binary.infoHash, root: binary.fileRoot }],
  confirmed: [0x25, { infoHash: binary.infoHash, root: binary.fileRoot, isShared: binary.flag }],
  promote: [0x30, {}],
  decline: [0x31, {}],
  handover: [0x32, { child: binary.peerId, isLast: binary.flag, shares: shareParts }],
  enqueue: [0x40, { infoHash: binary.infoHash, ticket: binary.uint32 }],
  queued: [
    0x41,
    { infoHash: binary.infoHash, ticket: binary.uint32, position: binary.uint16, etaMs: binary.uint32 },
  ],
  grant: [0x42, { infoHash: binary.infoHash }],
  dequeue: [0x44, { infoHash: binary.infoHash }],
  receipt: [0x50, { receipt }],
  present: [0x51, { receipts: binary.list(receipt, RECEIPTS_PER_MESSAGE) }],
})
