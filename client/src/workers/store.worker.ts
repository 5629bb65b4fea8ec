import { IdbStorage } from '../adapters/block-store/idb-storage.ts'
import { OpfsStorage } from '../adapters/block-store/opfs-storage.ts'
import { PickedFiles } from '../adapters/block-store/picked-files.ts'
import type { StoreCommand } from '../adapters/block-store/protocol.ts'
import { StoreServer } from '../adapters/block-store/store-server.ts'

/** Disk and hash in one thread, away from the page: a block is checked where it is written. */
const storage = (await OpfsStorage.isUsable()) ? new OpfsStorage() : new IdbStorage()
const server = new StoreServer(
  storage,
  (files) => new PickedFiles(files),
  (answer, transfer) => self.postMessage(answer, { transfer }),
)
self.onmessage = (event: MessageEvent<StoreCommand>) => server.handle(event.data)
self.postMessage({ type: 'ready', kind: storage.kind })
