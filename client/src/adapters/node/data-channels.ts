import type { DataChannel, PeerConnection } from 'node-datachannel'
import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import type { LocalSignal } from '@ringdrop/shared/protocols/introduction/effects.ts'
import type { IceServer } from '@ringdrop/shared/wire/signaling.ts'
import type { CandidateType, ConnectionPath } from '../connection-path.ts'

/** What libdatachannel's words mean in ours. */

type NativeServers = ConstructorParameters<typeof PeerConnection>[1]['iceServers']

/** A queue of a channel as `high-water.ts` sees it. */
export class BulkQueue {
  #low = 0

  constructor(readonly channel: DataChannel) {}

  get bufferedAmount(): number {
    return this.channel.bufferedAmount()
  }

  get bufferedAmountLowThreshold(): number {
    return this.#low
  }

  set bufferedAmountLowThreshold(bytes: number) {
    this.#low = bytes
    this.channel.setBufferedAmountLowThreshold(bytes)
  }
}

const URL_FORM = /^(stun|turns?):(\[[0-9a-f:.]+\]|[^:?\s]+)(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/i
const RELAY_TYPES = { udp: 'TurnUdp', tcp: 'TurnTcp', tls: 'TurnTls' } as const

/** Servers as libdatachannel takes them; addresses that it would not understand are left out. */
export function nativeServers(servers: readonly IceServer[]): NativeServers {
  return servers.flatMap(({ urls, username, credential }) =>
    urls.flatMap((url): NativeServers => {
      const [, scheme = '', host = '', port, transport = 'udp'] = URL_FORM.exec(url) ?? []
      const kind = scheme.toLowerCase()
      if (kind === '') return []
      const hostname = host.replace(/^\[|\]$/g, '')
      if (kind === 'stun') return [{ hostname, port: Number(port ?? 3478) }]
      if (username === undefined || credential === undefined) return []
      const relayType =
        RELAY_TYPES[kind === 'turns' ? 'tls' : transport.toLowerCase() === 'tcp' ? 'tcp' : 'udp']
      const usual = kind === 'turns' ? 5349 : 3478
      return [{ hostname, port: Number(port ?? usual), username, password: credential, relayType }]
    }),
  )
}

/** A candidate as browsers write it, without the `a=` of a description. */
export const candidateOf = (native: string, sdpMid: string): LocalSignal => ({
  type: 'candidate',
  candidate: native.replace(/^a=/, '').trim(),
  sdpMid,
  sdpMLineIndex: null,
})

/**
 * An offer that leaves us the passive part of DTLS. Who offers decides when ICE is done and knows it last: its hello
 * finds us ready, where ours would often come too early and be sent again after a second (in 14 of 100 connections on a
 * quiet machine, 3 to 5 this way).
 */
export const asActive = (offer: string): string => offer.replace(/^a=setup:actpass/m, 'a=setup:active')

const TYPES: readonly CandidateType[] = ['host', 'srflx', 'prflx', 'relay']

/** How an open connection runs; `null` when it does not say. */
export function pathOfNative(connection: PeerConnection, now: number): ConnectionPath | null {
  const pair = connection.getSelectedCandidatePair()
  if (pair === null) return null
  const typeOf = (type: string) => TYPES.find((each) => each === type) ?? null
  const roundTripMs = connection.rtt()
  return {
    local: typeOf(pair.local.type),
    remote: typeOf(pair.remote.type),
    protocol: pair.local.transportType.toLowerCase() === 'tcp' ? 'tcp' : 'udp',
    roundTripMs: roundTripMs > 0 ? roundTripMs : null,
    sentBytes: connection.bytesSent(),
    receivedBytes: connection.bytesReceived(),
    at: now,
  }
}

/** A message as bytes that are ours alone; `null` for text, which nobody sends. */
export function bytesOf(message: string | Buffer | ArrayBuffer): Bytes | null {
  if (typeof message === 'string') return null
  if (message instanceof ArrayBuffer) return new Uint8Array(message)
  const { buffer, byteOffset, length } = message
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, length) : new Uint8Array(message)
}
