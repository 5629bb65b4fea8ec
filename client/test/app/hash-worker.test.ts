import { expect, it, onTestFinished, vi } from 'vitest'
import type { HashAnswer } from '../../src/adapters/hashing/protocol.ts'

it('a file that can’t be read costs the others nothing', async () => {
  const answers: HashAnswer[] = []
  const worker = {
    postMessage: (answer: HashAnswer) => answers.push(answer),
    onmessage: (_: { data: unknown }) => undefined,
  }
  vi.stubGlobal('self', worker)
  onTestFinished(() => void vi.unstubAllGlobals())
  await import('../../src/workers/hash.worker.ts')
  const gone = new File(['gone'], 'gone.txt')
  const refuse = () => {
    throw new DOMException('A requested file could not be found', 'NotFoundError')
  }
  Object.assign(gone, { slice: refuse, stream: refuse, arrayBuffer: refuse })
  worker.onmessage({ data: { id: '1', files: [new File(['a'], 'a.txt'), gone, new File([], 'empty.txt')] } })
  await expect.poll(() => answers.at(-1)?.type).toBe('done')
  const done = answers.at(-1)
  expect(done?.type === 'done' && done.leaves.map((each) => each?.length ?? null)).toEqual([32, null, 0])
})
