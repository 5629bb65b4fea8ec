import * as v from 'valibot'
import {
  parseFileRoot,
  parseInfoHash,
  parseNonce,
  parsePeerId,
  parseSessionId,
  type FileRoot,
  type InfoHash,
  type Nonce,
  type PeerId,
  type SessionId,
} from '../kernel/ids.ts'

/** Valibot building blocks shared by all JSON messages. */
export const peerIdSchema = v.custom<PeerId>((input) => parsePeerId(input) !== null)
export const fileRootSchema = v.custom<FileRoot>((input) => parseFileRoot(input) !== null)
export const infoHashSchema = v.custom<InfoHash>((input) => parseInfoHash(input) !== null)
export const sessionIdSchema = v.custom<SessionId>((input) => parseSessionId(input) !== null)
export const nonceSchema = v.custom<Nonce>((input) => parseNonce(input) !== null)

/** A text of exactly so many lower-case hex digits. */
export const hexSchema = (digits: number) =>
  v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${String(digits)}}$`)))

/** A whole number that is exact in JavaScript and not negative. */
export const countSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
