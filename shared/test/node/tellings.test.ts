import { describe, expect, it } from 'vitest'
import type { InfoHash } from '../../src/kernel/ids.ts'
import { parseInfoHash, parseFileRoot } from '../../src/kernel/ids.ts'
import { defined } from '../../src/kernel/invariant.ts'
import { Tellings, type PublishCommand } from '../../src/node/publisher.ts'
import { SYSTEMS } from '../../src/node/systems.ts'

const hash = (digit: string): InfoHash => defined(parseInfoHash(digit.repeat(64)), 'infohash')

function publish(digit: string, files: number): PublishCommand {
  const infoHash = hash(digit)
  const root = defined(parseFileRoot(digit.repeat(64)), 'root')
  const listings = Array.from({ length: files }, (_, i) => ({
    root,
    infoHash,
    name: `file ${String(i)}`,
    sizeBytes: 1,
  }))
  return { type: 'publish', infoHash, listings }
}

/** Everything, turn by turn. */
function turnsOf(tellings: Tellings): string[] {
  const turns: string[] = []
  while (tellings.wakeAt() < Infinity) {
    const told: string[] = []
    tellings.turn((name, { type, infoHash }) => told.push(`${name} ${type} ${infoHash.slice(0, 1)}`))
    turns.push(told.join(', '))
  }
  return turns
}

describe('what the systems are told', () => {
  it('is told to all at once while it is little', () => {
    const tellings = new Tellings()
    expect(tellings.wakeAt()).toBe(Infinity)
    tellings.add(SYSTEMS, publish('a', 3), 10)
    tellings.add(SYSTEMS, { type: 'withdraw', infoHash: hash('b') }, 20)
    expect(tellings.wakeAt()).toBe(10)
    const told = (what: string) => SYSTEMS.map((name) => `${name} ${what}`)
    expect(turnsOf(tellings)).toEqual([[...told('publish a'), ...told('withdraw b')].join(', ')])
  })

  it('goes to one system a turn when it is a share of many files, and what follows comes after it', () => {
    const tellings = new Tellings()
    tellings.add(['gnutella', 'kazaa', 'ring'], publish('a', 2_000), 10)
    tellings.add(['gnutella', 'kazaa', 'ring'], { type: 'withdraw', infoHash: hash('a') }, 10)
    expect(turnsOf(tellings)).toEqual([
      'gnutella publish a',
      'kazaa publish a',
      'ring publish a',
      'gnutella withdraw a, kazaa withdraw a, ring withdraw a',
    ])
  })

  it('is forgotten for a system that is switched, and for no other', () => {
    const tellings = new Tellings()
    tellings.add(SYSTEMS, publish('a', 2_000), 10)
    tellings.drop('kazaa')
    expect(turnsOf(tellings)).toEqual(['directory publish a', 'gnutella publish a', 'ring publish a'])
  })
})
