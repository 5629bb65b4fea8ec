import { networkInterfaces } from 'node:os'
import type { Environment } from './environment.ts'

export type ArgumentsResult =
  | { readonly ok: true; readonly env: Environment; readonly isLan: boolean }
  /** One line that names the argument and what is allowed. */
  | { readonly ok: false; readonly errors: readonly string[] }

/**
 * Reads the command line. `--lan` is for phones and laptops on one network: all interfaces, HTTPS with a
 * certificate of our own. Variables that are set hold all the same.
 * @param argv as `process.argv.slice(2)`
 */
export function readArguments(
  argv: readonly string[],
  env: Environment,
  hasIpv6: () => boolean = hasIpv6Address,
): ArgumentsResult {
  const unknown = argv.filter((argument) => argument !== '--lan')
  if (unknown.length > 0) {
    return { ok: false, errors: unknown.map((argument) => `${argument}: not an argument, allowed is --lan`) }
  }
  if (!argv.includes('--lan')) return { ok: true, env, isLan: false }
  const defaults = { HOST: hasIpv6() ? '::' : '0.0.0.0', TLS: 'self-signed' }
  const given = Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== '')
  return { ok: true, env: { ...defaults, ...Object.fromEntries(given) }, isLan: true }
}

/** Without any, listening on `::` fails. */
function hasIpv6Address(): boolean {
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ family }) => family === 'IPv6'),
  )
}
