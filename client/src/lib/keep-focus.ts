/** Whoever works by keyboard or screen reader is never left nowhere. */

/** An ancestor of what had the focus, and what stood in it. */
interface Level {
  readonly parent: Element
  /** Up to and without the child that led to the focus. */
  readonly before: readonly Element[]
}

interface Place {
  readonly element: HTMLElement | SVGElement
  /** Innermost first. */
  readonly levels: readonly Level[]
}

const FOCUSABLE = 'a[href], button, input, select, textarea, summary, [tabindex]'
/** So many places are remembered to go back to. Our choice. */
const KEPT_PLACES = 8

const isElement = (target: EventTarget | null): target is HTMLElement | SVGElement =>
  (target instanceof HTMLElement || target instanceof SVGElement) && target !== document.body

const canTakeFocus = (element: Element): boolean =>
  element.isConnected &&
  !element.matches(':disabled') &&
  element.checkVisibility({ visibilityProperty: true })

function placeOf(element: HTMLElement | SVGElement): Place {
  const levels: Level[] = []
  for (let child: Element = element, parent; (parent = child.parentElement) !== null; child = parent) {
    const siblings = [...parent.children]
    levels.push({ parent, before: siblings.slice(0, siblings.indexOf(child)) })
  }
  return { element, levels }
}

/** The first in it that can be reached by Tab. */
function reachableIn(element: Element): HTMLElement | SVGElement | null {
  for (const each of [element, ...element.querySelectorAll(FOCUSABLE)]) {
    const isReachable =
      each.matches(FOCUSABLE) && each.getAttribute('tabindex') !== '-1' && canTakeFocus(each)
    if (isReachable && isElement(each)) return each
  }
  return null
}

/** What has come in the place of what is gone, or stood behind it, or before it: the nearest first. */
function neighbourOf({ levels }: Place): HTMLElement | SVGElement | null {
  for (const { parent, before } of levels) {
    // Beyond the content of the page nothing is near any more.
    if (parent.querySelector('main') !== null) return null
    if (!parent.isConnected) continue
    const children = [...parent.children]
    const last = before.findLast((each) => each.parentElement === parent)
    const at = last === undefined ? 0 : children.indexOf(last) + 1
    for (const each of [...children.slice(at), ...children.slice(0, at).reverse()]) {
      const found = reachableIn(each)
      if (found !== null) return found
    }
  }
  return null
}

/** Whether it takes the element away, moves it or changes whether it can have the focus. */
function concerns({ type, target, removedNodes }: MutationRecord, element: Element): boolean {
  return type === 'attributes'
    ? target.contains(element)
    : [...removedNodes].some((node) => node.contains(element))
}

/**
 * Follows the focus. When the element that has it is taken away, hidden or moved, the focus goes to what is next to it; out of
 * what lies over the page, back to where it was before. A button that is disabled while something runs has it again afterwards.
 * Nothing is scrolled for it. @returns a function that ends it.
 */
export function keepFocus(): () => void {
  let place = isElement(document.activeElement) ? placeOf(document.activeElement) : null
  let isDisturbed = false
  let earlier: readonly (HTMLElement | SVGElement)[] = []
  const isNowhere = () => !isElement(document.activeElement)

  function onfocusin({ target }: FocusEvent): void {
    if (!isElement(target)) return
    isDisturbed = false
    if (target === place?.element) return
    if (place !== null) earlier = [...earlier, place.element].slice(-KEPT_PLACES)
    place = placeOf(target)
  }

  function restore(): void {
    if (place === null || !isNowhere()) return
    // Whoever clicks beside everything, or closes a phone's keyboard, wants it nowhere.
    if (!isDisturbed) return void (place = null)
    const { element } = place
    const isWaiting = element.isConnected && element.matches(':disabled')
    if (isWaiting) return
    const next = canTakeFocus(element) ? element : (neighbourOf(place) ?? earlier.findLast(canTakeFocus))
    const target = next ?? document.querySelector('main')
    target?.focus({ preventScroll: true })
  }
  // Later than whoever knows better where it belongs: dialogs that close, pages that change.
  const onfocusout = () => void setTimeout(restore)

  const observer = new MutationObserver((records) => {
    const element = place?.element
    if (element === undefined || !records.some((record) => concerns(record, element))) return
    isDisturbed = true
    setTimeout(restore)
  })
  observer.observe(document.body, { childList: true, subtree: true, attributeFilter: ['disabled', 'hidden'] })
  document.addEventListener('focusin', onfocusin)
  document.addEventListener('focusout', onfocusout)
  return () => {
    observer.disconnect()
    document.removeEventListener('focusin', onfocusin)
    document.removeEventListener('focusout', onfocusout)
  }
}
