/** Order and choice of the transfers on the first screen. */
import type { ShareView } from '@ringdrop/shared/node/snapshot.ts'
import { fractionOf } from './format.ts'
import type { Language } from '../lang/language.ts'
import { displayName } from './links.ts'

export type ListFilter = 'all' | 'active' | 'downloads' | 'shared' | 'stopped'
export type ListOrder = 'added' | 'name' | 'size' | 'progress' | 'speed'
export const LIST_FILTERS: readonly ListFilter[] = ['all', 'active', 'downloads', 'shared', 'stopped']
export const LIST_ORDERS: readonly ListOrder[] = ['added', 'name', 'size', 'progress', 'speed']

export interface ListView {
  readonly text: string
  readonly filter: ListFilter
  readonly order: ListOrder
}

/** Fewer transfers than this are looked over at a glance; tools would only be in the way. */
export const TOOLS_FROM = 4

/** The transfers to show, in order. Equal ones stay newest first. */
export function listed(
  lang: Language,
  shares: readonly ShareView[],
  { text, filter, order }: ListView,
): ShareView[] {
  const nameOf = (share: ShareView) => displayName(lang, share.name, share.infoHash)
  const words = text.trim().toLowerCase()
  return shares
    .filter((share) => MATCHES[filter](share))
    .filter((share) => words === '' || nameOf(share).toLowerCase().includes(words))
    .sort((a, b) => ORDERS[order](a, b, nameOf) || b.addedAt - a.addedAt)
}

/**
 * The transfers to show while somebody is at one of them. Those that were shown stay where they were, whatever order and
 * filter say by now: a card that is moved loses the focus, and its dialogs are modal no longer. New ones come first.
 */
export function steady(
  all: readonly ShareView[],
  fresh: readonly ShareView[],
  before: readonly ShareView[],
): ShareView[] {
  const now = new Map(all.map((share) => [share.infoHash, share]))
  const held = new Set(before.map(({ infoHash }) => infoHash))
  const added = fresh.filter(({ infoHash }) => !held.has(infoHash))
  return [...added, ...[...held].flatMap((infoHash) => now.get(infoHash) ?? [])]
}

const MATCHES: Readonly<Record<ListFilter, (share: ShareView) => boolean>> = {
  all: () => true,
  active: (share) => share.downSpeed > 0 || share.upSpeed > 0 || share.state.name === 'checking',
  downloads: (share) => !share.isSource,
  shared: (share) => share.isSource,
  stopped: ({ state }) => state.name === 'paused' || state.name === 'failed',
}

type Comparison = (a: ShareView, b: ShareView, nameOf: (share: ShareView) => string) => number

const ORDERS: Readonly<Record<ListOrder, Comparison>> = {
  added: () => 0,
  name: (a, b, nameOf) => nameOf(a).localeCompare(nameOf(b), undefined, { numeric: true }),
  size: (a, b) => b.totalBytes - a.totalBytes,
  progress: (a, b) => progressOf(a) - progressOf(b),
  speed: (a, b) => b.downSpeed + b.upSpeed - (a.downSpeed + a.upSpeed),
}

const progressOf = (share: ShareView): number => fractionOf(share.verifiedBytes, share.wantedBytes)
