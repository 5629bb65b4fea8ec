/** What only the network page shows: beside the languages proper, so that the first screen need not fetch it. */
import { loadWords } from '../late-words.ts'
import type { NetworkMessages } from './en.ts'

const FILES = import.meta.glob<{ readonly network: NetworkMessages }>('./??.ts')

/** Those of a language, or the English ones where it has none. */
export const loadNetworkMessages = async (code: string): Promise<NetworkMessages> =>
  (await loadWords(FILES, code)).network
