import { loadDeviceMessages } from '../lang/device/messages.ts'
import type { Language } from '../lang/language.ts'
import { persistent } from '../lib/persistent.ts'
import { forgetAccepted, markAccepted, wasAccepted } from '../lib/update-mark.ts'
import type { Device } from './device.svelte.ts'
import type { Notices } from './notices.svelte.ts'

/** A new worker that is let in takes over within this time, or waits for something. Our choice. */
const TAKE_OVER_MS = 5_000
/**
 * So long after the last transfer the page fetches nothing any more (the icon of the tab changes then). What is fetched
 * while the old worker is being stopped starts that one anew, and Chromium lets it live for half a minute, for the
 * request to skip the waiting is heard once only (so in 10 of 10 runs). Our choice.
 */
const SETTLE_MS = 1_000

/** Brings a new version into this tab, but never under running transfers without a word. Loaded when there is one. */
export class Updates {
  readonly #device: Device
  readonly #notices: Notices
  readonly #lang: Language
  #wasAccepted = wasAccepted()

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
    if (this.#wasAccepted) {
      if (waiting() !== null) return
      forgetAccepted()
      return this.#device.reload()
    }
    const { update } = await persistent(
      () => loadDeviceMessages(this.#lang.code),
      () => undefined,
    )
    const accept = () => {
      this.#wasAccepted = true
      // Once it has taken over, all tabs are told, this one too.
      const worker = waiting()
      if (worker === null) return this.#device.reload()
      worker.postMessage({ type: 'skipWaiting' })
      // The old worker may have something under way for this page, and then stays until the page is gone.
      setTimeout(() => {
        markAccepted()
        this.#device.reload()
      }, TAKE_OVER_MS)
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

  /** As soon as nothing would be lost by leaving, and that for a moment. */
  #whenIdle(run: () => void): void {
    const end = $effect.root(() => {
      $effect(() => {
        if (this.#device.wouldLose) return
        const timer = setTimeout(() => {
          end()
          run()
        }, SETTLE_MS)
        return () => clearTimeout(timer)
      })
    })
  }
}
