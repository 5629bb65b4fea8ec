import { createNodeClient } from '../src/app/tabs.ts'
import { trustOwnScripts } from '../src/lib/trusted-types.ts'
import { MeshProbe } from './mesh-probe.ts'
import { RawChannel } from './raw-channel.ts'

// The server's policy for pages lets workers start from addresses that were checked, and from no others.
trustOwnScripts()

/** The page that `npm run bench` drives: the production engine without its interface, and the bare channel. */
Object.assign(globalThis, {
  makeEngine: () => createNodeClient(),
  makeMeshProbe: () => MeshProbe.start(),
  makeRaw: () => new RawChannel(),
})
