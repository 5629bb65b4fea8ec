import { recall, remember } from '../lib/remembered.ts'

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
    remember(KEY, theme)
  }

  /** As it was chosen in another tab. */
  follow(): void {
    this.#theme = remembered()
    this.#apply()
  }

  #apply(): void {
    document.documentElement.dataset['theme'] = this.#theme
  }
}

function remembered(): Theme {
  const theme = recall(KEY)
  return theme === 'light' || theme === 'dark' ? theme : 'auto'
}
