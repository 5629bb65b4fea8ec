import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { clockContract } from '@ringdrop/shared/contracts/clock.contract.ts'
import { browserClock } from '../../src/adapters/browser-clock.ts'
import { StoreServer } from '../../src/adapters/block-store/store-server.ts'
import { DataChannelTransport } from '../../src/adapters/node/datachannel-transport.ts'
import { ownFile } from '../../src/adapters/node/delivery.ts'
import { DiskStorage } from '../../src/adapters/node/disk-storage.ts'
import { FileValues } from '../../src/adapters/node/file-values.ts'
import { OwnFiles, type OwnFile } from '../../src/adapters/node/own-files.ts'
import { Answers } from '../contracts/answers.ts'
import { blockStoreContract } from '../contracts/block-store.contract.ts'
import { transportContract } from '../contracts/transport.contract.ts'
import { valuesContract } from '../contracts/values.contract.ts'

/** The ports of a process keep the same contracts as those of a tab. */
const root = mkdtempSync(join(tmpdir(), 'ringdrop-contracts-'))

clockContract('a process', () => ({
  clock: browserClock,
  settle: (condition) => vi.waitUntil(condition, { timeout: 5000, interval: 5 }).then(() => undefined),
}))

valuesContract('files', (place) => new FileValues(join(root, place)))

transportContract('libdatachannel', (events) => new DataChannelTransport(events))

let made = 0
blockStoreContract<OwnFile>('files on disk', {
  make: () => {
    const answers = new Answers()
    const server = new StoreServer<OwnFile>(
      new DiskStorage(join(root, 'parts')),
      (files) => new OwnFiles(files),
      (answer) => answers.push(answer),
    )
    return {
      send: (command) => server.handle(command),
      answer: (fits) => answers.next(fits),
      stop: () => undefined,
    }
  },
  sourcesOf: (files) =>
    Promise.all(
      files.map(async (bytes) => {
        const path = join(root, `own-${String(made++)}`)
        writeFileSync(path, bytes)
        const file = await ownFile(path)
        if (file === null) throw new Error('unreachable')
        return file
      }),
    ),
})
