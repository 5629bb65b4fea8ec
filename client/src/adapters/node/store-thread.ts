import type { StartStoreThread } from '../block-store/block-store.ts'
import { StoreServer } from '../block-store/store-server.ts'
import type { DiskStorage } from './disk-storage.ts'
import { OwnFiles, type OwnFile } from './own-files.ts'

/** The working side of the block store in this thread: Node reads, writes and hashes in threads of its own. */
export function storeInProcess(storage: DiskStorage): StartStoreThread<OwnFile> {
  return (onAnswer) => {
    const server = new StoreServer<OwnFile>(storage, (files) => new OwnFiles(files), onAnswer)
    return { post: (command) => server.handle(command), terminate: () => undefined }
  }
}
