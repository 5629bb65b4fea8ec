import type { World, WorldObserver } from '../world.ts'

/** Something that must always hold. It watches every effect and is asked to look around now and then. */
export interface Checker extends WorldObserver {
  /** Looks at the whole world; called every few virtual seconds and at the end. */
  inspect?(world: World): void
  /** Looks once more when nothing is under way any longer. */
  finish?(world: World): void
}

/** A rule was broken. The message says which and where; the scenario adds how to replay it. */
export class CheckFailure extends Error {
  override readonly name = 'CheckFailure'
}

/** Throws {@link CheckFailure} unless the condition holds. The message is only made when it is needed. */
export function check(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new CheckFailure(message())
}

/** The first digits of an id are enough to find it in a trace. */
export const short = (id: string): string => id.slice(0, 6)
