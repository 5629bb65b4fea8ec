export type Theme = 'auto' | 'light' | 'dark'

export const THEMES: readonly Theme[] = ['auto', 'light', 'dark']
const KEY = 'ringdrop-theme'

/** Light, dark, or as the system has it; remembered where the browser lets us. */
export class ThemeState {
  #theme = $state<Theme>(remembered())

  constructor() {
    this.#apply()
  }

  get current(): Theme {
    return this.#theme
  }

  choose(theme: Theme): void {
    this.#theme = theme
    this.#apply()
    try {
      localStorage.setItem(KEY, theme)
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
