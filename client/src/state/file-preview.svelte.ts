import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { TEXT_BYTES, type Preview } from '../lib/preview.ts'
import type { Actions } from './actions.svelte.ts'

/** What is on screen of a file. */
export type Shown =
  | { readonly as: 'nothing' | 'failed' | 'gone' | 'notHere' | 'noStream' }
  | { readonly as: 'text'; readonly text: string; readonly isCut: boolean }
  | { readonly as: 'image' | 'media'; readonly source: string }

/** One file while it is looked at. */
export class FilePreview {
  shown = $state.raw<Shown>({ as: 'nothing' })
  /** Its address, also where it could not be shown. */
  #held: string | null = null
  #isClosed = false

  /** Shows a file of which all is here. */
  async load(
    actions: Pick<Actions, 'try'>,
    infoHash: InfoHash,
    index: number,
    preview: Preview,
  ): Promise<void> {
    const result = await actions.try({ type: 'blobs', infoHash, files: [index] })
    const blob = result.ok ? result.value.files[0]?.file : undefined
    if (this.#isClosed) return
    if (blob === undefined) this.shown = { as: 'failed' }
    else if (preview.kind === 'text') {
      // A file of the person's may have been moved or changed since.
      const text = await blob
        .slice(0, TEXT_BYTES)
        .text()
        .catch(() => null)
      this.shown = text === null ? { as: 'gone' } : { as: 'text', text, isCut: blob.size > TEXT_BYTES }
    } else {
      const source = URL.createObjectURL(blob.slice(0, blob.size, preview.type))
      this.#held = source
      this.shown = { as: preview.kind === 'image' ? 'image' : 'media', source }
    }
  }

  /** Also while it loads: what comes after that would be held for ever. */
  close(): void {
    this.#isClosed = true
    if (this.#held !== null) URL.revokeObjectURL(this.#held)
  }
}
