import type { DeviceKind } from '@ringdrop/shared/wire/nearby.ts'

/** What this device calls itself until the person gives it a name, and which picture stands for it. */
export interface DeviceDescription {
  readonly name: string
  readonly kind: DeviceKind
}

/** First match wins: most browsers carry the names of others for old times' sake. */
const BROWSERS = [
  ['Firefox', /Firefox\/|FxiOS\//],
  ['Edge', /Edg(A|iOS)?\//],
  ['Opera', /OPR\//],
  ['Samsung Internet', /SamsungBrowser\//],
  ['Chrome', /Chrome\/|CriOS\//],
  ['Safari', /Safari\//],
] as const
const SYSTEMS = [
  ['iPhone', /iPhone/],
  ['iPad', /iPad/],
  ['Android', /Android/],
  ['Windows', /Windows/],
  ['Mac', /Macintosh/],
  ['ChromeOS', /CrOS/],
  ['Linux', /Linux/],
] as const

/** Read from the user agent, which says no more than every site hears anyway. */
export function describeDevice(
  userAgent: string = navigator.userAgent,
  touchPoints: number = navigator.maxTouchPoints,
): DeviceDescription {
  const browser = BROWSERS.find(([, pattern]) => pattern.test(userAgent))?.[0] ?? 'Browser'
  const found = SYSTEMS.find(([, pattern]) => pattern.test(userAgent))?.[0]
  // iPads ask for desktop pages and say that they are Macs; no Mac has a touch screen.
  const system = found === 'Mac' && touchPoints > 1 ? 'iPad' : found
  return { name: system === undefined ? browser : `${browser}, ${system}`, kind: kindOf(system, userAgent) }
}

function kindOf(system: string | undefined, userAgent: string): DeviceKind {
  if (system === undefined) return 'other'
  if (system === 'iPhone') return 'phone'
  if (system === 'iPad') return 'tablet'
  if (system !== 'Android') return 'computer'
  return /Mobile/.test(userAgent) ? 'phone' : 'tablet'
}
