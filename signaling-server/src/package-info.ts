import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface PackageInfo {
  /** Absolute path of the folder that holds this package's `package.json`. */
  readonly root: string
  readonly version: string
}

/**
 * Finds this package from a module of it, whether that is `src/main.ts` or the bundled `dist/main.js`: the
 * nearest folder upwards with a `package.json`. A bundle copied elsewhere without one gets its parent folder.
 */
export function findPackage(moduleUrl: string): PackageInfo {
  const start = dirname(fileURLToPath(moduleUrl))
  for (let folder = start; ; folder = dirname(folder)) {
    const file = join(folder, 'package.json')
    if (existsSync(file)) return { root: folder, version: versionOf(readFileSync(file, 'utf8')) }
    if (folder === dirname(folder)) return { root: dirname(start), version: 'unknown' }
  }
}

function versionOf(text: string): string {
  const manifest: unknown = JSON.parse(text)
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest)) return 'unknown'
  return typeof manifest.version === 'string' ? manifest.version : 'unknown'
}
