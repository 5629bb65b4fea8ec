/** What is said in the settings: beside the languages proper, so that the first visit does not fetch it. */
import type { SettingsMessages } from './en.ts'

const FILES = import.meta.glob<{ readonly settings: SettingsMessages }>('./??.ts')

/** Those of a language, or the English ones where it has none. @throws when the file can't be fetched. */
export async function loadSettingsMessages(code: string): Promise<SettingsMessages> {
  const load = FILES[`./${code}.ts`] ?? FILES['./en.ts']
  const file = await load?.()
  if (file === undefined) throw new Error('the words of the settings are missing')
  return file.settings
}
