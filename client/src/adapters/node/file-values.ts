import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Values } from '../values.ts'
import { hasCode, inFolder, writeAtomic } from './atomic-file.ts'

const ENDING = '.json'
/** Marks byte arrays, which JSON does not know. */
const BYTES = '$base64'

/** Values as files of a folder, one for each, written atomically. A file that does not read back counts as missing. */
export class FileValues implements Values {
  /** Writes go one after the other, so that the last one wins. */
  #last: Promise<void> = Promise.resolve()

  constructor(readonly folder: string) {}

  async get(key: string): Promise<unknown> {
    await this.#last
    return this.#read(key)
  }

  /** As `get`, but rejects when the system does not let us read what is there, or it is nothing that we wrote. */
  async getOrFail(key: string): Promise<unknown> {
    await this.#last
    try {
      return await this.#load(key)
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined
      // The parser would repeat some of the file, whatever stands there.
      if (error instanceof SyntaxError) throw new Error(`${this.pathOf(key)} is no JSON.`, { cause: error })
      throw error
    }
  }

  /** Where a value lies. */
  pathOf(key: string): string {
    return join(this.folder, fileOf(key))
  }

  set(key: string, value: unknown): Promise<void> {
    return this.setMany([[key, value]])
  }

  setMany(entries: readonly (readonly [string, unknown])[]): Promise<void> {
    return this.#enqueue(async () => {
      for (const [key, value] of entries)
        await inFolder(this.folder, () => writeAtomic(this.pathOf(key), encode(value)))
    })
  }

  deleteMany(keys: readonly string[]): Promise<void> {
    return this.#enqueue(async () => {
      for (const key of keys) await rm(this.pathOf(key), { force: true })
    })
  }

  async entries(): Promise<readonly (readonly [string, unknown])[]> {
    const found: [string, unknown][] = []
    for (const key of await this.keys()) {
      const value = await this.#read(key)
      if (value !== undefined) found.push([key, value])
    }
    return found
  }

  async keys(): Promise<readonly string[]> {
    await this.#last
    return (await names(this.folder)).map(keyOf).filter((key) => key !== null)
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work)
    // Whoever asked hears of a failure; the next write is not stopped by it.
    this.#last = done.catch(() => undefined)
    return done
  }

  #read(key: string): Promise<unknown> {
    return this.#load(key).catch(() => undefined)
  }

  async #load(key: string): Promise<unknown> {
    return decode(await readFile(this.pathOf(key), 'utf8'))
  }
}

/** Keys hold only what can stand in a name of a file, percent-encoded. */
const fileOf = (key: string): string => encodeURIComponent(key) + ENDING

function keyOf(name: string): string | null {
  if (!name.endsWith(ENDING) || name.startsWith('.')) return null
  try {
    return decodeURIComponent(name.slice(0, -ENDING.length))
  } catch {
    return null
  }
}

async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return []
    throw error
  }
}

function encode(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    each instanceof Uint8Array ? { [BYTES]: Buffer.from(each).toString('base64') } : each,
  )
}

function decode(text: string): unknown {
  return JSON.parse(text, (_, each: unknown) => {
    if (typeof each !== 'object' || each === null || !(BYTES in each)) return each
    const base64 = each[BYTES]
    return typeof base64 === 'string' ? new Uint8Array(Buffer.from(base64, 'base64')) : each
  })
}
