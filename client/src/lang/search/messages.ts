/** What is said on the search page: beside the languages proper, so that the first visit does not fetch it. */
import type { SearchMessages } from './en.ts'

const FILES = import.meta.glob<{ readonly search: SearchMessages }>('./??.ts')

/** Those of a language, or the English ones where it has none. @throws when the file can't be fetched. */
export async function loadSearchMessages(code: string): Promise<SearchMessages> {
  const load = FILES[`./${code}.ts`] ?? FILES['./en.ts']
  const file = await load?.()
  if (file === undefined) throw new Error('the words of the search page are missing')
  return file.search
}
