import { describe, expect, it } from 'vitest'
import { equalBytes, type Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import { defined } from '@ringdrop/shared/kernel/invariant.ts'
import { parseInfoHash, type InfoHash, type PeerId } from '@ringdrop/shared/kernel/ids.ts'
import { createRng, shuffled, type Rng } from '@ringdrop/shared/kernel/rng.ts'
import { Bitfield } from '@ringdrop/shared/content/bitfield.ts'
import type { StoreAnswer } from '../../src/adapters/block-store/protocol.ts'
import type { OwnShareFiles, ShareFiles, ShareStorage } from '../../src/adapters/block-store/share-files.ts'
import { resultsOf } from '../../src/adapters/block-store/store-results.ts'
import { sampleContent } from '../contracts/sample-content.ts'
import { StoreServer } from '../../src/adapters/block-store/store-server.ts'

/** Sectors in which disks write: a torn write ends at one. */
const SECTOR = 512
const BLOCK = 16_384
const INFOHASH = defined(parseInfoHash('ab'.repeat(32)), 'infohash')
const PEER = 'cd'.repeat(32) as PeerId

interface Write {
  readonly file: number
  readonly offset: number
  readonly bytes: Bytes
}

/** A disk that forgets: what was written last may be lost, torn or out of order after a crash, and room may run out. */
class TrickyStorage implements ShareStorage {
  readonly kind = 'opfs'
  /** What survived the last crash. */
  #files = new Map<number, Bytes>()
  readonly #sinceFlush: Write[] = []
  writes = 0
  /** Refuses the write of this number, as a full disk does. */
  fullAt = Infinity
  failAt = Infinity

  open(_infoHash: InfoHash, sizes: readonly number[]): ShareFiles {
    const now = new Map([...this.#files].map(([file, bytes]) => [file, bytes.slice()]))
    return {
      read: async (file, offset, into) => {
        const part = (now.get(file) ?? new Uint8Array()).subarray(offset, offset + into.length)
        into.set(part)
        return part.length
      },
      write: async (file, offset, bytes) => {
        const number = this.writes++
        if (number === this.fullAt) throw new DOMException('full', 'QuotaExceededError')
        if (number === this.failAt) throw new DOMException('broken', 'InvalidStateError')
        const write = { file, offset, bytes: bytes.slice() }
        apply(now, write, sizes)
        this.#sinceFlush.push(write)
      },
      blob: async (file) => new Blob([now.get(file) ?? new Uint8Array()]),
      close: async () => undefined,
    }
  }

  /** Power goes: of what was not flushed, some is there, some in part, in any order. */
  crash(rng: Rng, sizes: readonly number[]): void {
    for (const write of shuffled(rng, this.#sinceFlush.splice(0))) {
      if (rng.below(3) === 0) continue
      const sectors = rng.below(3) === 0 ? rng.below(Math.ceil(write.bytes.length / SECTOR) + 1) : Infinity
      apply(this.#files, { ...write, bytes: write.bytes.slice(0, sectors * SECTOR) }, sizes)
    }
  }

  /** A bit turns over by itself. */
  rot(rng: Rng): void {
    const files = [...this.#files.values()].filter(({ length }) => length > 0)
    const file = files[rng.below(Math.max(1, files.length))]
    if (file === undefined) return
    const at = rng.below(file.length)
    file[at] = (file[at] ?? 0) ^ (1 << rng.below(8))
  }

  async remove(): Promise<void> {
    this.#files.clear()
  }

  async list(): Promise<InfoHash[]> {
    return [INFOHASH]
  }
}

function apply(files: Map<number, Bytes>, { file, offset, bytes }: Write, sizes: readonly number[]): void {
  const before = files.get(file) ?? new Uint8Array()
  const after = new Uint8Array(Math.min(sizes[file] ?? 0, Math.max(before.length, offset + bytes.length)))
  after.set(before)
  after.set(bytes.subarray(0, after.length - offset), offset)
  files.set(file, after)
}

const makeShare = (rng: Rng) => sampleContent(rng, [3 * BLOCK + 700, 0, 5_000, BLOCK])
type Share = ReturnType<typeof makeShare>

/** The production store on that disk, one answer after another. */
class Store {
  readonly #answers: StoreAnswer[] = []
  #arrived: (() => void) | null = null
  readonly #server: StoreServer
  constructor(
    storage: ShareStorage,
    readonly share: Share,
  ) {
    this.#server = new StoreServer(storage, noOwnFiles, (answer) => {
      this.#answers.push(answer)
      this.#arrived?.()
    })
    this.#server.handle({
      type: 'open',
      infoHash: INFOHASH,
      pieceBytes: 262_144,
      sizes: share.sizes,
      files: null,
    })
  }

  /** @returns `stored`, or why not. */
  async put(block: number): Promise<string> {
    const bytes = defined(this.share.blocks[block], 'block').slice()
    const hashes = this.share.hashes.slice(block * 32, block * 32 + 32)
    const runs = [{ first: block, count: 1, offset: 0 }]
    this.#server.handle({ type: 'store', infoHash: INFOHASH, buffer: bytes.buffer, runs, hashes })
    const [result] = await this.#next()
    return result?.type === 'storeFailed' ? result.code : (result?.type ?? 'nothing')
  }

  async claimed(): Promise<number[]> {
    this.#server.handle({ type: 'check', infoHash: INFOHASH, hashes: this.share.hashes })
    for (;;) {
      const checked = (await this.#next()).find(({ type }) => type === 'checked')
      if (checked?.type === 'checked')
        return [...defined(Bitfield.fromBytes(checked.bits, this.share.blocks.length), 'bits').ones()]
    }
  }

  async read(block: number): Promise<Bytes | null> {
    this.#server.handle({ type: 'read', memory: null, infoHash: INFOHASH, to: PEER, first: block, count: 1 })
    const [result] = await this.#next()
    return result?.type === 'blockRead' ? result.bytes.slice() : null
  }

  async #next() {
    while (this.#answers.length === 0) await new Promise<void>((resolve) => (this.#arrived = resolve))
    const answer = this.#answers.shift()
    return answer !== undefined && 'infoHash' in answer ? resultsOf(answer) : []
  }
}

function noOwnFiles(): OwnShareFiles {
  throw new Error('this store has downloads alone')
}

/** What the store claims must be right, to the byte, and nobody else's. */
async function expectHonest(store: Store, share: Share): Promise<number[]> {
  const claimed = await store.claimed()
  for (const block of claimed) {
    const bytes = await store.read(block)
    expect(bytes !== null && equalBytes(bytes, defined(share.blocks[block], 'block'))).toBe(true)
  }
  return claimed
}

describe('the store of blocks on a disk that forgets', () => {
  it(
    'claims after a crash at any write what it can serve, and no more (1,500 crashes)',
    { timeout: 120_000 },
    async () => {
      for (let seed = 1; seed <= 150; seed++) {
        const rng = createRng(seed)
        const share = makeShare(rng)
        const storage = new TrickyStorage()
        let held: number[] = []
        for (let crash = 0; crash < 10; crash++) {
          const store = new Store(storage, share)
          held = await expectHonest(store, share)
          const missing = share.blocks.map((_, block) => block).filter((block) => !held.includes(block))
          for (const block of shuffled(rng, missing).slice(0, 1 + rng.below(4)))
            expect(await store.put(block)).toBe('blockStored')
          storage.crash(rng, share.sizes)
          if (rng.below(4) === 0) storage.rot(rng)
        }
        // Whatever was lost on the way can be fetched again: the share gets whole.
        const store = new Store(storage, share)
        held = await expectHonest(store, share)
        for (let block = 0; block < share.blocks.length; block++)
          if (!held.includes(block)) expect(await store.put(block)).toBe('blockStored')
        expect(await expectHonest(store, share)).toHaveLength(share.blocks.length)
      }
    },
  )

  it('says which write found no room or failed, at every one of them, and keeps the others', async () => {
    const share = makeShare(createRng(7))
    for (let number = 0; number < share.blocks.length; number++) {
      for (const [field, code] of [
        ['fullAt', 'quota'],
        ['failAt', 'io'],
      ] as const) {
        const storage = new TrickyStorage()
        storage[field] = number
        const store = new Store(storage, share)
        const outcomes: string[] = []
        for (let block = 0; block < share.blocks.length; block++) outcomes.push(await store.put(block))
        expect(outcomes).toEqual(share.blocks.map((_, block) => (block === number ? code : 'blockStored')))
        expect(await expectHonest(store, share)).toHaveLength(share.blocks.length - 1)
        expect(await store.put(number)).toBe('blockStored')
        expect(await expectHonest(store, share)).toHaveLength(share.blocks.length)
      }
    }
  })
})
