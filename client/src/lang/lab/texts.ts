/** What only the Lab shows: beside the languages proper, since it is long and few open it. */
import { loadWords } from '../late-words.ts'
import type { LabMessages } from './en.ts'

/** A short text about one architecture. */
export interface Essay {
  readonly title: string
  readonly paragraphs: readonly string[]
  readonly strengths: readonly string[]
  readonly weaknesses: readonly string[]
}

export interface LabTexts {
  readonly lab: LabMessages
  readonly essays: readonly Essay[]
}

const FILES = import.meta.glob<LabTexts>('./??.ts')

/** Those of a language, or the English ones where it has none. */
export const loadLabTexts = (code: string): Promise<LabTexts> => loadWords(FILES, code)
