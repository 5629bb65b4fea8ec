/** Words about the discovery systems. */
import type { AnswerView } from '@ringdrop/shared/node/searches.ts'
import type { SystemName } from '@ringdrop/shared/node/systems.ts'
import type { SystemsView } from '@ringdrop/shared/node/systems-view.ts'
import type { Language } from '../lang/language.ts'
import type { NetworkMessages } from '../lang/network/en.ts'
import { markOf } from './peer-mark.ts'

/** How a search of one system ended, or that it has not. */
export function endWords({ t }: Language, { system, because, state, hits }: AnswerView): string {
  if (state === 'asking') return t.system.asking
  switch (because) {
    case 'off':
      return t.system.offHere
    case 'starting':
      return t.system.notYet
    case 'noNeighbours':
      return system === 'directory' ? t.system.noDirectory : t.system.noNeighbours
    case 'failed':
      return t.system.noAnswer
    case 'deadline':
      return hits > 0 ? t.system.done : t.system.nothingInTime
    case 'complete':
    case null:
      return hits > 0 ? t.system.done : t.system.nothing
  }
}

/** How this peer stands in each system. */
export function standingWords(
  t: StandingMessages,
  { overlays, directory, gnutella, kazaa, ring }: SystemsView,
): Readonly<Record<SystemName, string>> {
  const off = overlays === 'starting' ? t.starting : t.off
  return {
    directory: directory === null ? t.off : t.directory[directory.state],
    gnutella: gnutella === null ? off : t.neighbours(gnutella.neighbours.length),
    kazaa: kazaa === null ? off : kazaaWords(t, kazaa),
    ring: ring === null ? off : ringWords(t, ring),
  }
}

type StandingMessages = NetworkMessages['standing']

function kazaaWords(
  t: StandingMessages,
  { role, children, leader }: NonNullable<SystemsView['kazaa']>,
): string {
  if (role === 'superNode') return t.superNode(children.length)
  return leader === null ? t.orphan : t.childOf(markOf(leader))
}

function ringWords(t: StandingMessages, { state, size }: NonNullable<SystemsView['ring']>): string {
  if (state === 'alone') return t.alone
  if (state === 'joining') return t.joining
  return state === 'forming' ? t.forming(size) : t.members(size)
}
