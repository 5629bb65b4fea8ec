/** Where the peers stand: on a circle in the order of the ring, or where their links pull them. */
import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type Simulation,
  type SimulationLinkDatum,
  type SimulationNodeDatum,
} from 'd3-force'
import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import type { Graph, GraphLink, LinkKind } from './graph.ts'
import type { Places, Point } from './geometry.ts'
import { roomOf } from './marks.ts'

/** The circle has room for a peer every so many units. */
const RING_STEP = 34
const RING_MIN_RADIUS = 130

/** A circle in the order of the ring, evenly apart: true distances are random, and close ones would hide each other. */
export function ringPlaces({ peers }: Graph): Places {
  const radius = ringRadius(peers.length)
  return new Map(
    peers.map(({ peer }, rank) => {
      const angle = (rank / peers.length) * 2 * Math.PI - Math.PI / 2
      return [peer, { x: radius * Math.cos(angle), y: radius * Math.sin(angle) }]
    }),
  )
}

export function ringRadius(peers: number): number {
  return Math.max(RING_MIN_RADIUS, (peers * RING_STEP) / (2 * Math.PI))
}

interface Body extends SimulationNodeDatum {
  readonly peer: PeerId
}
type Spring = SimulationLinkDatum<Body> & { readonly link: GraphLink }

/** Lengths at which links are at rest. Our choice, by eye: children keep close, super nodes apart. */
const LENGTH: Readonly<Record<LinkKind, number>> = {
  kazaa: 70,
  gnutella: 95,
  lazy: 110,
  ring: 90,
  finger: 130,
  transfer: 110,
  link: 120,
}
const BETWEEN_SUPER_NODES = 150
const REPULSION = -190
/** Whatever hangs on nothing must not drift away. */
const GRAVITY = 0.06
/** Rounds in which those that stand too close make room, at each step: with one, a crowd stays on top of each other. */
const ROOM_ROUNDS = 3
const MAX_STRETCH = 2

/** Forces between peers: links pull, all push each other away. Moves only when it is told to. */
export class ForceLayout {
  readonly #simulation: Simulation<Body, Spring>
  readonly #acrossForce = forceX<Body>(0).strength(GRAVITY)
  readonly #downForce = forceY<Body>(0).strength(GRAVITY)
  readonly #roomForce = forceCollide<Body>(roomOf('peer')).iterations(ROOM_ROUNDS)
  readonly #springs = forceLink<Body, Spring>([]).id(({ peer }) => peer)
  #bodies = new Map<PeerId, Body>()

  constructor() {
    this.#simulation = forceSimulation<Body, Spring>([])
      .stop()
      .force('links', this.#springs)
      .force('charge', forceManyBody<Body>().strength(REPULSION).distanceMax(500))
      .force('room', this.#roomForce)
      .force('x', this.#acrossForce)
      .force('y', this.#downForce)
  }

  /** Makes use of a frame that is wider than high, or the other way round. @param aspect width by height. */
  stretch(aspect: number): void {
    const by = Math.min(MAX_STRETCH, Math.max(1 / MAX_STRETCH, aspect))
    this.#acrossForce.strength(GRAVITY / by)
    this.#downForce.strength(GRAVITY * by)
  }

  /** Takes a changed network in. Known peers begin where they are, new ones beside somebody they are linked with. */
  update({ peers, links }: Graph): void {
    const fresh = new Map<PeerId, Body>()
    for (const { peer, isSelf } of peers) {
      const body = this.#bodies.get(peer) ?? { peer, ...this.#beside(peer, links) }
      // We stand still in the middle: what moves are the others.
      if (isSelf) Object.assign(body, { fx: 0, fy: 0 })
      fresh.set(peer, body)
    }
    const isNew = this.#bodies.size === 0
    this.#bodies = fresh
    const big = new Set(peers.filter(({ role }) => role === 'superNode').map(({ peer }) => peer))
    this.#simulation.nodes([...fresh.values()])
    this.#roomForce.radius(({ peer }) => roomOf(big.has(peer) ? 'superNode' : 'peer'))
    this.#springs
      .distance(({ link: { from, to, kind } }) =>
        kind === 'kazaa' && big.has(from) && big.has(to) ? BETWEEN_SUPER_NODES : LENGTH[kind],
      )
      .links(links.map((link) => ({ source: link.from, target: link.to, link })))
    this.#simulation.alpha(isNew ? 1 : 0.5)
  }

  get isAtRest(): boolean {
    return this.#simulation.alpha() < this.#simulation.alphaMin()
  }

  tick(): void {
    this.#simulation.tick()
  }

  /** All the way at once. */
  settle(): void {
    while (!this.isAtRest) this.tick()
  }

  places(): Places {
    return new Map([...this.#bodies].map(([peer, { x = 0, y = 0 }]) => [peer, { x, y }]))
  }

  /** An empty place leaves it to the simulation, which spreads the peers without chance. */
  #beside(peer: PeerId, links: readonly GraphLink[]): Partial<Point> {
    for (const { from, to } of links) {
      const other = from === peer ? this.#bodies.get(to) : to === peer ? this.#bodies.get(from) : undefined
      if (other?.x === undefined || other.y === undefined) continue
      // Its id says to which side: two that come at a time do not fall together.
      const angle = (parseInt(peer.slice(0, 4), 16) / 0x10000) * 2 * Math.PI
      return { x: other.x + 40 * Math.cos(angle), y: other.y + 40 * Math.sin(angle) }
    }
    return {}
  }
}
