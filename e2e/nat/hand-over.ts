import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { expect, type Resident } from './fixtures.ts'

/** Hands a file over and checks what arrived. @returns the kinds of candidates of the path, at the receiver. */
export async function handOver(
  sender: Resident,
  open: (hash: string) => Promise<Resident>,
  seed: number,
): Promise<string[]> {
  const file = makeFile(scratch(), 'letter.bin', 2 * MiB, seed)
  const { link, infoHash } = await sender.app.shareFiles(file.path)
  const receiver = await open(new URL(link).hash)
  await receiver.app.download()
  await receiver.app.untilDone(infoHash, 60_000)
  expect((await receiver.app.save(infoHash)).sha).toBe(file.sha)
  return receiver.paths()
}
