import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import { createRng } from '@ringdrop/shared/kernel/rng.ts'
import { ReadAhead } from '../../src/adapters/block-store/read-ahead.ts'
import type { ForwardReader, OwnShareFiles } from '../../src/adapters/block-store/share-files.ts'
import { SpareBuffers } from '../../src/adapters/spare-buffers.ts'

const MiB = 1024 * 1024
const RUN = 128 * 1024

/** Files in memory whose readers answer when they like, and move the memory that they are given, as browsers do. */
class SlowFiles implements OwnShareFiles {
  readonly sizes: readonly number[]
  opened = 0
  closed = 0
  filled = 0
  isBroken = false

  constructor(readonly contents: readonly Bytes[]) {
    this.sizes = contents.map((each) => each.length)
  }

  forward(file: number, offset: number): ForwardReader {
    this.opened++
    let at = offset
    const fill = async (buffer: ArrayBuffer): Promise<Bytes> => {
      this.filled++
      const moved = structuredClone(buffer, { transfer: [buffer] })
      for (let turns = this.filled % 3; turns > 0; turns--) await Promise.resolve()
      if (this.isBroken) throw new Error('moved')
      const part = this.contents[file]?.subarray(at, at + moved.byteLength) ?? new Uint8Array()
      at += part.length
      const bytes = new Uint8Array(moved, 0, part.length)
      bytes.set(part)
      return bytes
    }
    return { fill, close: () => void this.closed++ }
  }

  blob = () => Promise.resolve(new Blob([]))
  close = () => Promise.resolve()
}

/** Every 4 bytes tell where they are. */
function marked(sizeBytes: number, seed: number): Bytes {
  const words = Uint32Array.from({ length: Math.ceil(sizeBytes / 4) }, (_, index) => index * 31 + seed)
  return new Uint8Array(words.buffer, 0, sizeBytes)
}

/** Reads runs and compares them with what is there. */
async function readAll(
  ahead: ReadAhead,
  files: SlowFiles,
  runs: readonly { file: number; offset: number }[],
) {
  await Promise.all(
    runs.map(async ({ file, offset }) => {
      const expected = files.contents[file]?.slice(offset, offset + RUN) ?? new Uint8Array()
      const into = new Uint8Array(RUN)
      expect(await ahead.read(file, offset, into)).toBe(expected.length)
      expect(Buffer.compare(into.subarray(0, expected.length), expected)).toBe(0)
    }),
  )
}

const runsOf = (from: number, to: number, file = 0) =>
  Array.from({ length: Math.ceil((to - from) / RUN) }, (_, index) => ({ file, offset: from + index * RUN }))

afterEach(() => vi.useRealTimers())

describe('reading ahead', () => {
  it('in order: one reader, every segment once', async () => {
    const files = new SlowFiles([marked(40 * MiB + 77, 1)])
    const ahead = new ReadAhead(files)
    for (const run of runsOf(0, 40 * MiB + 77)) await readAll(ahead, files, [run])
    expect([files.opened, files.filled, files.closed]).toEqual([1, 41, 1])
  })

  it('four peers in four places do not disturb each other', async () => {
    const files = new SlowFiles([marked(32 * MiB, 2)])
    const ahead = new ReadAhead(files)
    const ways = [0, 8, 16, 24].map((start) => runsOf(start * MiB, (start + 8) * MiB))
    for (let step = 0; step < 64; step++)
      await readAll(
        ahead,
        files,
        ways.flatMap((way) => way[step] ?? []),
      )
    expect([files.opened, files.filled]).toEqual([4, 32])
  })

  it('gives the right bytes to any number of reads at a time, in any order, and reads across segments', async () => {
    const rng = createRng(7)
    const files = new SlowFiles([marked(24 * MiB + 5, 3), marked(300, 4), marked(0, 5), marked(2 * MiB, 6)])
    const ahead = new ReadAhead(files)
    for (let round = 0; round < 12; round++) {
      const runs = Array.from({ length: 40 }, () => {
        const file = rng.below(4)
        return { file, offset: rng.below(files.sizes[file] ?? 0) }
      })
      await readAll(ahead, files, runs)
    }
    const whole = new Uint8Array(4 * MiB)
    expect(await ahead.read(0, 21 * MiB, whole)).toBe(3 * MiB + 5)
    expect(
      Buffer.compare(whole.subarray(0, 3 * MiB + 5), files.contents[0]?.subarray(21 * MiB) ?? whole),
    ).toBe(0)
  })

  it('a file that can not be read fails, and is tried anew', async () => {
    const files = new SlowFiles([marked(3 * MiB, 1)])
    const ahead = new ReadAhead(files)
    files.isBroken = true
    const reads = runsOf(0, 2 * MiB).map(({ offset }) => ahead.read(0, offset, new Uint8Array(RUN)))
    for (const read of await Promise.allSettled(reads)) expect(read.status).toBe('rejected')
    files.isBroken = false
    await readAll(ahead, files, runsOf(0, 3 * MiB))
  })

  it('lets go of readers and memory when nobody asks any more, and when it is closed', async () => {
    vi.useFakeTimers()
    const files = new SlowFiles([marked(4 * MiB, 1)])
    const ahead = new ReadAhead(files)
    await readAll(ahead, files, runsOf(0, MiB))
    expect(files.closed).toBe(0)
    await vi.advanceTimersByTimeAsync(70_000)
    expect([files.closed, vi.getTimerCount()]).toEqual([1, 0])
    await readAll(ahead, files, runsOf(0, MiB))
    expect([files.opened, files.filled]).toEqual([2, 2])
    await ahead.close()
    expect([files.closed, vi.getTimerCount()]).toEqual([2, 0])
  })
})

describe('spare buffers', () => {
  it('are given out by size, each once', () => {
    const spare = new SpareBuffers(2)
    const [small, large] = [new ArrayBuffer(10), new ArrayBuffer(20)]
    spare.give(small)
    spare.give(large)
    expect(spare.take(20)).toBe(large)
    expect(spare.take(20)).toBeNull()
    expect(spare.take(10)).toBe(small)
  })

  it('are no more than was said', () => {
    const spare = new SpareBuffers(1)
    spare.give(new ArrayBuffer(10))
    spare.give(new ArrayBuffer(10))
    expect(spare.take(10)).not.toBeNull()
    expect(spare.take(10)).toBeNull()
  })
})
