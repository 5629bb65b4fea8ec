import { mount } from 'svelte'
import App from './App.svelte'
import './app.css'
import type { NodeClient } from './app/api.ts'
import { LateClient } from './app/late-client.ts'
import { VERSION } from './app/version.ts'
import { persistent } from './lib/persistent.ts'
import { trustOwnScripts } from './lib/trusted-types.ts'
import { deadClient } from './state/dead-client.ts'
import { LanguageState } from './state/language-state.svelte.ts'

/** Loaded apart: without a secure context its modules may not even start, and people must be told why. */
async function loadClient(): Promise<NodeClient> {
  try {
    const load = () => import('./app/tabs.ts')
    // Where nothing will ever start, people are told at once.
    const { createNodeClient } = await (globalThis.isSecureContext ? persistent(load) : load())
    return createNodeClient()
  } catch (error) {
    const because = globalThis.isSecureContext ? 'fault' : 'insecureContext'
    const detail = globalThis.isSecureContext ? String(error) : location.origin
    return deadClient({ name: 'failed', because, detail })
  }
}

/** Read only, for tests and bug reports; there from the start, before the node is. */
function describe(client: NodeClient) {
  return Object.freeze({
    version: VERSION,
    snapshot: () => {
      const { node, ...app } = client.snapshot()
      return structuredClone({ ...node, ...app, node })
    },
    diagnostics: async () => {
      const result = await client.run<'diagnostics'>({ type: 'diagnostics' })
      return result.ok ? result.value.text : JSON.stringify({ version: VERSION, error: result.code })
    },
  })
}

trustOwnScripts()
// Not before somebody is at something: until then no focus can be lost.
const keepFocus = () => import('./lib/keep-focus.ts').then((code) => code.keepFocus())
addEventListener('focusin', () => void keepFocus().catch(() => undefined), { once: true })
const client = new LateClient(loadClient())
Object.defineProperty(globalThis, 'ringdrop', { value: describe(client), enumerable: true })
const lang = new LanguageState()
// Not by waiting at the top level: a language's code imports from this very part, and each would wait for the other.
void lang.start().then(() => {
  const target = document.getElementById('app')
  if (target !== null) mount(App, { target, props: { client, lang } })
})
