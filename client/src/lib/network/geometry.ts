/** Where things stand on the map, and how it is looked at. */
import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'

export interface Point {
  readonly x: number
  readonly y: number
}
export type Places = ReadonlyMap<PeerId, Point>

/** From the plane of the peers to the screen: times `k`, then moved. */
export interface Camera extends Point {
  readonly k: number
}
export interface Size {
  readonly width: number
  readonly height: number
}

export const MIN_ZOOM = 0.2
export const MAX_ZOOM = 4
/** A small network is not blown up. */
const FIT_ZOOM = 2.8
/** Room for the names, which are wider than high. */
const MARGIN_X = 62
const MARGIN_Y = 44

export function project({ x, y }: Point, camera: Camera): Point {
  return { x: x * camera.k + camera.x, y: y * camera.k + camera.y }
}

/** Shows all of it, in the middle. */
export function fit(places: Places, { width, height }: Size): Camera {
  const points = [...places.values()]
  if (points.length === 0) return { k: 1, x: width / 2, y: height / 2 }
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)]
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const k = Math.min(
    FIT_ZOOM,
    (width - 2 * MARGIN_X) / Math.max(1, right - left),
    (height - 2 * MARGIN_Y) / Math.max(1, bottom - top),
  )
  const zoom = Math.max(MIN_ZOOM, k)
  return { k: zoom, x: width / 2 - ((left + right) / 2) * zoom, y: height / 2 - ((top + bottom) / 2) * zoom }
}

/** Zooms by a factor; what lies under `at` on the screen stays there. */
export function zoomAt(camera: Camera, factor: number, at: Point): Camera {
  const k = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, camera.k * factor))
  const by = k / camera.k
  return { k, x: at.x - (at.x - camera.x) * by, y: at.y - (at.y - camera.y) * by }
}

export function moved(camera: Camera, dx: number, dy: number): Camera {
  return { k: camera.k, x: camera.x + dx, y: camera.y + dy }
}

/** So that a point can be seen: moves no more than needed. */
export function bringIntoView(camera: Camera, point: Point, { width, height }: Size): Camera {
  const { x, y } = project(point, camera)
  const into = (value: number, limit: number, margin: number) =>
    Math.min(Math.max(value, margin), limit - margin) - value
  return moved(camera, into(x, width, MARGIN_X), into(y, height, MARGIN_Y))
}

export type Direction = 'ArrowUp' | 'ArrowDown' | 'ArrowLeft' | 'ArrowRight'
const AHEAD: Readonly<Record<Direction, Point>> = {
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
}
/** How much worse a way aside is than a way ahead. */
const ASIDE = 2

/** The nearest peer in a direction; `null` when nobody is there. */
export function neighbourTowards(places: Places, from: PeerId, direction: Direction): PeerId | null {
  const start = places.get(from)
  if (start === undefined) return null
  const ahead = AHEAD[direction]
  let best: { readonly peer: PeerId; readonly cost: number } | null = null
  for (const [peer, { x, y }] of places) {
    const [dx, dy] = [x - start.x, y - start.y]
    const forward = dx * ahead.x + dy * ahead.y
    const aside = Math.abs(dx * ahead.y + dy * ahead.x)
    if (peer === from || forward <= 0 || aside > 2 * forward) continue
    const cost = forward + ASIDE * aside
    if (best === null || cost < best.cost) best = { peer, cost }
  }
  return best?.peer ?? null
}

/** A quadratic curve: bent aside, so that several links of one pair can be told apart, or towards a centre. */
export interface Curve {
  readonly from: Point
  readonly mid: Point
  readonly to: Point
}

/** @param bend pixels that the middle lies aside. */
export function curveBetween(from: Point, to: Point, bend: number): Curve {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1
  const [nx, ny] = [-(to.y - from.y) / length, (to.x - from.x) / length]
  const mid = { x: (from.x + to.x) / 2 + 2 * bend * nx, y: (from.y + to.y) / 2 + 2 * bend * ny }
  return { from, mid, to }
}

/** @param pull 0 straight, 1 over the centre; below 0 outwards. */
export function curveTowards(from: Point, to: Point, centre: Point, pull: number): Curve {
  const mid = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 }
  return { from, to, mid: { x: mid.x + (centre.x - mid.x) * pull, y: mid.y + (centre.y - mid.y) * pull } }
}

export function pathText({ from, mid, to }: Curve): string {
  const at = ({ x, y }: Point) => `${x.toFixed(1)} ${y.toFixed(1)}`
  return `M${at(from)}Q${at(mid)} ${at(to)}`
}

/** @param part 0 at its beginning, 1 at its end. */
export function pointOn({ from, mid, to }: Curve, part: number): Point {
  const rest = 1 - part
  const at = (a: number, b: number, c: number) => rest * rest * a + 2 * rest * part * b + part * part * c
  return { x: at(from.x, mid.x, to.x), y: at(from.y, mid.y, to.y) }
}
