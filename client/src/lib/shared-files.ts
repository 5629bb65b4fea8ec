/** What another app handed over by the system's share sheet: the service worker puts it into a cache, the page takes it out. */
import { SHARED_CACHE, SHARED_TEXT } from '../workers/share-target.ts'
import type { PickedFile } from '../app/api.ts'

export interface Shared {
  readonly files: readonly PickedFile[]
  readonly text: string
}

/** Takes what is there; a second call finds nothing. */
export async function takeShared(): Promise<Shared> {
  if (!('caches' in globalThis)) return { files: [], text: '' }
  const cache = await caches.open(SHARED_CACHE)
  const files: PickedFile[] = []
  let text = ''
  for (const request of await cache.keys()) {
    const response = await cache.match(request)
    const name = decodeURIComponent(new URL(request.url).pathname.split('/').at(-1) ?? '')
    if (response !== undefined && name === SHARED_TEXT) text = await response.text()
    else if (response !== undefined) {
      const blob = await response.blob()
      files.push({ file: new File([blob], name, { type: blob.type }), path: [name] })
    }
  }
  await caches.delete(SHARED_CACHE)
  return { files, text }
}
