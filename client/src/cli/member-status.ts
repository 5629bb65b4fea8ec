import type { Session } from './session.ts'
import { bytesInWords, countInWords } from './words.ts'

/** Says how an always-on member stands in the network. */
export function tellStatus({ peer, output }: Session): void {
  const { links, shares, systems } = peer.snapshot()
  const server = peer.server.state
  const role = systems.kazaa?.role ?? 'off'
  const ringSize = systems.ring?.size ?? 0
  const uploadedBytes = shares.reduce((sum, share) => sum + share.uploadedBytes, 0)
  const fields = { server, links: links.length, role, ringSize, shares: shares.length, uploadedBytes }
  const words = [
    `server ${server}`,
    countInWords(links.length, 'link'),
    role,
    `ring of ${String(ringSize)}`,
    countInWords(shares.length, 'share'),
    `${bytesInWords(uploadedBytes)} sent`,
  ]
  output.status('status', fields, words.join(', '))
}
