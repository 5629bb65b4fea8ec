import { SHARED_CACHE, SHARED_TEXT } from './share-target.ts'

/** Bounds of what another app may hand over in one go; our choice. */
const MAX_SHARED_FILES = 1_000
const MAX_SHARED_TEXT = 100_000

/**
 * Keeps what another app shares with ours until the page, which opens next, takes it. All of it or nothing.
 * @returns false when there is no room for it, or it is too much.
 */
export async function keepShared(form: FormData, storage: CacheStorage): Promise<boolean> {
  // What nobody took is not part of this.
  await storage.delete(SHARED_CACHE)
  const files = form.getAll('files').filter((each) => each instanceof File)
  if (files.length > MAX_SHARED_FILES) return false
  try {
    const cache = await storage.open(SHARED_CACHE)
    for (const [index, file] of files.entries()) {
      const path = `./shared/${String(index)}/${encodeURIComponent(file.name)}`
      await cache.put(path, new Response(file, { headers: { 'content-type': file.type } }))
    }
    const text = textOf(form)
    if (text !== '') await cache.put(`./shared/${SHARED_TEXT}`, new Response(text.slice(0, MAX_SHARED_TEXT)))
    return true
  } catch {
    await storage.delete(SHARED_CACHE)
    return false
  }
}

function textOf(form: FormData): string {
  const parts = ['url', 'text', 'title'].map((field) => form.get(field))
  return parts.find((part) => typeof part === 'string' && part.trim() !== '')?.toString() ?? ''
}
