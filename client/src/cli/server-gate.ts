import { CliFailure } from './failure.ts'
import type { Peer } from './peer.ts'

/** A server that answers does so within this time. Our choice. */
const SERVER_MS = 15_000
const PROBE_MS = 5_000

/** Waits until the server has let the peer in. Throws with the reason when it does not. */
export async function untilConnected(peer: Peer, server: string, signal: AbortSignal): Promise<void> {
  // A refusal will not change by waiting; a server that is just being started may come.
  const look = () =>
    peer.server.state === 'up' ? 'up' : peer.server.because === 'refused' ? 'refused' : null
  const outcome = await peer.until(look, signal, SERVER_MS)
  if (outcome === 'up') return
  const why = outcome === 'refused' ? 'It refused this peer.' : await whyUnreachable(server)
  throw new CliFailure(
    'noServer',
    `No connection to the server ${server}.`,
    why,
    'Check the address (--server URL) and whether the server runs; "npm start" starts one.',
  )
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there.',
  ENOTFOUND: 'The name of the host is unknown.',
  EAI_AGAIN: 'The name of the host can’t be looked up now.',
  ECONNRESET: 'The connection was cut.',
  ETIMEDOUT: 'It does not answer.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'Its certificate is its own; name it in NODE_EXTRA_CA_CERTS to trust it.',
  SELF_SIGNED_CERT_IN_CHAIN: 'Its certificate is its own; name it in NODE_EXTRA_CA_CERTS to trust it.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'Its certificate can’t be verified; name it in NODE_EXTRA_CA_CERTS to trust it.',
  CERT_HAS_EXPIRED: 'Its certificate has expired.',
}

/** Asks the server over plain HTTP, whose errors say more than those of a WebSocket. */
async function whyUnreachable(server: string): Promise<string> {
  try {
    const response = await fetch(`${server}/health`, { signal: AbortSignal.timeout(PROBE_MS) })
    return response.ok
      ? 'It is there, but it does not take WebSocket connections from here: its address may not be one of its own (PUBLIC_ORIGIN), or it is full.'
      : `It answers with status ${String(response.status)}; it may be no server of Ringdrop.`
  } catch (error) {
    return wordsOf(error) ?? 'It does not answer.'
  }
}

function wordsOf(error: unknown): string | null {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(cause instanceof Error)) return null
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  return WORDS[code] ?? (cause.name === 'TimeoutError' ? 'It does not answer.' : cause.message)
}
