import { createFormat, type Format } from './format.ts'
import { en, type Messages } from './en.ts'

/** What views speak: messages and numbers of one language. */
export interface Language {
  /** As in `lang` attributes: `en`, `zh`. */
  readonly code: string
  /** Messages. */
  readonly t: Messages
  /** Numbers. */
  readonly f: Format
}

export function createLanguage(code: string, messages: Messages): Language {
  return { code, t: messages, f: createFormat(messages.units) }
}

export const english = createLanguage('en', en)
