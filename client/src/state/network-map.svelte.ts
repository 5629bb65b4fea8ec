import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import { structureOf, type Graph, type MapView } from '../lib/network/graph.ts'
import {
  bringIntoView,
  fit,
  moved,
  neighbourTowards,
  zoomAt,
  type Camera,
  type Direction,
  type Places,
  type Point,
  type Size,
} from '../lib/network/geometry.ts'
import { ForceLayout, ringPlaces } from '../lib/network/layout.ts'

/** Of each frame the layout may take so long; the rest is for drawing. */
const LAYOUT_MS = 6
/** How much of its way a peer glides in a frame, and what is near enough. */
const GLIDE = 0.25
const NEAR = 0.5
export const ZOOM_STEP = 1.3

/** Whether the person wants nothing to move. */
export const isStill = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches

/** The drawing of the network: what it shows, where the peers stand, and how it is looked at. */
export class NetworkMapState {
  view = $state<MapView>('all')
  /** The peer that the keyboard or the pointer is at. */
  active = $state.raw<PeerId | null>(null)
  /** Whether its details are shown. */
  isOpen = $state(false)
  #places = $state.raw<Places>(new Map())
  #camera = $state.raw<Camera>({ k: 1, x: 0, y: 0 })
  #size: Size = { width: 640, height: 480 }
  /** Until somebody zooms or moves, all of it is kept in view. */
  #isFitted = true
  #graph: Graph = { peers: [], links: [], leftOut: 0 }
  #structure = ''
  #layout = new ForceLayout()
  #frame: number | null = null

  get places(): Places {
    return this.#places
  }

  get camera(): Camera {
    return this.#camera
  }

  /** Takes in what is to be drawn; a change of speeds alone moves nobody. */
  show(graph: Graph): void {
    const structure = `${this.view}|${structureOf(graph)}`
    this.#graph = graph
    if (structure === this.#structure) return
    this.#structure = structure
    // Whoever is gone has neither details nor a place to go on from.
    if (!graph.peers.some(({ peer }) => peer === this.active)) {
      this.isOpen = false
      this.active = null
    }
    if (this.view !== 'ring') {
      this.#layout.stretch(this.#size.width / this.#size.height)
      this.#layout.update(graph)
    }
    if (isStill()) this.#settle()
    else this.#begin()
  }

  resize(size: Size): void {
    if (size.width === 0 || size.height === 0) return
    this.#size = size
    if (this.#isFitted) this.fit()
  }

  choose(view: MapView): void {
    this.view = view
    this.#isFitted = true
  }

  /** All of it in view again. */
  fit(): void {
    this.#isFitted = true
    this.#camera = fit(this.#places, this.#size)
  }

  zoom(factor: number, at: Point = { x: this.#size.width / 2, y: this.#size.height / 2 }): void {
    this.#isFitted = false
    this.#camera = zoomAt(this.#camera, factor, at)
  }

  move(dx: number, dy: number): void {
    this.#isFitted = false
    this.#camera = moved(this.#camera, dx, dy)
  }

  /** To the next peer in a direction; the first step goes to ourselves. */
  step(direction: Direction): void {
    const from = this.active
    const self = this.#graph.peers.find(({ isSelf }) => isSelf)?.peer ?? null
    const next = from === null ? self : neighbourTowards(this.#places, from, direction)
    if (next !== null) this.activate(next)
  }

  activate(peer: PeerId): void {
    this.active = peer
    const place = this.#places.get(peer)
    if (place === undefined || this.#isFitted) return
    this.#camera = bringIntoView(this.#camera, place, this.#size)
  }

  open(peer: PeerId): void {
    this.activate(peer)
    this.isOpen = true
  }

  /** One step back: first the details, then the peer. @returns whether there was anything to leave. */
  leave(): boolean {
    if (this.active === null) return false
    if (this.isOpen) this.isOpen = false
    else this.active = null
    return true
  }

  stop(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame)
    this.#frame = null
  }

  #targets(): Places {
    return this.view === 'ring' ? ringPlaces(this.#graph) : this.#layout.places()
  }

  #settle(): void {
    if (this.view !== 'ring') this.#layout.settle()
    this.#show(this.#targets())
  }

  #begin(): void {
    this.#frame ??= requestAnimationFrame(() => this.#next())
  }

  #next(): void {
    this.#frame = null
    const until = performance.now() + LAYOUT_MS
    while (this.view !== 'ring' && !this.#layout.isAtRest && performance.now() < until) this.#layout.tick()
    const isDone = this.#glide(this.#targets())
    if (!isDone || (this.view !== 'ring' && !this.#layout.isAtRest)) this.#begin()
  }

  /** @returns whether everybody has arrived. */
  #glide(targets: Places): boolean {
    let isDone = true
    const next = new Map<PeerId, Point>()
    for (const [peer, to] of targets) {
      const { x, y } = this.#places.get(peer) ?? to
      const isNear = Math.hypot(to.x - x, to.y - y) < NEAR
      if (!isNear) isDone = false
      next.set(peer, isNear ? to : { x: x + (to.x - x) * GLIDE, y: y + (to.y - y) * GLIDE })
    }
    this.#show(next)
    return isDone
  }

  #show(places: Places): void {
    this.#places = places
    if (this.#isFitted) this.#camera = fit(places, this.#size)
  }
}
