import { describe, expect, it } from 'vitest'
import { concatBytes, type Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import { parseInfoHash, type InfoHash, type PeerId } from '@ringdrop/shared/kernel/ids.ts'
import { createRng } from '@ringdrop/shared/kernel/rng.ts'
import { Bitfield } from '@ringdrop/shared/content/bitfield.ts'
import type { StoreAnswer, StoreCommand, StoredRun } from '../../src/adapters/block-store/protocol.ts'
import { resultsOf } from '../../src/adapters/block-store/store-results.ts'
import { sampleContent } from './sample-content.ts'

/** A block store behind its messages, whatever thread and storage it uses. */
export interface StoreUnderTest<Source = File> {
  send(command: StoreCommand<Source>, transfer?: Transferable[]): void
  /** The next answer that fits. */
  answer(fits: (answer: StoreAnswer) => boolean): Promise<StoreAnswer>
  stop(): void
}

/** Gives every test a store of its own, over the same storage. */
export interface StoreSetup<Source> {
  make(): StoreUnderTest<Source>
  /** Puts files where the person's own files lie. */
  sourcesOf(files: readonly Bytes[]): Promise<readonly Source[]>
}

const BLOCK = 16_384
const PIECE = 262_144
const peer = 'f'.repeat(64) as PeerId
let nextShare = 1

/** A share of three files: 40 blocks and a bit, an empty one, and a single short block. */
function makeShare(sizes = [40 * BLOCK + 123, 0, 99]) {
  const infoHash = parseInfoHash((nextShare++).toString(16).padStart(64, '0')) as InfoHash
  return { infoHash, ...sampleContent(createRng(nextShare), sizes) }
}

/** What every block store must do. */
export function blockStoreContract<Source>(name: string, { make, sourcesOf }: StoreSetup<Source>): void {
  describe(`the block store contract: ${name}`, () => {
    const result = (infoHash: InfoHash, type: string, block?: number) => (answer: StoreAnswer) =>
      'infoHash' in answer &&
      answer.infoHash === infoHash &&
      resultsOf(answer).some(
        (each) => each.type === type && (block === undefined || ('block' in each && each.block === block)),
      )

    const open = (
      store: StoreUnderTest<Source>,
      share: ReturnType<typeof makeShare>,
      files: readonly Source[] | null = null,
    ) => store.send({ type: 'open', infoHash: share.infoHash, pieceBytes: PIECE, sizes: share.sizes, files })

    /** Hands runs of blocks over. */
    function send(
      store: StoreUnderTest<Source>,
      share: ReturnType<typeof makeShare>,
      buffer: ArrayBuffer,
      runs: readonly StoredRun[],
    ): void {
      const hashes = concatBytes(
        runs.map(({ first, count }) => share.hashes.slice(first * 32, (first + count) * 32)),
      )
      store.send({ type: 'store', infoHash: share.infoHash, buffer, runs, hashes }, [buffer])
    }

    async function put(
      store: StoreUnderTest<Source>,
      share: ReturnType<typeof makeShare>,
      block: number,
    ): Promise<void> {
      const bytes = (share.blocks[block] as Bytes).slice()
      send(store, share, bytes.buffer, [{ first: block, count: 1, offset: 0 }])
      await store.answer(result(share.infoHash, 'blockStored', block))
    }

    async function held(
      store: StoreUnderTest<Source>,
      share: ReturnType<typeof makeShare>,
    ): Promise<number[]> {
      store.send({ type: 'check', infoHash: share.infoHash, hashes: share.hashes })
      const answer = await store.answer(result(share.infoHash, 'checked'))
      const checked = answer.type === 'results' ? answer.results.at(-1) : undefined
      if (checked?.type !== 'checked') throw new Error('unreachable')
      return [...(Bitfield.fromBytes(checked.bits, share.blocks.length) as Bitfield).ones()]
    }

    async function read(
      store: StoreUnderTest<Source>,
      share: ReturnType<typeof makeShare>,
      block: number,
    ): Promise<Bytes> {
      store.send({ type: 'read', memory: null, infoHash: share.infoHash, to: peer, first: block, count: 1 })
      const answer = await store.answer(result(share.infoHash, 'blockRead', block))
      const [found] = 'infoHash' in answer ? resultsOf(answer) : []
      if (found?.type !== 'blockRead') throw new Error('unreachable')
      return found.bytes
    }

    it('keeps good blocks in any order and gives them back', async () => {
      const store = make()
      const share = makeShare()
      open(store, share)
      for (const block of [41, 7, 40, 0, 39]) await put(store, share, block)
      for (const block of [0, 41, 40, 7]) expect(await read(store, share, block)).toEqual(share.blocks[block])
      expect(await held(store, share)).toEqual([0, 7, 39, 40, 41])
      store.stop()
    })

    it('keeps nothing whose hash is wrong', async () => {
      const store = make()
      const share = makeShare()
      open(store, share)
      const bytes = (share.blocks[3] as Bytes).slice()
      bytes[100] = (bytes[100] ?? 0) ^ 1
      send(store, share, bytes.buffer, [{ first: 3, count: 1, offset: 0 }])
      await store.answer(result(share.infoHash, 'blockCorrupt', 3))
      expect(await held(store, share)).toEqual([])
      store.stop()
    })

    it('takes and gives the blocks of a frame together', async () => {
      const store = make()
      const share = makeShare()
      open(store, share)
      const frame = new Uint8Array(10 + 4 * BLOCK)
      const at = (index: number) => 10 + index * BLOCK
      for (const index of [0, 1, 2, 3]) frame.set(share.blocks[4 + index] as Bytes, at(index))
      frame[at(1)] = (frame[at(1)] ?? 0) ^ 1
      send(store, share, frame.buffer, [
        { first: 4, count: 3, offset: at(0) },
        { first: 7, count: 1, offset: at(3) },
      ])
      await store.answer(result(share.infoHash, 'blockCorrupt', 5))
      const stored = await store.answer(result(share.infoHash, 'blockStored', 4))
      expect(stored).toMatchObject({ type: 'stored', first: 4, count: 1 })
      // What lies side by side was written in one go, whether it was announced so or not.
      expect(await store.answer(result(share.infoHash, 'blockStored', 6))).toMatchObject({
        first: 6,
        count: 2,
      })
      store.send({ type: 'read', memory: null, infoHash: share.infoHash, to: peer, first: 6, count: 2 })
      const read = await store.answer(result(share.infoHash, 'blockRead', 6))
      expect('infoHash' in read && resultsOf(read)).toMatchObject([
        { block: 6, bytes: share.blocks[6] },
        { block: 7, bytes: share.blocks[7] },
      ])
      store.stop()
    })

    it('takes hundreds of small files at once, written and read in any order', async () => {
      const store = make()
      const share = makeShare(Array.from({ length: 400 }, (_, index) => 20 + index))
      open(store, share)
      const order = share.blocks.map((_, index) => (index * 139) % 400)
      await Promise.all(order.map((block) => put(store, share, block)))
      expect(await held(store, share)).toHaveLength(400)
      const blocks = await Promise.all(order.map((block) => read(store, share, block)))
      expect(blocks).toEqual(order.map((block) => share.blocks[block]))
      store.stop()
    })

    it('answers a read of what is not there with a failure', async () => {
      const store = make()
      const share = makeShare()
      open(store, share)
      store.send({ type: 'read', memory: null, infoHash: share.infoHash, to: peer, first: 5, count: 1 })
      await store.answer(result(share.infoHash, 'readFailed', 5))
      store.stop()
    })

    it('remembers over a restart, claims only what verifies, and forgets on removal', async () => {
      const share = makeShare()
      const first = make()
      open(first, share)
      for (const block of [1, 2, 41]) await put(first, share, block)
      first.send({ type: 'close', infoHash: share.infoHash })
      await held(first, makeShareOpened(first))
      first.stop()
      const second = make()
      open(second, share)
      expect(await held(second, share)).toEqual([1, 2, 41])
      const wrong = {
        ...share,
        hashes: share.hashes.map((byte, at) => (at < 64 ? byte : byte ^ (at < 96 ? 1 : 0))),
      }
      expect(await held(second, wrong as typeof share)).toEqual([1, 41])
      second.send({ type: 'remove', infoHash: share.infoHash })
      await held(second, makeShareOpened(second))
      open(second, share)
      expect(await held(second, share)).toEqual([])
      second.stop()
    })

    it('hands out whole files, empty ones too', async () => {
      const store = make()
      const share = makeShare()
      open(store, share)
      for (let block = 0; block < share.blocks.length; block++) await put(store, share, block)
      store.send({ type: 'blobs', infoHash: share.infoHash, files: [0, 1, 2], ticket: 7 })
      const answer = await store.answer((each) => each.type === 'blobs' && each.ticket === 7)
      if (answer.type !== 'blobs' || answer.blobs === null) throw new Error('no blobs')
      const contents = await Promise.all(
        answer.blobs.map(async (blob) => new Uint8Array(await blob.arrayBuffer())),
      )
      expect(contents).toEqual(share.files)
      // A file that was handed out can still be read for others.
      expect(await read(store, share, 12)).toEqual(share.blocks[12])
      store.stop()
    })

    it('keeps many small files beside large ones, over a restart, and hands each out while others are written', async () => {
      const small = Array.from({ length: 20 }, (_, index) => 1 + index * 3_000)
      const share = makeShare([...small, 5 * BLOCK + 7, 0, ...small])
      const count = share.blocks.length
      const first = make()
      open(first, share)
      const [later, early] = [0, 1].map((odd) =>
        Array.from({ length: count }, (_, block) => block).filter((block) => block % 2 === odd),
      ) as [number[], number[]]
      for (const block of [...early].reverse()) await put(first, share, block)
      first.send({ type: 'close', infoHash: share.infoHash })
      await held(first, makeShareOpened(first))
      first.stop()
      const store = make()
      open(store, share)
      expect(await held(store, share)).toEqual(early)
      const blobsOf = async (files: number[], ticket: number) => {
        store.send({ type: 'blobs', infoHash: share.infoHash, files, ticket })
        const answer = await store.answer((each) => each.type === 'blobs' && each.ticket === ticket)
        return answer.type === 'blobs' ? answer.blobs : null
      }
      const [firstBlock = 0, ...others] = later
      await put(store, share, firstBlock)
      const handedOut = await blobsOf([0], 2)
      for (const block of others) await put(store, share, block)
      expect(new Uint8Array((await handedOut?.[0]?.arrayBuffer()) ?? [])).toEqual(share.files[0])
      const all = await blobsOf(
        share.files.map((_, file) => file),
        3,
      )
      const contents = await Promise.all(
        (all ?? []).map(async (blob) => new Uint8Array(await blob.arrayBuffer())),
      )
      expect(contents).toEqual(share.files)
      store.stop()
    })

    it('reads the files of a share where they are, and never writes to them', async () => {
      const store = make()
      const share = makeShare()
      open(store, share, await sourcesOf(share.files))
      expect(await read(store, share, 39)).toEqual(share.blocks[39])
      expect(await held(store, share)).toHaveLength(share.blocks.length)
      const bytes = (share.blocks[0] as Bytes).slice()
      send(store, share, bytes.buffer, [{ first: 0, count: 1, offset: 0 }])
      await store.answer(result(share.infoHash, 'storeFailed', 0))
      store.stop()
    })

    it('sweeps away what no share knows of', async () => {
      const store = make()
      const [kept, lost] = [makeShare(), makeShare()]
      for (const share of [kept, lost]) {
        open(store, share)
        await put(store, share, 0)
        store.send({ type: 'close', infoHash: share.infoHash })
      }
      await held(store, makeShareOpened(store))
      const isSwept = async () => {
        store.send({ type: 'sweep', keep: [kept.infoHash] })
        await held(store, makeShareOpened(store))
        open(store, lost)
        const blocks = await held(store, lost)
        store.send({ type: 'close', infoHash: lost.infoHash })
        return blocks.length === 0
      }
      await expect.poll(isSwept, { timeout: 5000 }).toBe(true)
      open(store, kept)
      expect(await held(store, kept)).toEqual([0])
      store.stop()
    })

    /** Another share, opened: its answers come after everything that was sent before. */
    function makeShareOpened(store: StoreUnderTest<Source>): ReturnType<typeof makeShare> {
      const share = makeShare()
      open(store, share)
      return share
    }
  })
}
