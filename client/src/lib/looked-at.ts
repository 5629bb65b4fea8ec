/** Whether a person can see any tab of the app in this browser profile. */

/** Held by each tab that can be seen, all at the same time. It ends with the tab, however that ends. */
const LOCK = 'ringdrop-visible'

/** Says to the other tabs whether this one can be seen. @returns a function that ends it. */
export function tellWhetherVisible(): () => void {
  const { locks } = navigator as { readonly locks?: LockManager }
  let release: (() => void) | null = null
  const end = () => {
    release?.()
    release = null
  }
  const tell = () => {
    if (document.hidden) return end()
    if (release !== null) return
    const hidden = new Promise<void>((resolve) => (release = resolve))
    void locks?.request(LOCK, { mode: 'shared' }, () => hidden).catch(() => undefined)
  }
  tell()
  document.addEventListener('visibilitychange', tell)
  return () => {
    document.removeEventListener('visibilitychange', tell)
    end()
  }
}

/** Whether any tab of the profile can be seen, this one included. */
export async function isLookedAt(): Promise<boolean> {
  const held = (await navigator.locks.query().catch(() => null))?.held ?? []
  return !document.hidden || held.some(({ name }) => name === LOCK)
}
