import { LIMITS } from '../../kernel/limits.ts'
import * as binary from '../../wire/binary.ts'
import { isDisplayName } from '../../wire/display-name.ts'
import type { NearbyMessage } from './messages.ts'

/** A format whose values must also pass a check; others fail the reader. */
const checked = <T>(inner: binary.Format<T>, isGood: (value: T) => boolean): binary.Format<T> => ({
  ...inner,
  read: (reader) => {
    const value = inner.read(reader)
    if (!isGood(value)) reader.fail()
    return value
  },
})

/** A character of a name takes at most four bytes. */
const displayName = checked(binary.text(LIMITS.displayNameLength * 4), isDisplayName)
const shareName = checked(binary.text(LIMITS.nameBytes), (name) => name !== '')
const fileCount = checked(binary.uint32, (count) => count >= 1 && count <= LIMITS.files)

/** Wire format; the numbers are ours. */
export const nearbyFormat: binary.Format<NearbyMessage> = binary.messages<NearbyMessage>({
  offer: [
    0x01,
    {
      id: binary.guid,
      infoHash: binary.infoHash,
      shareName,
      fileCount,
      totalBytes: binary.uint48,
      senderName: displayName,
    },
  ],
  verdict: [0x02, { id: binary.guid, verdict: binary.oneOf(['accepted', 'declined', 'unavailable']) }],
  withdraw: [0x03, { id: binary.guid }],
})
