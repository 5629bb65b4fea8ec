/** What browsers with Trusted Types offer; TypeScript's DOM library does not name it. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(address: string): string }): unknown
}

/**
 * Lets workers be started from our own files and from nowhere else. The server's policy makes the browser refuse every
 * other way from text to code or markup, but Svelte's own templates.
 */
export function trustOwnScripts(): void {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  trustedTypes?.createPolicy('default', {
    createScriptURL: (address) => {
      if (new URL(address, location.href).origin === location.origin) return address
      throw new TypeError('scripts come from this origin alone')
    },
  })
}
