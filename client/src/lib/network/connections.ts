/** The paths of connections, and links that did not come about, in words. */
import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { LinkFailure } from '@ringdrop/shared/protocols/introduction/effects.ts'
import type { NodeSnapshot } from '@ringdrop/shared/node/snapshot.ts'
import type { ConnectionView } from '../../app/api.ts'
import type { FailureWords, NetworkMessages } from '../../lang/network/en.ts'

/** With bytes per second since the last look; `null` at the first. */
export interface MeasuredConnection extends ConnectionView {
  readonly downSpeed: number | null
  readonly upSpeed: number | null
}

/** Speeds from two looks at the counters. A path that was exchanged begins to count again: no speed then. */
export function withSpeeds(
  before: ReadonlyMap<PeerId, MeasuredConnection>,
  now: readonly ConnectionView[],
): Map<PeerId, MeasuredConnection> {
  return new Map(
    now.map((connection) => {
      const last = before.get(connection.peer)
      return [connection.peer, { ...connection, ...speedsBetween(last, connection) }]
    }),
  )
}

function speedsBetween(
  last: MeasuredConnection | undefined,
  now: ConnectionView,
): Pick<MeasuredConnection, 'downSpeed' | 'upSpeed'> {
  const seconds = last === undefined ? 0 : (now.at - last.at) / 1000
  if (last === undefined) return { downSpeed: null, upSpeed: null }
  // The browser may answer twice from one measurement.
  if (seconds <= 0) return { downSpeed: last.downSpeed, upSpeed: last.upSpeed }
  const down = (now.receivedBytes - last.receivedBytes) / seconds
  const up = (now.sentBytes - last.sentBytes) / seconds
  return down < 0 || up < 0 ? { downSpeed: null, upSpeed: null } : { downSpeed: down, upSpeed: up }
}

/** Through a TURN server, at either end; `null` when the browser does not say. */
export function isRelayed({ local, remote }: Pick<ConnectionView, 'local' | 'remote'>): boolean | null {
  if (local === 'relay' || remote === 'relay') return true
  return local === null || remote === null ? null : false
}

const FAILURES: readonly LinkFailure[] = [
  'noAnswer',
  'busy',
  'refused',
  'iceFailed',
  'badProof',
  'timeout',
  'noWay',
]

/** What happened, why, and what to do. */
export function failureWords(t: NetworkMessages, code: string): FailureWords {
  const known = FAILURES.find((each) => each === code)
  return known === undefined ? t.unknownFailure(code) : t.failures[known]
}

/** What a linked peer is to us, by the systems: `ring neighbour`, `Gnutella neighbour`… */
export function rolesOf(node: NodeSnapshot, t: NetworkMessages, peer: PeerId): string[] {
  const { ring, gnutella, kazaa } = node.systems
  const roles: string[] = []
  if (ring?.successors.includes(peer) === true) roles.push(t.roles.successor)
  if (ring?.predecessors.includes(peer) === true) roles.push(t.roles.predecessor)
  if (ring?.fingers.some((finger) => finger.peer === peer) === true) roles.push(t.roles.finger)
  const neighbour = gnutella?.neighbours.find((each) => each.peer === peer)
  if (neighbour !== undefined) roles.push(neighbour.lazy ? t.roles.lazy : t.roles.gnutella)
  if (kazaa?.leader === peer) roles.push(t.roles.leader)
  if (kazaa?.standby === peer) roles.push(t.roles.standby)
  if (kazaa?.superNodes.includes(peer) === true) roles.push(t.roles.superNode)
  if (kazaa?.children.includes(peer) === true) roles.push(t.roles.child)
  if (node.shares.some(({ peers }) => peers.some((each) => each.peer === peer))) roles.push(t.roles.share)
  return roles
}
