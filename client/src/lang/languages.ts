import type { Messages } from './en.ts'
import { createLanguage, english, type Language } from './language.ts'

/**
 * Every other file of two letters in this folder is a language; it exports its messages under its own code. A file is
 * all that a new one needs. They are loaded when they are chosen, so that nobody pays for languages of others.
 */
const FILES = import.meta.glob<LanguageFile>(['./??.ts', '!./en.ts'])

/** Its messages under its code; it may also hold those of parts of the app, under the names by which they export them. */
type LanguageFile = Readonly<Record<string, unknown>>

/** Codes of all languages, English first. */
export const LANGUAGE_CODES: readonly string[] = [
  'en',
  ...Object.keys(FILES).map((path) => path.slice(2, -3)),
]

/** How a language calls itself: `中文`. Known to the browser, so that no file need be loaded for it. */
export function languageName(code: string): string {
  return new Intl.DisplayNames([code], { type: 'language' }).of(code) ?? code
}

/** The first of the wanted languages that is there. @param wanted tags such as `zh-Hans-CN`, best first. */
export function bestLanguage(wanted: readonly string[], codes: readonly string[] = LANGUAGE_CODES): string {
  for (const tag of wanted) {
    const code = tag.toLowerCase().split('-')[0] ?? ''
    if (codes.includes(code)) return code
  }
  return 'en'
}

/** @returns all that the file of a language exports; nothing where there is none. @throws when it can't be fetched. */
export const languageFile = async (code: string): Promise<LanguageFile> =>
  (await FILES[`./${code}.ts`]?.()) ?? {}

/** @throws when the file can't be fetched. */
export async function loadLanguage(code: string): Promise<Language> {
  const messages = (await languageFile(code))[code] as Messages | undefined
  return messages === undefined ? english : createLanguage(code, messages)
}
