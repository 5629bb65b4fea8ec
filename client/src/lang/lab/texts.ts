/** What only the Lab shows: beside the languages proper, since it is long and few open it. */
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
export async function loadLabTexts(code: string): Promise<LabTexts> {
  const load = FILES[`./${code}.ts`] ?? FILES['./en.ts']
  const texts = await load?.()
  if (texts === undefined) throw new Error('the texts of the lab are missing')
  return texts
}
