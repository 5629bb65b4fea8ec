import { expect, it, onTestFinished } from 'vitest'
import { Hasher } from '../../src/adapters/hashing/hasher.ts'

const MiB = 1024 * 1024

it('hundreds of files are hashed to the last one, whatever the browser collects meanwhile', async () => {
  const hasher = new Hasher(() => undefined)
  onTestFinished(() => hasher.terminate())
  // Larger than what is read in one go: each has a stream of its own.
  const content = new Blob([new Uint8Array(MiB)])
  const files = Array.from({ length: 400 }, (_, at) => new File([content], `${String(at)}.bin`))
  let hashedBytes = 0
  const leaves = await hasher.hash({ files, onProgress: (bytes) => (hashedBytes += bytes) })
  expect(hashedBytes).toBe(400 * MiB)
  expect(new Set(leaves.map((each) => each?.length))).toEqual(new Set([32 * 64]))
})
