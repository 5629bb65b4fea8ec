import { describe, expect, it } from 'vitest'
import { runIntroduction } from '../../sim/scenarios/introduction.ts'

const small = { seed: 3, peers: 34, pairs: 8, newcomers: 1, kill: 0 }

describe('introduction without the server, by whole nodes', () => {
  it('links strangers through the mesh, and takes in a newcomer by an invite', () => {
    const result = runIntroduction(small)
    expect(result.pairs).toBe(8)
    expect(result.linked).toBe(1)
    expect(result.millisecondsP95).toBeLessThan(3_000)
    expect(result.newcomersJoined).toBe(1)
  }, 30_000)

  it('still does after a third has left at once', () => {
    const result = runIntroduction({ ...small, peers: 40, pairs: 5, newcomers: 0, kill: 0.33 })
    expect(result.linked).toBe(1)
  }, 60_000)

  it('gives the same run for the same seed', () => {
    const tiny = { ...small, peers: 12, pairs: 0, newcomers: 1 }
    expect(runIntroduction(tiny)).toEqual(runIntroduction(tiny))
  }, 30_000)
})
