import { HashTree } from '@ringdrop/shared/content/merkle.ts'
import { createInfo, type ShareInfo } from '@ringdrop/shared/content/metainfo.ts'
import type { FileRoot } from '@ringdrop/shared/kernel/ids.ts'
import { createRng } from '@ringdrop/shared/kernel/rng.ts'
import { simIdentity } from '@ringdrop/shared/sim/nodes/identity.ts'
import { BlockStore } from '../../src/adapters/block-store/block-store.ts'
import type { StoreCommand } from '../../src/adapters/block-store/protocol.ts'
import { browserClock } from '../../src/adapters/browser-clock.ts'
import type { ServerSocket } from '../../src/adapters/server-socket.ts'
import { StateStore } from '../../src/adapters/state-store.ts'
import type { Transport } from '../../src/adapters/transport.ts'
import type { Values } from '../../src/adapters/values.ts'
import { NodeRuntime } from '../../src/app/node-runtime.ts'
import { sampleContent } from '../contracts/sample-content.ts'

/** Values in memory, in a browser that can refuse to write. */
export class MemoryValues implements Values {
  readonly #values = new Map<string, unknown>()
  isFull = false

  get(key: string): Promise<unknown> {
    return Promise.resolve(this.#values.get(key))
  }

  set(key: string, value: unknown): Promise<void> {
    return this.setMany([[key, value]])
  }

  async setMany(entries: readonly (readonly [string, unknown])[]): Promise<void> {
    if (this.isFull) throw new DOMException('full', 'QuotaExceededError')
    for (const [key, value] of entries) this.#values.set(key, value)
  }

  async deleteMany(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#values.delete(key)
  }

  entries(): Promise<readonly (readonly [string, unknown])[]> {
    return Promise.resolve([...this.#values])
  }

  keys(): Promise<readonly string[]> {
    return Promise.resolve([...this.#values.keys()])
  }
}

/** The production node without a network, over a store that only takes note of what it is told. */
export function makeRuntime(values = new MemoryValues()) {
  const commands: StoreCommand[] = []
  const state = new StateStore(values)
  const { peerId, key, sign } = simIdentity(1)
  const identity = { peerId, publicKey: key, sign: (text: string) => Promise.resolve(sign(text)) }
  const runtime = new NodeRuntime(
    identity,
    state,
    {
      clock: browserClock,
      cores: null,
      transport: () => ({ closeAll: () => undefined }) as unknown as Transport,
      blocks: (events, isOnePiece) => {
        const thread = {
          post: (command: StoreCommand) => void commands.push(command),
          terminate: () => undefined,
        }
        return new BlockStore(() => thread, events, isOnePiece)
      },
      socket: () => ({ disconnect: () => undefined }) as unknown as ServerSocket,
    },
    {
      manualEnvelope: () => undefined,
      manualRefused: () => undefined,
      persist: () => undefined,
      changed: () => undefined,
      completed: () => undefined,
      offerStarted: () => undefined,
      fault: (error) => {
        throw error
      },
    },
  )
  return { runtime, state, values, commands }
}

export interface TestShare {
  readonly info: ShareInfo
  readonly trees: ReadonlyMap<FileRoot, HashTree>
  readonly files: readonly File[]
}

/** A share of files of one block each. */
export function makeShare(name: string, fileNames: readonly string[]): TestShare {
  const trees = new Map<FileRoot, HashTree>()
  const contents = sampleContent(
    createRng(1),
    fileNames.map((_, index) => 100 + index),
  )
  const described = contents.files.map((bytes, index) => {
    const tree = HashTree.fromLeaves(contents.hashes.slice(index * 32, index * 32 + 32))
    trees.set(tree.root, tree)
    return { path: [fileNames[index] ?? ''], sizeBytes: bytes.length, root: tree.root }
  })
  const info = createInfo({ name, files: described, pieceBytes: 262_144 })
  if (!info.ok) throw new Error(info.code)
  return {
    info: info.value,
    trees,
    files: contents.files.map((bytes, index) => new File([bytes], fileNames[index] ?? '')),
  }
}
