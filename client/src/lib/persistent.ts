/** Pauses before the tries after the first, in milliseconds: a change of network is over in a second or two. Our choice. */
const PAUSES_MS = [500, 1_000, 2_000]

/** Fetches code, again when that fails: a phone that changes its network loses whatever is under way. */
export async function persistent<Module>(load: () => Promise<Module>): Promise<Module> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await load()
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
  return load()
}
