import { LIMITS } from '../../kernel/limits.ts'
import * as binary from '../../wire/binary.ts'
import { CHORD } from './constants.ts'
import {
  MAX_AVOIDED,
  type Answer,
  type Ask,
  type ChordMessage,
  type Course,
  type Phase,
  type Report,
  type Routing,
  type Trace,
} from './messages.ts'
import { POSITION_DIGITS } from './position.ts'
import { recordFormat, tagFormat } from './record.ts'

/** Bounds of counts; generous against the constants, so that nodes with other list lengths understand each other. */
const MAX = {
  list: 16,
  links: 128,
  path: 65,
  avoid: MAX_AVOIDED,
  visited: CHORD.visited,
  dead: CHORD.dead,
  wordBytes: 4 * LIMITS.wordLength,
} as const

const peers = (max: number) => binary.list(binary.peerId, max)
const position = binary.hex(POSITION_DIGITS / 2)
const phase: binary.Format<Phase> = binary.oneOf(['alone', 'joining', 'member'])
const routing: binary.Format<Routing> = binary.oneOf(['circle', 'fingers', 'full'])
const course: binary.Format<Course> = binary.oneOf(['free', 'fromAfter', 'closer', 'sighted'])

const report = {
  phase,
  successorCount: binary.uint8,
  predecessorCount: binary.uint8,
  added: peers(2 * MAX.list),
  removed: binary.list(binary.uint48, 2 * MAX.list),
} satisfies { readonly [Key in keyof Report]: binary.Format<Report[Key]> }

const ask: binary.Format<Ask> = binary.messages<Ask>({
  locate: [0, {}],
  getProviders: [1, { infoHash: binary.infoHash, limit: binary.uint8 }],
  getFiles: [2, { words: binary.list(binary.text(MAX.wordBytes), LIMITS.queryWords), limit: binary.uint8 }],
  put: [3, { record: recordFormat }],
})

const answer: binary.Format<Answer> = binary.messages<Answer>({
  located: [0, {}],
  records: [1, { records: binary.list(recordFormat, CHORD.recordsPerMessage) }],
  put: [2, { outcome: binary.oneOf(['stored', 'older', 'bad', 'full']) }],
})

const trace: binary.Format<Trace | null> = binary.nullable(
  binary.struct<Trace>({ path: peers(MAX.path), messages: binary.uint16, bytes: binary.uint32 }),
)

/** All messages of the ring, in binary. */
export const chordFormat: binary.Format<ChordMessage> = binary.messages<ChordMessage>({
  stabilize: [1, {}],
  neighbours: [2, report],
  notify: [3, report],
  links: [
    4,
    { added: binary.list(binary.uint48, MAX.links), removed: binary.list(binary.uint48, MAX.links) },
  ],
  whois: [5, { position: binary.uint48 }],
  contact: [6, { position: binary.uint48, peer: binary.nullable(binary.peerId) }],
  find: [
    7,
    {
      lookup: binary.guid,
      key: position,
      origin: binary.peerId,
      ask,
      routing,
      ttl: binary.uint8,
      hops: binary.uint8,
      avoid: peers(MAX.avoid),
      visited: binary.list(binary.uint48, MAX.visited),
      dead: binary.list(binary.uint48, MAX.dead),
      course,
      trace,
    },
  ],
  hopAck: [8, { lookup: binary.guid }],
  back: [
    9,
    {
      lookup: binary.guid,
      ttl: binary.uint8,
      visited: binary.list(binary.uint48, MAX.visited),
      dead: binary.list(binary.uint48, MAX.dead),
    },
  ],
  found: [
    10,
    {
      lookup: binary.guid,
      origin: binary.peerId,
      owner: binary.peerId,
      answer,
      hops: binary.uint8,
      ttl: binary.uint8,
      trace,
    },
  ],
  leave: [11, { predecessors: peers(MAX.list), successors: peers(MAX.list) }],
  letGo: [15, {}],
  seek: [16, { positions: binary.list(binary.uint48, CHORD.seekPlaces), ttl: binary.uint8 }],
  sighted: [17, { position: binary.uint48, links: binary.uint8 }],
  offer: [12, { tags: binary.list(tagFormat, CHORD.tagsPerOffer) }],
  want: [13, { tags: binary.list(tagFormat, CHORD.tagsPerOffer) }],
  store: [14, { records: binary.list(recordFormat, CHORD.recordsPerMessage) }],
})
