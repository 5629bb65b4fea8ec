import { loadDeviceMessages } from '../lang/device/messages.ts'
import type { Language } from '../lang/language.ts'
import type { Device } from './device.svelte.ts'
import type { Notices } from './notices.svelte.ts'

/** Brings a new version into this tab, but never under running transfers without a word. Loaded when there is one. */
export class Updates {
  readonly #device: Device
  readonly #notices: Notices
  readonly #lang: Language
  #wasAccepted = false

  constructor(device: Device, notices: Notices, lang: Language) {
    this.#device = device
    this.#notices = notices
    this.#lang = lang
  }

  /**
   * A new version waits, or another tab has let it in already, and this one still runs the old code.
   * @param waiting asked again when the person answers: an even newer one may wait by then, or none any more.
   */
  async offer(waiting: () => ServiceWorker | null): Promise<void> {
    if (this.#wasAccepted) return waiting() === null ? this.#reload() : undefined
    const { update } = await loadDeviceMessages(this.#lang.code)
    const accept = () => {
      this.#wasAccepted = true
      // Once it has taken over, all tabs are told, this one too.
      const worker = waiting()
      if (worker === null) this.#reload()
      else worker.postMessage({ type: 'skipWaiting' })
    }
    const ask = () => {
      if (!this.#device.wouldLose) return accept()
      const later = () => {
        this.#notices.show(update.waits)
        this.#whenIdle(accept)
      }
      const ways = [
        { label: update.later, run: later },
        { label: update.anyway, run: accept },
      ]
      this.#notices.show(update.busy, 'warn', ways)
    }
    this.#notices.show(update.ready, 'quiet', [{ label: update.now, run: ask }])
  }

  #whenIdle(run: () => void): void {
    const end = $effect.root(() => {
      $effect(() => {
        if (this.#device.wouldLose) return
        end()
        run()
      })
    })
  }

  #reload(): void {
    this.#device.isLeaving = true
    location.reload()
  }
}
