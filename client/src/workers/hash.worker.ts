import { LIMITS } from '@ringdrop/shared/kernel/limits.ts'
import { readForward } from '../adapters/block-store/picked-files.ts'
import type { ForwardReader } from '../adapters/block-store/share-files.ts'
import type { HashAnswer, HashCommand, HashFiles } from '../adapters/hashing/protocol.ts'

/** Read at once: larger slices are read faster (docs/performance.md), and memory stays flat. */
const READ_BYTES = 4 * 1024 * 1024
/** Files of one read that are hashed side by side, since they are mostly waited for. Our choice. */
const SIDE_BY_SIDE = 4
/** Progress is told after so many bytes: thousands of small files would be as many messages. Our choice. */
const PROGRESS_BYTES = 1024 * 1024

/**
 * Readers of files that are being hashed. Chromium collects a stream that only its own waiting read leads to, and nobody is
 * ever told: the read, and with it the share, would hang.
 */
const open = new Set<ForwardReader>()

const post = (answer: HashAnswer, transfer: Transferable[] = []) => self.postMessage(answer, { transfer })

/** The block hashes of a file, 32 bytes each, in order. */
async function hashFile(
  file: File,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  signal.throwIfAborted()
  const reader = readForward(file)
  open.add(reader)
  try {
    return await hashFrom(reader, file.size, signal, onProgress)
  } finally {
    reader.close()
    open.delete(reader)
  }
}

async function hashFrom(
  reader: ForwardReader,
  sizeBytes: number,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const leaves = new Uint8Array(Math.ceil(sizeBytes / LIMITS.blockBytes) * 32)
  let memory = new ArrayBuffer(Math.min(READ_BYTES, sizeBytes))
  for (let offset = 0; offset < sizeBytes; offset += READ_BYTES) {
    const bytes = await reader.fill(memory)
    const digests: Promise<void>[] = []
    for (let at = 0; at < bytes.length; at += LIMITS.blockBytes) {
      const leaf = ((offset + at) / LIMITS.blockBytes) * 32
      const block = bytes.subarray(at, at + LIMITS.blockBytes)
      digests.push(
        crypto.subtle.digest('SHA-256', block).then((digest) => leaves.set(new Uint8Array(digest), leaf)),
      )
    }
    await Promise.all(digests)
    signal.throwIfAborted()
    onProgress(bytes.length)
    memory = bytes.buffer
  }
  return leaves
}

async function hashAll({ id, files }: HashFiles, signal: AbortSignal): Promise<void> {
  const leaves: (Uint8Array<ArrayBuffer> | null)[] = files.map(() => null)
  let untold = 0
  const tell = () => {
    if (untold > 0) post({ type: 'progress', id, bytes: untold })
    untold = 0
  }
  const onProgress = (bytes: number) => {
    untold += bytes
    if (untold >= PROGRESS_BYTES) tell()
  }
  const hashThose = async (queue: Iterable<readonly [number, File]>) => {
    // One of thousands that is gone or protected keeps the others from nothing.
    for (const [index, file] of queue)
      leaves[index] = await hashFile(file, signal, onProgress).catch(() => null)
  }
  const all = [...files.entries()]
  const small = all.filter(([, { size }]) => size <= READ_BYTES).values()
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, () => hashThose(small)))
  // Of large files disks like one at a time.
  await hashThose(all.filter(([, { size }]) => size > READ_BYTES))
  if (signal.aborted) return
  tell()
  post(
    { type: 'done', id, leaves },
    leaves.flatMap((each) => (each === null ? [] : [each.buffer])),
  )
}

/** Until all is hashed or nobody wants it: a drive that is gone may never answer a read. */
async function hashUnlessCancelled(command: HashFiles, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const cancelled = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  await Promise.race([hashAll(command, signal), cancelled])
}

/** Of those that are hashed or wait for it. */
const cancels = new Map<string, AbortController>()
let last = Promise.resolve()
self.onmessage = ({ data }: MessageEvent<HashCommand>) => {
  if (data.type === 'cancel') return cancels.get(data.id)?.abort()
  const cancel = new AbortController()
  cancels.set(data.id, cancel)
  last = last.then(() => hashUnlessCancelled(data, cancel.signal)).finally(() => void cancels.delete(data.id))
}
post({ type: 'ready' })
