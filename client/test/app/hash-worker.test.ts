import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { sha256 } from '@ringdrop/shared/content/sha256.ts'
import type { HashAnswer, HashCommand } from '../../src/adapters/hashing/protocol.ts'

async function start() {
  const answers: HashAnswer[] = []
  const worker = {
    postMessage: (answer: HashAnswer) => answers.push(answer),
    onmessage: (_: { data: unknown }) => undefined,
  }
  vi.stubGlobal('self', worker)
  onTestFinished(() => void vi.unstubAllGlobals())
  await import('../../src/workers/hash.worker.ts')
  const hash = async (files: readonly File[]) => {
    worker.onmessage({ data: { type: 'hash', id: '1', files } })
    await expect.poll(() => answers.at(-1)?.type, { timeout: 10_000 }).toBe('done')
    const done = answers.at(-1)
    return done?.type === 'done' ? done.leaves : []
  }
  return { answers, hash, tell: (data: HashCommand) => worker.onmessage({ data }) }
}

beforeEach(() => vi.resetModules())

it('a file that can’t be read costs the others nothing', async () => {
  const { hash } = await start()
  const gone = new File(['gone'], 'gone.txt')
  const refuse = () => {
    throw new DOMException('A requested file could not be found', 'NotFoundError')
  }
  Object.assign(gone, { slice: refuse, stream: refuse, arrayBuffer: refuse })
  const leaves = await hash([new File(['a'], 'a.txt'), gone, new File([], 'empty.txt')])
  expect(leaves.map((each) => each?.length ?? null)).toEqual([32, null, 0])
})

it('hashes of large and small files come in the order of the files, and progress comes in few messages', async () => {
  const { answers, hash } = await start()
  const contents = Array.from({ length: 40 }, (_, at) =>
    new Uint8Array(at === 3 ? 5_000_000 : 10_000).fill(at),
  )
  const leaves = await hash(contents.map((bytes, at) => new File([bytes], String(at))))
  const first = contents.map((bytes) => sha256(bytes.subarray(0, 16_384)))
  expect(leaves.map((each) => each?.slice(0, 32))).toEqual(first)
  const told = answers.flatMap((answer) => (answer.type === 'progress' ? [answer.bytes] : []))
  expect(told.reduce((sum, bytes) => sum + bytes, 0)).toBe(5_390_000)
  expect(told.length).toBeLessThan(5)
})

it('what is cancelled is answered no more, and the next ones have their turn although a disk never answers', async () => {
  const { answers, hash, tell } = await start()
  const mute = new File(['mute'], 'mute.txt')
  const never = () => new Promise<never>(() => undefined)
  Object.assign(mute, {
    slice: () => mute,
    stream: () => new ReadableStream({ type: 'bytes', pull: never }),
    arrayBuffer: never,
  })
  tell({ type: 'hash', id: 'stuck', files: [mute] })
  tell({ type: 'hash', id: 'waiting', files: [new File(['w'], 'w.txt')] })
  tell({ type: 'cancel', id: 'waiting' })
  tell({ type: 'cancel', id: 'stuck' })
  expect(await hash([new File(['a'], 'a.txt')])).toHaveLength(1)
  expect(answers.flatMap((each) => (each.type === 'done' ? [each.id] : []))).toEqual(['1'])
})
