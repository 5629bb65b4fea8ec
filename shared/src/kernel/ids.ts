/**
 * Branded identifiers. All are lower-case hex strings, so that they can be map keys, sorted and printed.
 * A brand is only ever made by the `parse...` functions here, which check length and alphabet.
 */
declare const brand: unique symbol
type Branded<T, Name extends string> = T & { readonly [brand]: Name }

/** SHA-256 of a peer's public key (65 bytes, uncompressed P-256 point): 64 hex digits. */
export type PeerId = Branded<string, 'PeerId'>
/** SHA-256 of the bencoded info dictionary of a share (BEP 52): 64 hex digits. */
export type InfoHash = Branded<string, 'InfoHash'>
/** Merkle root over a file's 16 KiB blocks (BEP 52 `pieces root`): 64 hex digits. The identity of a file's bytes. */
export type FileRoot = Branded<string, 'FileRoot'>
/** One signaling negotiation between two peers: 128 random bits, 32 hex digits. */
export type SessionId = Branded<string, 'SessionId'>
/** 128 random bits that make a signed statement fresh: 32 hex digits. */
export type Nonce = Branded<string, 'Nonce'>
/** Position of a piece within a share, from 0; files are laid end to end, each starting on a piece boundary. */
export type PieceIndex = number
/** Position of a 16 KiB block within a share, from 0, counted over all pieces. */
export type BlockIndex = number

const HEX64 = /^[0-9a-f]{64}$/
const HEX32 = /^[0-9a-f]{32}$/

function parseHex<T extends string>(pattern: RegExp, text: unknown): T | null {
  return typeof text === 'string' && pattern.test(text) ? (text as T) : null
}

/** `null` unless the text is 64 lower-case hex digits. */
export const parsePeerId = (text: unknown): PeerId | null => parseHex<PeerId>(HEX64, text)
/** `null` unless the text is 64 lower-case hex digits. */
export const parseInfoHash = (text: unknown): InfoHash | null => parseHex<InfoHash>(HEX64, text)
/** `null` unless the text is 64 lower-case hex digits. */
export const parseFileRoot = (text: unknown): FileRoot | null => parseHex<FileRoot>(HEX64, text)
/** `null` unless the text is 32 lower-case hex digits. */
export const parseSessionId = (text: unknown): SessionId | null => parseHex<SessionId>(HEX32, text)
/** `null` unless the text is 32 lower-case hex digits. */
export const parseNonce = (text: unknown): Nonce | null => parseHex<Nonce>(HEX32, text)
