import type { Attachment } from 'svelte/attachments'
import type { NetworkMapState } from './network-map.svelte.ts'

/** Pixels that a pointer may tremble in a click. */
const TREMBLE = 4
/** How much a wheel's pixel zooms. */
const WHEEL = 0.0035

interface Pinch {
  readonly x: number
  readonly y: number
  readonly apart: number
}

/**
 * Drag with a mouse or pen, Ctrl and wheel (which is also how touchpads say pinch), two fingers. A plain wheel and one
 * finger scroll the page as everywhere.
 */
export function mapGestures(
  map: NetworkMapState,
  onPick: (target: Element) => void,
): Attachment<HTMLElement> {
  return (element) => {
    const ends = [listenWheel(element, map), listenTouch(element, map), listenPointer(element, map, onPick)]
    return () => ends.forEach((end) => end())
  }
}

function listenWheel(element: HTMLElement, map: NetworkMapState): () => void {
  const onWheel = (event: WheelEvent) => {
    if (!event.ctrlKey && !event.metaKey) return
    event.preventDefault()
    const { left, top } = element.getBoundingClientRect()
    map.zoom(Math.exp(-event.deltaY * WHEEL), { x: event.clientX - left, y: event.clientY - top })
  }
  element.addEventListener('wheel', onWheel, { passive: false })
  return () => element.removeEventListener('wheel', onWheel)
}

function listenTouch(element: HTMLElement, map: NetworkMapState): () => void {
  let pinch: Pinch | null = null
  const pinchOf = ({ touches }: TouchEvent): Pinch | null => {
    const [a, b] = [touches[0], touches[1]]
    if (a === undefined || b === undefined) return null
    const { left, top } = element.getBoundingClientRect()
    return {
      x: (a.clientX + b.clientX) / 2 - left,
      y: (a.clientY + b.clientY) / 2 - top,
      apart: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY),
    }
  }
  const onTouch = (event: TouchEvent) => {
    const now = pinchOf(event)
    if (now !== null) event.preventDefault()
    if (now !== null && pinch !== null && event.type === 'touchmove') {
      map.move(now.x - pinch.x, now.y - pinch.y)
      map.zoom(now.apart / Math.max(1, pinch.apart), now)
    }
    pinch = now
  }
  const types = ['touchstart', 'touchmove', 'touchend', 'touchcancel'] as const
  for (const type of types) element.addEventListener(type, onTouch, { passive: false })
  return () => types.forEach((type) => element.removeEventListener(type, onTouch))
}

function listenPointer(
  element: HTMLElement,
  map: NetworkMapState,
  onPick: (target: Element) => void,
): () => void {
  let from: { x: number; y: number } | null = null
  let isDragged = false
  const onDown = (event: PointerEvent) => {
    isDragged = false
    if (event.pointerType !== 'touch' && event.button === 0) from = { x: event.clientX, y: event.clientY }
  }
  const onMove = (event: PointerEvent) => {
    if (from === null) return
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y]
    if (!isDragged && Math.hypot(dx, dy) < TREMBLE) return
    // Only now: a click must still find what lies under it.
    if (!isDragged) element.setPointerCapture(event.pointerId)
    isDragged = true
    from = { x: event.clientX, y: event.clientY }
    map.move(dx, dy)
  }
  const onUp = () => (from = null)
  const onClick = (event: MouseEvent) => {
    if (!isDragged && event.target instanceof Element) onPick(event.target)
  }
  element.addEventListener('pointerdown', onDown)
  element.addEventListener('pointermove', onMove)
  element.addEventListener('pointerup', onUp)
  element.addEventListener('pointercancel', onUp)
  element.addEventListener('click', onClick)
  return () => {
    element.removeEventListener('pointerdown', onDown)
    element.removeEventListener('pointermove', onMove)
    element.removeEventListener('pointerup', onUp)
    element.removeEventListener('pointercancel', onUp)
    element.removeEventListener('click', onClick)
  }
}
