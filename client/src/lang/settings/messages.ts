/** What is said in the settings: beside the languages proper, so that the first visit does not fetch it. */
import { loadWords } from '../late-words.ts'
import type { SettingsMessages } from './en.ts'

const FILES = import.meta.glob<{ readonly settings: SettingsMessages }>('./??.ts')

/** Those of a language, or the English ones where it has none. @throws when the file can't be fetched. */
export const loadSettingsMessages = async (code: string): Promise<SettingsMessages> =>
  (await loadWords(FILES, code)).settings
