/** The discovery systems, in the order in which people see them. */
export const SYSTEMS = ['directory', 'gnutella', 'kazaa', 'ring'] as const
export type SystemName = (typeof SYSTEMS)[number]

/** Those that work over links and need no server. */
export const OVERLAYS = ['gnutella', 'kazaa', 'ring'] as const
export type OverlayName = (typeof OVERLAYS)[number]
