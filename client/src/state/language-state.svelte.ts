import { createContext } from 'svelte'
import { english, type Language } from '../lang/language.ts'
import { bestLanguage, LANGUAGE_CODES, loadLanguage } from '../lang/languages.ts'
import { recall, remember } from '../lib/remembered.ts'

const KEY = 'ringdrop-language'

/** The language of this browser, remembered where it lets us; views that read it are drawn again when it changes. */
export class LanguageState implements Language {
  #language = $state.raw<Language>(english)
  /** Chosen last: one whose file takes longer must not come over it. */
  #wanted = ''

  get code() {
    return this.#language.code
  }

  get t() {
    return this.#language.t
  }

  get f() {
    return this.#language.f
  }

  /** The remembered language, else the first of the browser's that we have. */
  async start(): Promise<void> {
    await this.#load(remembered() ?? bestLanguage(navigator.languages))
  }

  async choose(code: string): Promise<void> {
    remember(KEY, code)
    await this.#load(code)
  }

  /** As it was chosen in another tab. */
  follow(): void {
    const code = remembered()
    if (code !== null && code !== this.#wanted) void this.#load(code)
  }

  async #load(code: string): Promise<void> {
    this.#wanted = code
    // Without a server and never used before, a language may be out of reach: English stays.
    const language = await loadLanguage(code).catch(() => english)
    if (this.#wanted !== code) return
    this.#language = language
    document.documentElement.lang = this.#language.code
  }
}

function remembered(): string | null {
  const code = recall(KEY)
  return code !== null && LANGUAGE_CODES.includes(code) ? code : null
}

export const [getLang, setLang] = createContext<LanguageState>()
