import { createNodeClient } from '../src/app/tabs.ts'

Object.assign(globalThis, { engine: () => createNodeClient() })
