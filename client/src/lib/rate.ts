/** Limits as people type them. Few do, so this comes with the settings. */

/**
 * Rates people type are in KiB/s, as in other BitTorrent programs. Commas are of groups where they can be, as this app writes
 * them, else of a fraction: `10,000` and `0,5`. @returns `null` for an empty or meaningless text: no limit.
 */
export function parseRate(text: string): number | null {
  const isGrouped = /^\s*[1-9]\d{0,2}(,\d{3})+(?![\d,])/.test(text)
  const kibibytes = Number(isGrouped ? text.replaceAll(',', '') : text.replace(',', '.'))
  return text.trim() === '' || !Number.isFinite(kibibytes) || kibibytes <= 0
    ? null
    : Math.ceil(kibibytes * 1024)
}

/** The counterpart of {@link parseRate}. */
export function rateText(bytesPerSecond: number | null): string {
  return bytesPerSecond === null ? '' : String(Math.round(bytesPerSecond / 1024))
}
