import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

interface Locked {
  readonly version?: string
  readonly license?: string
  readonly integrity?: string
  readonly resolved?: string
  readonly link?: boolean
  readonly hasInstallScript?: boolean
}

const root = join(import.meta.dirname, '../..')
/** Packages that a lock file names, by their paths. */
function lockedBy(folder: string): [string, Locked][] {
  const lock = JSON.parse(readFileSync(join(root, folder, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>
  }
  return Object.entries(lock.packages).filter(
    ([path, { link }]) => path.includes('node_modules/') && link !== true,
  )
}
const packages = lockedBy('.')
/** What a benchmark compares with; it is neither shipped nor installed with the rest. */
const compared = lockedBy('e2e/bench/webtorrent')

/** Versions from which holes that reach us are closed (advisories in docs/reliability.md). */
const AT_LEAST: Record<string, string> = {
  'socket.io-parser': '4.2.7',
  'engine.io': '6.6.7',
  ws: '8.21.1',
}
/** Only these run code when they are installed; esbuild checks the program that came with it. */
const MAY_RUN = ['esbuild']
/** MIT by the file that it comes with; its description names none. */
const UNNAMED = ['xmlhttprequest-ssl']
/** Licences that ask for no more than their own text, or leave our files alone. */
const LICENCES =
  /^\(?(MIT|ISC|Apache-2\.0|BSD-[23]-Clause|0BSD|BlueOak-1\.0\.0|CC0-1\.0|CC-BY-4\.0|MPL[- ]2\.0|Python-2\.0)\b/

const nameOf = (path: string): string =>
  path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)

function isAtLeast(version: string, minimum: string): boolean {
  const [have, want] = [version, minimum].map((text) =>
    text.split('.').map((part) => Number.parseInt(part, 10)),
  )
  for (const [index, part] of (want ?? []).entries()) {
    const own = have?.[index] ?? 0
    if (own !== part) return own > part
  }
  return true
}

describe('dependencies', () => {
  it('have no version with a hole that reaches us', () => {
    const found = packages.filter(([path]) => nameOf(path) in AT_LEAST)
    expect(new Set(found.map(([path]) => nameOf(path)))).toEqual(new Set(Object.keys(AT_LEAST)))
    const old = found.filter(
      ([path, { version = '0' }]) => !isAtLeast(version, AT_LEAST[nameOf(path)] ?? '0'),
    )
    expect(old).toEqual([])
    expect(['4.2.6', '4.2.7', '4.3.0', '5.0.0'].map((version) => isAtLeast(version, '4.2.7'))).toEqual([
      false,
      true,
      true,
      true,
    ])
  })

  it('are each pinned by a hash, and name no registry', () => {
    const all = [...packages, ...compared]
    expect(compared.map(([path]) => path)).toContain('node_modules/webtorrent')
    expect(all.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true)).toEqual([])
    expect(all.filter(([, { resolved }]) => resolved !== undefined)).toEqual([])
  })

  it('run nothing when they are installed', () => {
    const running = packages.filter(([, { hasInstallScript }]) => hasInstallScript === true)
    expect(running.map(([path]) => nameOf(path)).filter((name) => !MAY_RUN.includes(name))).toEqual([])
  })

  it('have licences that we may use', () => {
    const odd = packages.filter(([, { license }]) => !LICENCES.test(license ?? ''))
    expect(odd.map(([path]) => nameOf(path)).filter((name) => !UNNAMED.includes(name))).toEqual([])
  })
})
