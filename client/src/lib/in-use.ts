/**
 * Whether somebody is at something inside: it has the focus, or a dialog that is open. Both are lost when the element is
 * taken away, and when it is moved.
 */
export const isInUse = (element: Element): boolean =>
  element.contains(document.activeElement) || element.querySelector('dialog[open]') !== null
