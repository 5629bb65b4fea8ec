import { dirname, join } from 'node:path'
import * as v from 'valibot'
import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import { parseInfo } from '@ringdrop/shared/content/metainfo.ts'
import { parseInfoHash, type InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { FileValues } from '../adapters/node/file-values.ts'
import type { Values } from '../adapters/values.ts'
import { CliFailure, whyOf } from './failure.ts'

const infoHash = v.custom<InfoHash>((each) => parseInfoHash(each) !== null)
/** Found by its link alone. Earlier versions did not write it down for what was downloaded. */
const isUnlisted = v.optional(v.boolean(), false)
const schema = v.object({
  /** Own files and folders, as absolute paths. */
  paths: v.array(v.object({ path: v.string(), isUnlisted: v.boolean() })),
  /** Links that were given and are not downloaded yet. */
  wanted: v.array(
    v.union([
      v.object({ infoHash, isUnlisted }),
      // So earlier versions wrote it.
      v.pipe(
        infoHash,
        v.transform((each) => ({ infoHash: each, isUnlisted: false })),
      ),
    ]),
  ),
  /** Finished downloads and where their files are. */
  saved: v.array(
    v.object({
      infoBytes: v.custom<Bytes>((each) => each instanceof Uint8Array),
      files: v.array(v.string()),
      isUnlisted,
    }),
  ),
})
type Memory = v.InferOutput<typeof schema>

/** A file or folder of the person's own. */
export type OwnPath = Memory['paths'][number]
/** A share that is to be downloaded. */
export type Wanted = Memory['wanted'][number]
/** A finished download. */
export type Saved = Memory['saved'][number]

/** Whatever a node remembers. */
export type Item = OwnPath | Wanted | Saved

/** How people name what a node remembers: by an absolute path, or by a link. */
export const nameSchema = v.union([v.object({ path: v.string() }), v.object({ infoHash })])
export type Name = v.InferOutput<typeof nameSchema>

const KEY = 'node'
const NOTHING: Memory = { paths: [], wanted: [], saved: [] }

/** What the always-on member shares and fetches, over restarts. */
export class NodeMemory {
  /** Links that were given in this run though their downloads are saved. */
  readonly #asked = new Set<InfoHash>()

  private constructor(
    readonly values: Values,
    private memory: Memory,
  ) {}

  /** @param stateFolder as in the options of the command. Rejects with a {@link CliFailure} when it can't be read. */
  static async load(stateFolder: string): Promise<NodeMemory> {
    const values = new FileValues(join(stateFolder, 'node'))
    const stored = await values.getOrFail(KEY).catch((error: unknown) => {
      throw unreadable(values, whyOf(error))
    })
    const parsed = v.safeParse(schema, stored === undefined ? NOTHING : stored)
    if (!parsed.success) throw unreadable(values, `${values.pathOf(KEY)} holds something else.`)
    const memory = parsed.output
    // Earlier versions wanted again what they had.
    const wanted = memory.wanted.filter((each) => !memory.saved.some((saved) => isOf(saved, each.infoHash)))
    return new NodeMemory(values, { ...memory, wanted })
  }

  get paths(): Memory['paths'] {
    return this.memory.paths
  }

  get wanted(): Memory['wanted'] {
    return this.memory.wanted
  }

  get saved(): Memory['saved'] {
    return this.memory.saved
  }

  addPath(path: string, isUnlisted: boolean): Promise<void> {
    const paths = [...this.memory.paths.filter((each) => each.path !== path), { path, isUnlisted }]
    return this.#save({ paths })
  }

  /** A link was given; what is saved already is not wanted, but listed or not as was said last. */
  addWanted(infoHash: InfoHash, isUnlisted: boolean): Promise<void> {
    const { saved } = this.memory
    if (!saved.some((each) => isOf(each, infoHash)))
      return this.#save({ wanted: [...this.#othersWanted(infoHash), { infoHash, isUnlisted }] })
    this.#asked.add(infoHash)
    return this.#save({ saved: saved.map((each) => (isOf(each, infoHash) ? { ...each, isUnlisted } : each)) })
  }

  /** A wanted share is there. */
  addSaved(infoHash: InfoHash, saved: Saved): Promise<void> {
    return this.#save({ wanted: this.#othersWanted(infoHash), saved: [...this.memory.saved, saved] })
  }

  /** A wanted share needs not be fetched. */
  dropWanted(infoHash: InfoHash): Promise<void> {
    return this.#save({ wanted: this.#othersWanted(infoHash) })
  }

  /** The files of a download are as they were: it has what its link was given for. */
  confirmSaved(infoHash: InfoHash): void {
    this.#asked.delete(infoHash)
  }

  /** Its files are gone or changed. @returns what is wanted instead: that of a link that was given in this run. */
  async dropSaved({ infoBytes, isUnlisted }: Saved): Promise<Wanted | null> {
    const saved = this.memory.saved.filter((each) => each.infoBytes !== infoBytes)
    const info = parseInfo(infoBytes)
    const infoHash = info.ok && this.#asked.delete(info.value.infoHash) ? info.value.infoHash : null
    const again = infoHash === null ? null : { infoHash, isUnlisted }
    const wanted = again === null ? this.memory.wanted : [...this.#othersWanted(again.infoHash), again]
    await this.#save({ saved, wanted })
    return again
  }

  /** What is remembered under a name; under a path also the download that was saved there. */
  itemsOf(name: Name): Item[] {
    const { paths, wanted, saved } = this.memory
    if ('infoHash' in name) {
      const { infoHash } = name
      const links = wanted.filter((each) => each.infoHash === infoHash)
      return [...links, ...saved.filter((each) => isOf(each, infoHash))]
    }
    const own = paths.filter(({ path }) => path === name.path)
    return [...own, ...saved.filter((each) => placeOf(each) === name.path)]
  }

  /** Whether it has not been forgotten. */
  has(item: Item): boolean {
    const all: readonly Item[] = [...this.memory.paths, ...this.memory.wanted, ...this.memory.saved]
    return all.includes(item)
  }

  /** Remembers it no longer. */
  async forget(items: readonly Item[]): Promise<void> {
    if (items.length === 0) return
    const { paths, wanted, saved } = this.memory
    const isKept = (item: Item) => !items.includes(item)
    await this.#save({
      paths: paths.filter(isKept),
      wanted: wanted.filter(isKept),
      saved: saved.filter(isKept),
    })
  }

  #othersWanted(infoHash: InfoHash): Memory['wanted'] {
    return this.memory.wanted.filter((each) => each.infoHash !== infoHash)
  }

  #save(change: Partial<Memory>): Promise<void> {
    this.memory = { ...this.memory, ...change }
    return this.values.set(KEY, this.memory)
  }
}

/** It would be taken for nothing, and written over. */
function unreadable(values: FileValues, why: string): CliFailure {
  const next = `Mend ${values.pathOf(KEY)} or its permissions, move it away to begin anew, or name another folder with --state DIR.`
  return new CliFailure('files', 'What the node remembers can’t be read.', why, next)
}

/** The share that a link or a download is of; `null` when that can't be told any more. */
export function infoHashOf(item: Wanted | Saved): InfoHash | null {
  if ('infoHash' in item) return item.infoHash
  const info = parseInfo(item.infoBytes)
  return info.ok ? info.value.infoHash : null
}

const isOf = (saved: Saved, infoHash: InfoHash): boolean => infoHashOf(saved) === infoHash

/** The file or folder that a download became; `null` when that can't be told. */
function placeOf({ infoBytes, files }: Saved): string | null {
  const info = parseInfo(infoBytes)
  let place = files[0]
  if (!info.ok || place === undefined) return null
  const depth = info.value.isSingleFile ? 0 : (info.value.files[0]?.path.length ?? 0)
  for (let up = 0; up < depth; up++) place = dirname(place)
  return place
}
