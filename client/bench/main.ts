import { createNodeClient } from '../src/app/tabs.ts'
import { RawChannel } from './raw-channel.ts'

/** The page that `npm run bench` drives: the production engine without its interface, and the bare channel. */
Object.assign(globalThis, { makeEngine: () => createNodeClient(), makeRaw: () => new RawChannel() })
