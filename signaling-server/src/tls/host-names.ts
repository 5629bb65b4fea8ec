import { isIP } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'

/** As `os.networkInterfaces()`, as far as it matters here. */
export type Interfaces = Readonly<
  Record<string, readonly { readonly address: string; readonly internal: boolean }[] | undefined>
>

/** Addresses that a certificate names at most. Our choice. */
const MAX_ADDRESSES = 16
/** Interfaces of virtual machines, containers and tunnels: no phone is on the other side, and they come and go. */
const VIRTUAL =
  /^(docker|br-[\da-f]{12}$|veth|virbr|vmnet|vbox|lxc|cni|cali|flannel|podman|tun|tap|wg|utun|zt|tailscale)/i
const HOST_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/

/**
 * Addresses under which others on the local network reach this machine, the likeliest first. Loopback is left
 * out, and so are link-local addresses, which no URL can hold without a zone. Those of virtual interfaces count only
 * where there are no others.
 */
export function lanAddresses(interfaces: Interfaces = networkInterfaces()): string[] {
  const found: { address: string; isVirtual: boolean }[] = []
  for (const [name, addresses] of Object.entries(interfaces))
    for (const { address, internal } of addresses ?? []) {
      const isLinkLocal = /^(169\.254\.|fe[89ab])/i.test(address)
      if (internal || isLinkLocal || isIP(address) === 0) continue
      found.push({ address, isVirtual: VIRTUAL.test(name) })
    }
  const real = found.filter(({ isVirtual }) => !isVirtual)
  const addresses = (real.length > 0 ? real : found).map(({ address }) => address)
  return [...new Set(addresses)].sort((a, b) => rankOf(a) - rankOf(b)).slice(0, MAX_ADDRESSES)
}

/** Home routers give out 192.168/16 as a rule; people type IPv4 more easily than IPv6. */
function rankOf(address: string): number {
  if (address.startsWith('192.168.')) return 0
  if (address.startsWith('10.')) return 1
  if (/^172\.(1[6-9]|2\d|3[01])\./.test(address)) return 2
  return isIP(address) === 4 ? 3 : 4
}

/** The names of this machine that a URL may hold: its own, and the one by which multicast DNS finds it. */
export function hostNames(name: string = hostname()): string[] {
  const full = name.toLowerCase()
  if (full.length > 253 || isIP(full) !== 0 || !HOST_NAME.test(full) || full === 'localhost') return []
  return full.includes('.') ? [full] : [full, `${full}.local`]
}

/** How a name or address stands in a URL: letter case aside, IPv6 in brackets and in its shortest form. */
export function urlHost(name: string): string {
  const text = isIP(name) === 6 ? `[${name}]` : name
  return URL.canParse(`https://${text}`) ? new URL(`https://${text}`).hostname : text.toLowerCase()
}
