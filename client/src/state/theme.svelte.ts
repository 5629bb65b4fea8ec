export type Theme = 'auto' | 'light' | 'dark'

const KEY = 'ringdrop-theme'
const NEXT: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' }

/** Light, dark, or as the system has it; remembered where the browser lets us. */
export class ThemeState {
  #theme = $state<Theme>(remembered())

  constructor() {
    this.#apply()
  }

  get current(): Theme {
    return this.#theme
  }

  next(): void {
    this.#theme = NEXT[this.#theme]
    this.#apply()
    try {
      localStorage.setItem(KEY, this.#theme)
    } catch {
      // Storage is forbidden; the choice holds until the tab is closed.
    }
  }

  #apply(): void {
    document.documentElement.dataset['theme'] = this.#theme
  }
}

function remembered(): Theme {
  try {
    const theme = localStorage.getItem(KEY)
    return theme === 'light' || theme === 'dark' ? theme : 'auto'
  } catch {
    return 'auto'
  }
}
