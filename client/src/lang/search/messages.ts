/** What is said on the search page: beside the languages proper, so that the first visit does not fetch it. */
import { loadWords } from '../late-words.ts'
import type { SearchMessages } from './en.ts'

const FILES = import.meta.glob<{ readonly search: SearchMessages }>('./??.ts')

/** Those of a language, or the English ones where it has none. @throws when the file can't be fetched. */
export const loadSearchMessages = async (code: string): Promise<SearchMessages> =>
  (await loadWords(FILES, code)).search
