/** Where peers of the Lab's network stand: the picture says what the system is about. */
import type { LabFrame, LabSystemName } from '@ringdrop/shared/sim/lab/lab-frame.ts'

export interface Place {
  /** -1 to 1, from the middle. */
  readonly x: number
  readonly y: number
}

const OUTER = 0.92

/**
 * Ring: each at its place on the circle. KaZaA: super nodes on an inner circle, children outside of their own.
 * Gnutella: the searcher in the middle, each ring around it one hop farther, as far as a flood travels.
 */
export function layout(system: LabSystemName, frame: LabFrame): ReadonlyMap<number, Place> {
  if (system === 'ring')
    return circle(
      frame.nodes.map(({ id, turn }) => ({ id, turn })),
      OUTER,
    )
  return system === 'kazaa' ? superNodes(frame) : hopRings(frame)
}

const at = (turn: number, radius: number): Place => ({
  x: radius * Math.sin(turn * 2 * Math.PI),
  y: -radius * Math.cos(turn * 2 * Math.PI),
})

function circle(nodes: readonly { id: number; turn: number }[], radius: number): Map<number, Place> {
  return new Map(nodes.map(({ id, turn }) => [id, at(turn, radius)]))
}

/** Evenly apart, in the order given. */
function spread(ids: readonly number[], radius: number, from = 0): Map<number, Place> {
  return circle(
    ids.map((id, index) => ({ id, turn: from + (index + 0.5) / ids.length })),
    radius,
  )
}

function neighboursOf(frame: LabFrame): Map<number, number[]> {
  const neighbours = new Map<number, number[]>()
  const add = (a: number, b: number) => {
    const list = neighbours.get(a)
    if (list === undefined) neighbours.set(a, [b])
    else list.push(b)
  }
  for (const [a, b] of frame.links) {
    add(a, b)
    add(b, a)
  }
  return neighbours
}

function superNodes(frame: LabFrame): Map<number, Place> {
  const leaders = frame.nodes.filter(({ role }) => role === 'superNode').map(({ id }) => id)
  const rank = new Map(leaders.map((id, index) => [id, index]))
  const neighbours = neighboursOf(frame)
  // Children stand in the order of their first super node, so that they come to lie outside of it.
  const rankOf = (id: number) =>
    Math.min(...(neighbours.get(id) ?? []).map((other) => rank.get(other) ?? Infinity), leaders.length)
  const others = frame.nodes
    .filter(({ role }) => role !== 'superNode')
    .map(({ id }) => ({ id, rank: rankOf(id) }))
    .sort((a, b) => a.rank - b.rank || a.id - b.id)
  return new Map([
    ...spread(leaders, leaders.length === 1 ? 0 : 0.45),
    ...spread(
      others.map(({ id }) => id),
      OUTER,
    ),
  ])
}

function hopRings(frame: LabFrame): Map<number, Place> {
  const centre = frame.search?.searcher
  const ids = frame.nodes.map(({ id }) => id)
  if (centre === undefined || !ids.includes(centre)) return spread(ids, OUTER)
  const neighbours = neighboursOf(frame)
  const rings: number[][] = [[centre]]
  const seen = new Set([centre])
  for (let ring = rings[0]; ring !== undefined && ring.length > 0; ring = rings.at(-1)) {
    const next = ring
      .flatMap((id) => neighbours.get(id) ?? [])
      .filter((id) => !seen.has(id) && seen.add(id).has(id))
    if (next.length === 0) break
    rings.push(next)
  }
  const lost = ids.filter((id) => !seen.has(id))
  if (lost.length > 0) rings.push(lost)
  const places = new Map<number, Place>([[centre, { x: 0, y: 0 }]])
  rings.slice(1).forEach((ring, index) => {
    const radius = (OUTER * (index + 1)) / (rings.length - 1)
    for (const [id, place] of spread([...new Set(ring)], radius, index * 0.13)) places.set(id, place)
  })
  return places
}
