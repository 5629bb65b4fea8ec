import { createNodeClient } from '../src/app/tabs.ts'
import { MeshProbe } from './mesh-probe.ts'
import { RawChannel } from './raw-channel.ts'

/** The page that `npm run bench` drives: the production engine without its interface, and the bare channel. */
Object.assign(globalThis, {
  makeEngine: () => createNodeClient(),
  makeMeshProbe: () => MeshProbe.start(),
  makeRaw: () => new RawChannel(),
})
