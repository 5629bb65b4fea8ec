import type { Component } from 'svelte'
import { loadNetworkMessages } from '../lang/network/messages.ts'
import { loadSearchMessages } from '../lang/search/messages.ts'
import { persistent } from '../lib/persistent.ts'
import hashWorkerUrl from '../workers/hash.worker.ts?worker&url'
import storeWorkerUrl from '../workers/store.worker.ts?worker&url'

/** Pages that few people open at first: their code is fetched when they do, or by {@link fetchAhead}. */
export const LATE = {
  share: () => import('./SharePage.svelte'),
  search: () => import('./SearchPage.svelte'),
  network: () => import('./NetworkPage.svelte'),
  lab: () => import('./LabPage.svelte'),
  invite: () => import('./InvitePage.svelte'),
} satisfies Record<string, () => Promise<{ default: Component<never> }>>

/**
 * Fetches what people search, download and invite with, so that it is there when the server dies. The service worker
 * keeps all of the app, but takes a while to fetch it at the first visit, and not every page may have one.
 * @param language whose words are fetched, too.
 */
export async function fetchAhead(language: string): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined)
  if (registration?.active != null) return
  const { share, search, network, invite } = LATE
  const parts = [
    () => import('../components/TransferList.svelte'),
    () => import('../components/TransferDetails.svelte'),
    () => import('../lib/save-many.ts'),
    () => loadNetworkMessages(language),
    () => loadSearchMessages(language),
    // Into the browser's cache, from where they start.
    () => fetch(storeWorkerUrl),
    () => fetch(hashWorkerUrl),
  ]
  await Promise.allSettled(
    [share, search, network, invite, ...parts].map((load) => persistent<unknown>(load)),
  )
}
