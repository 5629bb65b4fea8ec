import type { Bytes } from '../../src/kernel/bytes.ts'
import { defined } from '../../src/kernel/invariant.ts'
import { parseNonce } from '../../src/kernel/ids.ts'
import { OVERLAYS } from '../../src/node/systems.ts'
import type { SignalEnvelope } from '../../src/wire/envelope.ts'
import { unpackFrame } from '../../src/wire/frames.ts'
import { makeTestShare } from '../../sim/nodes/node-share.ts'
import { NodeWorld } from '../../sim/nodes/node-world.ts'

/** What whole nodes really said to each other. */
export interface Traffic {
  readonly controlFrames: readonly Bytes[]
  readonly bulkFrames: readonly Bytes[]
  readonly messages: readonly Bytes[]
  readonly envelopes: readonly SignalEnvelope[]
}

/** Messages kept of each type and size, so that the rare ones are not lost among the pings. Our choice. */
const KEPT = 3

/** Lets a small network share, search by every system, download, lose its server and a peer, and records it all. */
export function recordTraffic(): Traffic {
  const world = new NodeWorld({ seed: 5 })
  const [first, second, third, ...others] = Array.from({ length: 7 }, (_, index) => {
    const node = world.add(`peer ${String(index)}`)
    world.pass(300)
    return node
  })
  const [seed, leecher, searcher] = [
    defined(first, 'first'),
    defined(second, 'second'),
    defined(third, 'third'),
  ]
  world.pass(20_000)
  const share = makeTestShare(700_000, 3, 'holiday film.mp4')
  world.seed(seed, share)
  world.pass(15_000)
  const id = (number: number) => defined(parseNonce(String(number).padStart(32, 'b')), 'id')
  world.feed(searcher, { type: 'search', id: id(1), text: 'holiday', systems: OVERLAYS })
  world.pass(3_000)
  world.download(leecher, share.info.infoHash)
  world.download(searcher, share.info.infoHash)
  world.until(() => searcher.stateOf(share.info.infoHash) === 'seeding')
  world.killServer()
  world.kill(defined(others[0], 'other'))
  world.pass(30_000)
  world.feed(leecher, { type: 'search', id: id(2), text: 'film', systems: OVERLAYS })
  world.pass(10_000)
  return collect(world)
}

function collect(world: NodeWorld): Traffic {
  const controlFrames: Bytes[] = []
  const bulkFrames: Bytes[] = []
  const envelopes: SignalEnvelope[] = []
  const messages: Bytes[] = []
  const counts = new Map<string, number>()
  const isNew = (kind: string): boolean => {
    const count = counts.get(kind) ?? 0
    counts.set(kind, count + 1)
    return count < KEPT
  }
  for (const effect of world.nodes.flatMap((node) => node.effects)) {
    if (effect.type === 'serverSignal' && isNew(`signal ${effect.envelope.kind}`))
      envelopes.push(effect.envelope)
    if (effect.type !== 'sendFrame') continue
    if (effect.channel === 'bulk') {
      if (isNew(`bulk ${String(effect.bytes.length)}`)) bulkFrames.push(effect.bytes)
      continue
    }
    const unpacked = unpackFrame(effect.bytes)
    const inner = unpacked.ok ? unpacked.value : []
    if (isNew(`frame of ${String(inner.length)}`)) controlFrames.push(effect.bytes)
    for (const message of inner) {
      const [type = 0, a = 0, b = 0, c = 0] = message
      const kind =
        type === 7 ? `7 ${String(c)}` : `${String(type)} ${String(a)} ${String(type === 9 ? 0 : b >> 6)}`
      if (isNew(kind)) messages.push(message.slice())
    }
  }
  return { controlFrames, bulkFrames, messages, envelopes }
}
