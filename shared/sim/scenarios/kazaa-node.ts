import type { OverlayEffect, OverlayInput } from '../../src/discovery/overlay.ts'
import type { PeerId } from '../../src/kernel/ids.ts'
import { kazaaFormat } from '../../src/protocols/kazaa/codec.ts'
import type { KazaaEffect, KazaaInput, KazaaOptions } from '../../src/protocols/kazaa/kazaa-api.ts'
import { KazaaNode } from '../../src/protocols/kazaa/kazaa.ts'
import type { KazaaMessage } from '../../src/protocols/kazaa/messages.ts'
import { OverlayWorld, simKey, type OverlayWorldOptions, type SimCore } from '../overlay-world.ts'

const OWN_EFFECTS = ['queued', 'granted', 'serve', 'unserve', 'released'] as const
type OwnEffect = Extract<KazaaEffect, { type: (typeof OWN_EFFECTS)[number] }>

/** A node in a simulated network. What only this system knows goes in by `tell`, and out by `onOwnEffect`. */
export class SimKazaa implements SimCore<KazaaMessage> {
  readonly node: KazaaNode
  onOwnEffect: (effect: OwnEffect) => void = () => undefined
  /** What a node that does not keep to the protocol makes of what it would send. */
  tamper: (effect: OverlayEffect<KazaaMessage>) => OverlayEffect<KazaaMessage>[] = (effect) => [effect]
  readonly #told: KazaaInput[] = []

  constructor(options: KazaaOptions) {
    this.node = new KazaaNode(options)
  }

  /** An input of this system alone; it is handled with the next one that the world feeds. */
  tell(input: KazaaInput): void {
    this.#told.push(input)
  }

  handle(input: OverlayInput<KazaaMessage>, now: number): OverlayEffect<KazaaMessage>[] {
    const inputs = [...this.#told.splice(0), input]
    return inputs.flatMap((each) =>
      this.node
        .handle(each, now)
        .filter((effect) => this.#isForWorld(effect))
        .flatMap((effect) => this.tamper(effect)),
    )
  }

  wakeAt(): number {
    return this.node.wakeAt()
  }

  needs(peer: PeerId): boolean {
    return this.node.needs(peer)
  }

  accepts(peer: PeerId): boolean {
    return this.node.accepts(peer)
  }

  #isForWorld(effect: KazaaEffect): effect is OverlayEffect<KazaaMessage> {
    if (!isOwn(effect)) return true
    this.onOwnEffect(effect)
    return false
  }
}

export type KazaaWorld = OverlayWorld<KazaaMessage, SimKazaa>

/** A world of nodes that all have these options. */
export function kazaaWorld(
  options: Omit<OverlayWorldOptions<KazaaMessage, SimKazaa>, 'create' | 'sizeOf'>,
  node: Pick<KazaaOptions, 'isWilling' | 'wantsCost'> = {},
): KazaaWorld {
  return new OverlayWorld<KazaaMessage, SimKazaa>({
    linkCap: 64,
    ...options,
    create: (self, rng, now, key) =>
      new SimKazaa({ ...node, self, rng, now, key, isKeyOf: (peer, of) => of === simKey(peer) }),
    sizeOf: (message) => kazaaFormat.size(message),
  })
}

/** Feeds an input that only this system knows. */
export function tell(world: KazaaWorld, peer: PeerId, input: KazaaInput): void {
  world.node(peer).core.tell(input)
  world.feed(peer, { type: 'wake' })
}

function isOwn(effect: KazaaEffect): effect is OwnEffect {
  return OWN_EFFECTS.some((type) => type === effect.type)
}
