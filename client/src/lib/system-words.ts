/** Words about the discovery systems. */
import type { AnswerView } from '@ringdrop/shared/node/searches.ts'
import type { SystemName } from '@ringdrop/shared/node/systems.ts'
import type { SystemsView } from '@ringdrop/shared/node/systems-view.ts'
import { count } from './format.ts'

export const SYSTEM_NAMES: Readonly<Record<SystemName, string>> = {
  directory: 'Directory',
  gnutella: 'Gnutella',
  kazaa: 'KaZaA',
  ring: 'Ring',
}

/** How each one finds things, in a sentence. */
export const SYSTEM_IDEAS: Readonly<Record<SystemName, string>> = {
  directory:
    'One server knows every file. Fast and complete, but it sees each query, and it ends with the server.',
  gnutella: 'Your question is passed from neighbour to neighbour. No server, many messages.',
  kazaa: 'Strong peers index the others and ask each other. No server, few messages.',
  ring: 'Each word has its place on a ring of all peers. No server, a few hops; whole words only.',
}

/** How a search of one system ended, or `null` when there is nothing to say. */
export function endWords({ system, because, state, hits }: AnswerView): string {
  if (state === 'asking') return 'asking…'
  switch (because) {
    case 'off':
      return 'switched off here'
    case 'noNeighbours':
      return system === 'directory' ? 'no directory within reach' : 'no neighbours yet'
    case 'failed':
      return 'did not answer'
    case 'deadline':
      return hits > 0 ? 'done' : 'nothing in time'
    case 'complete':
    case null:
      return hits > 0 ? 'done' : 'nothing found'
  }
}

/** How this peer stands in each system; `null` for one that is off. */
export function standingWords(systems: SystemsView): Readonly<Record<SystemName, string | null>> {
  const { directory, gnutella, kazaa, ring } = systems
  return {
    directory: directory === null ? null : DIRECTORY_WORDS[directory.state],
    gnutella: gnutella === null ? null : count(gnutella.neighbours.length, 'neighbour'),
    kazaa: kazaa === null ? null : kazaaWords(kazaa),
    ring: ring === null ? null : ringWords(ring),
  }
}

const DIRECTORY_WORDS = {
  down: 'no server',
  roleOff: 'this server runs none',
  registering: 'registering your files',
  registered: 'your files are listed',
  full: 'the directory is full: some of your files are not listed',
} as const

function kazaaWords({ role, children, leader }: NonNullable<SystemsView['kazaa']>): string {
  if (role === 'superNode') return `super node with ${count(children.length, 'child', 'children')}`
  return leader === null ? 'looking for a super node' : `child of ${leader.slice(0, 6)}`
}

function ringWords({ state, size }: NonNullable<SystemsView['ring']>): string {
  if (state === 'alone') return 'alone on the ring'
  if (state === 'joining') return 'joining'
  const about = `about ${count(size, 'member')}`
  return state === 'forming' ? `forming: ${count(size, 'member')}, too few to be sure` : about
}
