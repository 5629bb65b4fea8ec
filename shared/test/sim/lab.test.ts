import { describe, expect, it } from 'vitest'
import { measureCurve } from '../../sim/lab/lab-curves.ts'
import { openLab } from '../../sim/lab/lab-systems.ts'
import type { LabSystemName } from '../../sim/lab/lab-frame.ts'

const OPTIONS = { peers: 24, seed: 3, routing: 'full', mode: 'classic', ttl: 5 } as const
const SYSTEMS: readonly LabSystemName[] = ['ring', 'gnutella', 'kazaa']

describe('a network to watch', () => {
  it.each(SYSTEMS)('%s answers with all sources, and shows every message on its way', (system) => {
    const lab = openLab({ ...OPTIONS, system })
    lab.frame()
    lab.ask()
    let flights = 0
    for (let i = 0; i < 60; i++) {
      lab.run(50)
      const frame = lab.frame()
      flights += frame.flights.length
      for (const { at, arrivesAt } of frame.flights) expect(arrivesAt).toBeGreaterThan(at)
    }
    const { search, nodes, links } = lab.frame()
    expect(nodes).toHaveLength(OPTIONS.peers)
    expect(links.length).toBeGreaterThan(OPTIONS.peers / 2)
    expect(search?.found).toBe(search?.sources)
    expect(search?.sources).toBeGreaterThan(0)
    expect(search?.firstHitMs).toBeGreaterThan(0)
    expect(flights).toBe(search?.messages)
  })

  it.each(SYSTEMS)('%s loses half, takes newcomers and lives with churn', (system) => {
    const lab = openLab({ ...OPTIONS, system })
    lab.kill(0.5)
    lab.run(2_000)
    expect(lab.frame().nodes).toHaveLength(OPTIONS.peers / 2)
    lab.join(3)
    lab.run(20_000)
    expect(lab.frame().nodes).toHaveLength(OPTIONS.peers / 2 + 3)
    const before = new Set(lab.frame().nodes.map(({ id }) => id))
    lab.setChurn(20_000)
    lab.run(20_000)
    expect(lab.frame().nodes.some(({ id }) => !before.has(id))).toBe(true)
    lab.setChurn(0)
    lab.run(5_000)
    expect(lab.frame().nodes.length).toBeGreaterThan(OPTIONS.peers / 4)
  })

  it('answers as before after thousands have come and gone, and asks of the living alone', () => {
    const lab = openLab({ ...OPTIONS, system: 'gnutella' })
    lab.setChurn(2_000)
    lab.run(60_000)
    lab.setChurn(0)
    lab.run(30_000)
    lab.ask()
    lab.run(3_000)
    const { search, nodes } = lab.frame()
    expect(search?.sources).toBeLessThan(nodes.length)
    expect(search?.found).toBe(search?.sources)
    expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length)
  })

  it('kazaa shows super nodes and children', () => {
    const roles = openLab({ ...OPTIONS, system: 'kazaa' })
      .frame()
      .nodes.map(({ role }) => role)
    expect(roles.filter((role) => role === 'superNode').length).toBeGreaterThan(1)
    expect(roles.filter((role) => role === 'child').length).toBeGreaterThan(OPTIONS.peers / 2)
  })

  it('the same seed gives the same network', () => {
    const play = () => {
      const lab = openLab({ ...OPTIONS, system: 'gnutella' })
      lab.ask()
      lab.run(500)
      return lab.frame()
    }
    expect(play()).toEqual(play())
  })
})

it('a swarm stays near its bound, far below a server alone', () => {
  const points = [...measureCurve('makespan', 1)]
  for (const { x, y } of points) expect(y).toBeLessThan(x <= 1 ? 1.2 : 1.4)
})
