/** What only the network page shows: beside the languages proper, so that the first screen need not fetch it. */
import type { NetworkMessages } from './en.ts'

const FILES = import.meta.glob<{ readonly network: NetworkMessages }>('./??.ts')

/** Those of a language, or the English ones where it has none. */
export async function loadNetworkMessages(code: string): Promise<NetworkMessages> {
  const load = FILES[`./${code}.ts`] ?? FILES['./en.ts']
  const file = await load?.()
  if (file === undefined) throw new Error('the words of the network page are missing')
  return file.network
}
