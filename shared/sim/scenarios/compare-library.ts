import { sha256 } from '../../src/content/sha256.ts'
import type { Listing } from '../../src/discovery/listing.ts'
import { matches } from '../../src/discovery/words.ts'
import { toHex, utf8Encode } from '../../src/kernel/bytes.ts'
import { parseFileRoot, parseInfoHash, type FileRoot } from '../../src/kernel/ids.ts'
import { defined } from '../../src/kernel/invariant.ts'
import { createRng, pick, type Rng } from '../../src/kernel/rng.ts'
import { check } from '../checkers/checker.ts'

/** Words in the name of a file. */
const WORDS_PER_NAME = 4
/** Chance that a peer shares what somebody else has already, rather than a file of its own. */
const COPIED_SHARE = 0.3
const CONSONANTS = 'bdfgklmnprstvz'
const VOWELS = 'aeiou'
const SYLLABLES = 3

/** A file that some peers share, each as a share of one file. */
export interface SharedFile {
  readonly listing: Listing
  readonly words: readonly string[]
}

/** One question: who asks, by slot, and the words. */
export interface LibraryQuery {
  readonly slot: number
  readonly words: readonly string[]
}

export interface LibraryOptions {
  readonly seed: number
  readonly peers: number
  readonly filesPerPeer: number
}

/**
 * What the peers of a network share, by slot: the peer in a slot may be replaced by another one. There are as many words as
 * peers, all equally common and of equal length, so that none is the beginning of another.
 */
export class Library {
  readonly files: readonly SharedFile[]
  readonly #bySlot: readonly (readonly SharedFile[])[]
  readonly #holders = new Map<FileRoot, Set<number>>()

  constructor(options: LibraryOptions) {
    check(options.peers > 1 && options.filesPerPeer > 0, () => 'a library takes two peers and a file of each')
    const rng = createRng(options.seed).child('library')
    const words = vocabulary(rng, options.peers)
    const files: SharedFile[] = []
    this.#bySlot = Array.from({ length: options.peers }, (_, slot) => {
      const mine = new Set<SharedFile>()
      while (mine.size < options.filesPerPeer) {
        const copied = rng.float() < COPIED_SHARE ? pick(rng, files) : undefined
        const file = copied ?? fileOf(options.seed, files.length, someWords(rng, words, WORDS_PER_NAME))
        if (copied === undefined) files.push(file)
        if (mine.has(file)) continue
        mine.add(file)
        this.#holdersOf(file).add(slot)
      }
      return [...mine]
    })
    this.files = files
  }

  filesOf(slot: number): readonly SharedFile[] {
    return defined(this.#bySlot[slot], 'slot')
  }

  holds(slot: number, root: FileRoot): boolean {
    return this.#holders.get(root)?.has(slot) === true
  }

  /** Slots that have a file, in the order in which they came to have it. */
  holders(file: SharedFile): readonly number[] {
    return [...this.#holdersOf(file)]
  }

  matching(words: readonly string[]): SharedFile[] {
    return this.files.filter((file) => matches(file.words, words))
  }

  /** Questions for one or two words of a file that somebody else than the asker has. */
  queries(count: number, rng: Rng): LibraryQuery[] {
    const queries: LibraryQuery[] = []
    while (queries.length < count) {
      const slot = rng.below(this.#bySlot.length)
      const file = defined(pick(rng, this.files), 'file')
      const words = someWords(rng, file.words, 1 + rng.below(2))
      if (this.holders(file).some((holder) => holder !== slot)) queries.push({ slot, words })
    }
    return queries
  }

  #holdersOf({ listing }: SharedFile): Set<number> {
    const holders = this.#holders.get(listing.root) ?? new Set<number>()
    this.#holders.set(listing.root, holders)
    return holders
  }
}

/** So many different words. */
function vocabulary(rng: Rng, count: number): string[] {
  const letter = (letters: string) => letters.charAt(rng.below(letters.length))
  const words = new Set<string>()
  while (words.size < count)
    words.add(Array.from({ length: SYLLABLES }, () => letter(CONSONANTS) + letter(VOWELS)).join(''))
  return [...words]
}

function someWords(rng: Rng, words: readonly string[], count: number): string[] {
  const some = new Set<string>()
  while (some.size < Math.min(count, words.length)) some.add(defined(pick(rng, words), 'word'))
  return [...some]
}

function fileOf(seed: number, number: number, words: readonly string[]): SharedFile {
  const hash = (what: string) => toHex(sha256(utf8Encode(`${what} ${String(number)} of ${String(seed)}`)))
  const root = defined(parseFileRoot(hash('file')), 'root')
  const infoHash = defined(parseInfoHash(hash('share')), 'infohash')
  const listing: Listing = { root, infoHash, name: words.join(' '), sizeBytes: 1_000_000 + number }
  return { listing, words }
}
