import { createContext } from 'svelte'
import type { NetworkMessages } from '../lang/network/en.ts'

/** The words of the network page, which it fetches itself; read them anew each time, they may be exchanged. */
export const [getNetworkWords, setNetworkWords] = createContext<{ readonly t: NetworkMessages }>()
