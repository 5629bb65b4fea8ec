import { createHash } from 'node:crypto'
import { createReadStream, type Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'

/** Files whose tag is remembered. Our choice: ten builds' worth; beyond it the oldest is worked out again. */
const MOST_REMEMBERED = 2_000

interface Remembered {
  readonly version: string
  readonly tag: Promise<string | null>
}

/**
 * Strong entity tags (RFC 9110, section 8.8.3) made of what files hold. Size and time alone do not tell builds apart: what
 * packs them often gives every file the same time, and a page differs from the next one by names of one length.
 */
export class ContentTags {
  readonly #remembered = new Map<string, Remembered>()

  /**
   * The tag of a file, worked out once for each version of it that this process sees.
   * @param seen of the file when it was opened to be sent
   * @returns `null` when it is no longer the file that was seen
   */
  async of(path: string, seen: Stats): Promise<string | null> {
    const version = versionOf(seen)
    const known = this.#remembered.get(path)
    if (known?.version === version) return known.tag
    const tag = tagOf(path, version)
    this.#remembered.delete(path)
    this.#remembered.set(path, { version, tag })
    const [oldest] = this.#remembered.keys()
    if (this.#remembered.size > MOST_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest)
    // What changes just now is tried again the next time.
    if ((await tag) === null && this.#remembered.get(path)?.tag === tag) this.#remembered.delete(path)
    return tag
  }
}

/** Whether a condition `If-None-Match` holds no tag of this file: then the file is to be sent. */
export function isChanged(condition: string | undefined, tag: string): boolean {
  if (condition === undefined) return true
  // By the weak comparison, as for every `If-None-Match`: what packs answers on the way marks tags as weak.
  const tags = condition.split(',').map((each) => each.trim().replace(/^W\//, ''))
  return !tags.includes(tag) && !tags.includes('*')
}

/** Within one process: whoever replaces or writes a file, and then sets its time back, can not set this back. */
function versionOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string {
  return [dev, ino, size, mtimeMs, ctimeMs].join()
}

async function tagOf(path: string, version: string): Promise<string | null> {
  try {
    const hash = createHash('sha256')
    await pipeline(createReadStream(path), hash)
    // Replaced meanwhile: these may be the bytes of another version than those that are sent.
    if (versionOf(await stat(path)) !== version) return null
    return `"${hash.digest('base64url')}"`
  } catch {
    return null
  }
}
