/** The last time that the page stood still, as views show it. */
export interface SleepView {
  readonly lastGapMs: number
  /** When it ran again, in milliseconds since the Unix epoch. */
  readonly at: number
}

export interface WakefulnessEvents {
  /** The page runs again after standing still for so long. */
  woke(gapMs: number): void
  /** The browser says that the network is another one, or back. */
  networkChanged(): void
}

/** How often it is looked whether time has passed without us. Our choice. */
const TICK_MS = 5_000
/** A visible page whose timer is so late has stood still: the machine slept, or the page was frozen. Our choice. */
const GAP_MS = 15_000
/** Browsers run timers of hidden pages once a minute at least; only what is longer is a sleep. */
const HIDDEN_GAP_MS = 75_000
/** Phones report one change of network as several events. */
const SETTLE_MS = 500

/** Notices that the page stood still, and that the network changed. Wall time, since other clocks sleep too. */
export class Wakefulness {
  readonly #events: WakefulnessEvents
  readonly #stopped = new AbortController()
  readonly #timer: ReturnType<typeof setInterval>
  #ranAt = Date.now()
  #wasHidden = document.hidden
  #settling: ReturnType<typeof setTimeout> | null = null
  #sleep: SleepView | null = null

  constructor(events: WakefulnessEvents) {
    this.#events = events
    const { signal } = this.#stopped
    const wake = () => this.#look(0)
    this.#timer = setInterval(
      () => this.#look(this.#wasHidden || document.hidden ? HIDDEN_GAP_MS : GAP_MS),
      TICK_MS,
    )
    document.addEventListener('freeze', () => (this.#ranAt = Date.now()), { signal })
    document.addEventListener('resume', wake, { signal })
    addEventListener('pageshow', (event) => (event.persisted ? wake() : undefined), { signal })
    document.addEventListener('visibilitychange', () => (this.#wasHidden = document.hidden), { signal })
    const changed = () => this.#onNetwork()
    addEventListener('online', changed, { signal })
    connectionOf(navigator)?.addEventListener('change', changed, { signal })
  }

  /** `null` while the page has never stood still. */
  get sleep(): SleepView | null {
    return this.#sleep
  }

  stop(): void {
    this.#stopped.abort()
    clearInterval(this.#timer)
    if (this.#settling !== null) clearTimeout(this.#settling)
  }

  #look(gapMs: number): void {
    const now = Date.now()
    const lastGapMs = now - this.#ranAt
    this.#ranAt = now
    if (lastGapMs < gapMs) return
    this.#sleep = { lastGapMs, at: now }
    this.#events.woke(lastGapMs)
  }

  #onNetwork(): void {
    if (this.#settling !== null) clearTimeout(this.#settling)
    this.#settling = setTimeout(() => this.#events.networkChanged(), SETTLE_MS)
  }
}

/** Not in every browser, and not in the DOM types. */
function connectionOf(navigator: Navigator): EventTarget | null {
  const connection: unknown = 'connection' in navigator ? navigator.connection : null
  return connection instanceof EventTarget ? connection : null
}
