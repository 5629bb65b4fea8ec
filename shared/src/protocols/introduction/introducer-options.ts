import type { PeerId } from '../../kernel/ids.ts'
import type { Rng } from '../../kernel/rng.ts'
import type { WallClock } from '../../kernel/wall-clock.ts'
import type { Accepts } from './door.ts'

/** What an introducer is made of. */
export interface IntroducerOptions {
  readonly self: PeerId
  /** Our public key in hex. */
  readonly key: string
  readonly rng: Rng
  /** For the dates of envelopes; left out: the core's clock is right. */
  readonly wall?: WallClock
  /** Left out: every call is welcome. */
  readonly accepts?: Accepts
}
