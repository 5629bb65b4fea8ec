import * as binary from '../wire/binary.ts'
import type { Nonce } from '../kernel/ids.ts'
import { LIMITS } from '../kernel/limits.ts'
import type { Criteria, SearchStep } from './overlay.ts'
import { areQueryWords } from './words.ts'

const wordsFormat = binary.list(binary.text(LIMITS.queryBytes), LIMITS.queryWords)

/** What is looked for, as systems send it: a byte that says by what, then the words or the infohash. */
export const criteriaFormat: binary.Format<Criteria> = {
  write: (writer, criteria) => {
    writer.uint8(criteria.by === 'words' ? 0 : 1)
    if (criteria.by === 'words') wordsFormat.write(writer, criteria.words)
    else binary.infoHash.write(writer, criteria.infoHash)
  },
  read: (reader) => {
    const by = reader.uint8()
    if (by === 1) return { by: 'infoHash', infoHash: binary.infoHash.read(reader) }
    const words = wordsFormat.read(reader)
    if (by !== 0 || !areQueryWords(words)) reader.fail()
    return { by: 'words', words }
  },
  size: (criteria) => 1 + (criteria.by === 'words' ? wordsFormat.size(criteria.words) : 32),
}

/** Steps named in one report of work; a drawing with more shows nothing. Our choice. */
export const STEPS_PER_REPORT = 64

/** Work done for a search by the sender and those behind it, on its way back to the searcher. */
export interface WorkReport {
  readonly guid: Nonce
  /** Messages sent for the search, reports excluded, and their bytes. */
  readonly messages: number
  readonly bytes: number
  /** Some of them, for the drawing. */
  readonly steps: readonly SearchStep[]
}

export const workReportFields = {
  guid: binary.guid,
  messages: binary.uint32,
  bytes: binary.uint32,
  steps: binary.list(
    binary.struct<SearchStep>({
      from: binary.peerId,
      to: binary.peerId,
      hops: binary.uint8,
      kind: binary.oneOf(['query', 'duplicate', 'hit', 'ack']),
    }),
    STEPS_PER_REPORT,
  ),
}
