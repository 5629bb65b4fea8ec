import { mount } from 'svelte'
import App from './App.svelte'
import './app.css'
import { createNodeClient } from './app/tabs.ts'
import { VERSION } from './app/version.ts'

const client = createNodeClient()

/** Read only, for tests and bug reports. */
const ringdrop = Object.freeze({
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
Object.defineProperty(globalThis, 'ringdrop', { value: ringdrop, enumerable: true })

const target = document.getElementById('app')
if (target !== null) mount(App, { target, props: { client } })
