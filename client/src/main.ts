import { mount } from 'svelte'
import App from './App.svelte'
import './app.css'
import type { NodeClient } from './app/api.ts'
import { emptySnapshot } from './app/empty-snapshot.ts'
import { VERSION } from './app/version.ts'
import { deadClient } from './state/dead-client.ts'

/** Loaded apart: without a secure context its modules may not even start, and people must be told why. */
async function loadClient(): Promise<NodeClient> {
  try {
    const { createNodeClient } = await import('./app/tabs.ts')
    return createNodeClient()
  } catch (error) {
    const because = globalThis.isSecureContext ? 'fault' : 'insecureContext'
    const detail = globalThis.isSecureContext ? String(error) : location.origin
    return deadClient({ name: 'failed', because, detail })
  }
}

/** Read only, for tests and bug reports; there from the start, before the node is. */
function describe(loading: Promise<NodeClient>) {
  const held: { client?: NodeClient } = {}
  void loading.then((client) => (held.client = client))
  return Object.freeze({
    version: VERSION,
    snapshot: () => {
      const { node, ...app } = held.client?.snapshot() ?? emptySnapshot({ name: 'starting' })
      return structuredClone({ ...node, ...app, node })
    },
    diagnostics: async () => {
      const client = await loading
      const result = await client.run<'diagnostics'>({ type: 'diagnostics' })
      return result.ok ? result.value.text : JSON.stringify({ version: VERSION, error: result.code })
    },
  })
}

/** So that the app opens when the server is gone. Without it everything else works all the same. */
function installShell(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  navigator.serviceWorker.register('./sw.js').catch(() => undefined)
}

const loading = loadClient()
Object.defineProperty(globalThis, 'ringdrop', { value: describe(loading), enumerable: true })
const client = await loading
const target = document.getElementById('app')
if (target !== null) mount(App, { target, props: { client } })
if (document.readyState === 'complete') installShell()
else addEventListener('load', installShell, { once: true })
