import { describe, expect, it } from 'vitest'
import { readForward } from '../../src/adapters/block-store/picked-files.ts'

const SIZE = 3 * 1024 * 1024 + 5

/** Bytes that tell where they are. */
const content = new Uint8Array(
  Uint32Array.from({ length: SIZE / 4 + 1 }, (_, index) => index * 31).buffer,
  0,
  SIZE,
)
const file = () => new File([content], 'a')

describe('reading a picked file from front to back', () => {
  it('in parts of any size, from any place, up to the end and not further', async () => {
    for (const [offset, partBytes] of [
      [0, 1_000_000],
      [777_777, 131_072],
      [SIZE - 3, 10],
      [SIZE, 10],
    ] as const) {
      const reader = readForward(file(), offset)
      let at = offset
      let memory = new ArrayBuffer(partBytes)
      for (;;) {
        const part = await reader.fill(memory)
        expect(part.length).toBe(Math.min(partBytes, SIZE - at))
        expect(part.every((byte, index) => byte === content[at + index])).toBe(true)
        at += part.length
        if (part.length < partBytes) break
        memory = part.buffer
      }
      expect(at).toBe(SIZE)
      reader.close()
    }
  })

  it('reads into the memory that it is given, so that none is needed anew', async () => {
    const memory = new ArrayBuffer(65_536)
    const part = await readForward(file()).fill(memory)
    expect(part.buffer.byteLength).toBe(65_536)
    expect(memory.byteLength).toBe(0)
  })

  it('a small file, and a small rest, comes in one go into that memory', async () => {
    for (const offset of [0, 5, 65_536, 69_999]) {
      const memory = new ArrayBuffer(70_000)
      const reader = readForward(new File([content.subarray(0, 70_000)], 'a'), offset)
      const part = await reader.fill(memory)
      expect(part).toEqual(content.slice(offset, 70_000))
      expect(await reader.fill(part.buffer)).toHaveLength(0)
      reader.close()
    }
  })

  it('a small file that has been changed can’t be read', async () => {
    const root = await navigator.storage.getDirectory()
    const handle = await root.getFileHandle('changing', { create: true })
    const write = async (bytes: number) => {
      const writable = await handle.createWritable()
      await writable.write(content.slice(0, bytes))
      await writable.close()
    }
    await write(100)
    const old = await handle.getFile()
    await write(50)
    await expect(readForward(old).fill(new ArrayBuffer(100))).rejects.toThrow()
  })

  it('an empty file has nothing', async () => {
    expect(await readForward(new Blob([])).fill(new ArrayBuffer(8))).toHaveLength(0)
  })
})
