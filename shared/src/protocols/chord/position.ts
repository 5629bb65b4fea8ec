import { toHex, utf8Encode } from '../../kernel/bytes.ts'
import type { InfoHash, PeerId } from '../../kernel/ids.ts'
import { sha256 } from '../../content/sha256.ts'

/**
 * Places on the ring of 2^160. A place is the first 40 hex digits of an id or of a hash; ids can stand for
 * their places in every comparison of order, since a place sorts just before the id that begins with it.
 */
export type Position = string

/** Digits of a place. */
export const POSITION_DIGITS = 40

/** Size of the coarse ring: the first 48 bits of a place, which a number holds exactly. For distances only. */
export const COARSE_RING = 2 ** 48
const COARSE_DIGITS = 12
const COARSE_BITS = 48
const RING_BITS = 160

export const positionOf = (peer: PeerId): Position => peer.slice(0, POSITION_DIGITS)

/** The first 48 bits of a place. */
export const coarse = (position: string): number => Number.parseInt(position.slice(0, COARSE_DIGITS), 16)

/** Place of a share's providers. */
export const providerKey = (infoHash: InfoHash): Position => hashed(`provider:${infoHash}`)
/** Place of the files with a word in their name. */
export const wordKey = (word: string): Position => hashed(`word:${word}`)

const hashed = (text: string): Position => toHex(sha256(utf8Encode(text))).slice(0, POSITION_DIGITS)

/** Going clockwise from `from`, is `x` met before or at `to`? All of the ring when both ends are the same. */
export function isUpTo(x: string, from: string, to: string): boolean {
  return from < to ? from < x && x <= to : from < x || x <= to
}

/** Going clockwise from `from`, is `x` met before `to`? All but the end itself when both are the same. */
export function isBetween(x: string, from: string, to: string): boolean {
  return x !== to && x !== from && isUpTo(x, from, to)
}

/** Order of peers as they are met going clockwise from a place; the place itself comes last. */
export function clockwiseFrom(start: string): (a: string, b: string) => number {
  return (a, b) => {
    if (a === b) return 0
    const aIsAhead = a > start
    if (aIsAhead !== b > start) return aIsAhead ? -1 : 1
    return a < b ? -1 : 1
  }
}

/** Coarse distance going clockwise. */
export const clockwise = (from: number, to: number): number =>
  to >= from ? to - from : to - from + COARSE_RING

/** Coarse distance the shorter way round. */
export function apart(a: number, b: number): number {
  const distance = Math.abs(a - b)
  return Math.min(distance, COARSE_RING - distance)
}

/** Finger i covers the distances from 2^i up to 2^(i+1): the i of a coarse distance. */
export function levelOf(distance: number): number {
  return RING_BITS - COARSE_BITS + Math.floor(Math.log2(Math.max(1, distance)))
}

/** Where the interval of a finger begins, as a coarse distance. */
export const distanceOfLevel = (level: number): number => 2 ** (level - RING_BITS + COARSE_BITS)
