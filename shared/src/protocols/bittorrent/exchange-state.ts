import type { StoreFailure } from './effects.ts'

/**
 * The life of one share on one node:
 *
 *     metadata -> offered -> checking -> leeching <-> endgame -> seeding
 *
 * with `paused` reachable from the last four and `failed` from anywhere.
 */
export type ExchangeState =
  /** Only the infohash is known; the info dictionary is being fetched. */
  | { readonly name: 'metadata' }
  /** Names and sizes are known; no byte of a file moves until the person says so. */
  | { readonly name: 'offered' }
  /** What the store holds is being hashed. `fraction` 0 to 1. `isPaused`: by the person, who wants it to stay so afterwards. */
  | { readonly name: 'checking'; readonly fraction: number; readonly isPaused: boolean }
  | { readonly name: 'leeching' }
  /** Every missing block has been asked for. */
  | { readonly name: 'endgame' }
  /** All wanted files are here. */
  | { readonly name: 'seeding' }
  | { readonly name: 'paused'; readonly because: 'person' | StoreFailure }
  | { readonly name: 'failed'; readonly because: 'sourceMissing' | 'sourceChanged' | 'io' }

export type ExchangeStateName = ExchangeState['name']

/** States in which blocks are asked for. */
export const isFetching = (state: ExchangeState): boolean =>
  state.name === 'leeching' || state.name === 'endgame'

/** States in which blocks are given. */
export const isServing = (state: ExchangeState): boolean => isFetching(state) || state.name === 'seeding'

/** Whether the person has paused it: it stays so until they resume it, also over a reload. */
export const isPausedByPerson = (state: ExchangeState): boolean =>
  state.name === 'checking' ? state.isPaused : state.name === 'paused' && state.because === 'person'
