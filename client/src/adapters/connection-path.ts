/** What the browser says about the path that a connection takes, without any address. */

/** How an end of a path was found (RFC 8445): on the machine, by a STUN server, by the other end, at a TURN server. */
export type CandidateType = 'host' | 'srflx' | 'prflx' | 'relay'

/** `null` wherever the browser does not say. */
export interface ConnectionPath {
  readonly local: CandidateType | null
  readonly remote: CandidateType | null
  readonly protocol: 'udp' | 'tcp' | null
  readonly roundTripMs: number | null
  /** Over the path in use since it was chosen, with everything that WebRTC adds. */
  readonly sentBytes: number
  readonly receivedBytes: number
  /** When this was so, by the clock of the statistics. */
  readonly at: number
}

type Entry = Readonly<Record<string, unknown>>

/** A report as `getStats()` gives it; also a plain list of its entries. */
export interface StatsReport {
  forEach(visit: (entry: unknown) => void): void
}

const TYPES: readonly CandidateType[] = ['host', 'srflx', 'prflx', 'relay']

/** The selected pair of candidates in words of ours; `null` when none is selected. */
export function pathOf(report: StatsReport): ConnectionPath | null {
  const entries = new Map<string, Entry>()
  report.forEach((entry) => {
    if (isEntry(entry) && typeof entry['id'] === 'string') entries.set(entry['id'], entry)
  })
  const pair = selectedPair(entries)
  if (pair === null) return null
  const local = entries.get(String(pair['localCandidateId']))
  const remote = entries.get(String(pair['remoteCandidateId']))
  return {
    local: typeOf(local),
    remote: typeOf(remote),
    protocol: protocolOf(local) ?? protocolOf(remote),
    roundTripMs: roundTrip(pair),
    sentBytes: numberOf(pair, 'bytesSent') ?? 0,
    receivedBytes: numberOf(pair, 'bytesReceived') ?? 0,
    at: numberOf(pair, 'timestamp') ?? 0,
  }
}

/** How a connection runs at this moment; `null` when its browser can't say. */
export async function askPath(pc: RTCPeerConnection): Promise<ConnectionPath | null> {
  const stats = await pc.getStats().catch(() => null)
  return stats === null ? null : pathOf(stats)
}

/** Chromium names the pair in the entry of the transport, Firefox marks it, and others only nominate it. */
function selectedPair(entries: ReadonlyMap<string, Entry>): Entry | null {
  const all = [...entries.values()]
  for (const entry of all) {
    const id = entry['type'] === 'transport' ? entry['selectedCandidatePairId'] : undefined
    const named = typeof id === 'string' ? entries.get(id) : undefined
    if (named !== undefined) return named
  }
  const pairs = all.filter((entry) => entry['type'] === 'candidate-pair' && entry['state'] === 'succeeded')
  const marked = pairs.find((pair) => pair['selected'] === true)
  return marked ?? pairs.find((pair) => pair['nominated'] === true) ?? null
}

/** The last measurement, else the mean of all; without any answer there is none. */
function roundTrip(pair: Entry): number | null {
  const last = numberOf(pair, 'currentRoundTripTime')
  if (last !== null) return last * 1000
  const total = numberOf(pair, 'totalRoundTripTime')
  const answers = numberOf(pair, 'responsesReceived')
  return total === null || answers === null || answers === 0 ? null : (total / answers) * 1000
}

function typeOf(candidate: Entry | undefined): CandidateType | null {
  return TYPES.find((type) => type === candidate?.['candidateType']) ?? null
}

function protocolOf(candidate: Entry | undefined): 'udp' | 'tcp' | null {
  const protocol = candidate?.['protocol']
  return protocol === 'udp' || protocol === 'tcp' ? protocol : null
}

function numberOf(entry: Entry, key: string): number | null {
  const value = entry[key]
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

const isEntry = (entry: unknown): entry is Entry => typeof entry === 'object' && entry !== null
