import type { World } from '../world.ts'
import { AnswerChecker } from './answers.ts'
import { BookkeepingChecker } from './bookkeeping.ts'
import type { Checker } from './checker.ts'
import { IntegrityChecker } from './integrity.ts'
import { ProgressChecker } from './progress.ts'

/** Puts every checker to work on a world. */
export function installCheckers(world: World): readonly Checker[] {
  const checkers = [
    new IntegrityChecker(),
    new AnswerChecker(),
    new BookkeepingChecker(),
    new ProgressChecker(),
  ]
  world.observers.push(...checkers)
  return checkers
}
