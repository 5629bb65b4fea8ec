import type { ConnectionView } from './api.ts'
import type { NodeRuntime } from './node-runtime.ts'

/** How the linked peers are connected, as far as the browser says. */
export async function connectionsOf({ transport, node }: NodeRuntime): Promise<ConnectionView[]> {
  const paths = await transport.paths()
  return [...node.links.up()].flatMap(({ sid, peer }) => {
    const path = paths.get(sid)
    return path === undefined ? [] : [{ ...path, peer }]
  })
}
