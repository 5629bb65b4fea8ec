import { createStore, delMany, entries, get, keys, set, setMany } from 'idb-keyval'
import type { Values } from './values.ts'

/** Values in IndexedDB, by idb-keyval. */
export function idbValues(name = 'ringdrop-state'): Values {
  const store = createStore(name, 'state')
  return {
    get: (key) => get(key, store),
    set: (key, value) => set(key, value, store),
    setMany: (values) => setMany([...values] as [string, unknown][], store),
    deleteMany: (keys) => delMany([...keys], store),
    entries: () => entries<string, unknown>(store),
    keys: () => keys<string>(store),
  }
}
