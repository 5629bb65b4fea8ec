import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import { recordFormat, type RingRecord } from '@ringdrop/shared/protocols/chord/record.ts'
import type { NodeInput } from '@ringdrop/shared/node/node-io.ts'
import type { SharingNode } from '@ringdrop/shared/node/sharing-node.ts'
import { decodeWhole, encodeWhole } from '@ringdrop/shared/wire/binary.ts'
import type { StateStore } from '../adapters/state-store.ts'

/** What the overlays remembered of an earlier life, for the node. */
export async function rememberedOverlays(state: StateStore): Promise<NodeInput> {
  const { peers, hostCache, records } = await state.overlays()
  return { type: 'restored', peers, hostCache, records: records.flatMap(decodeRecord) }
}

/** Encoded records of earlier times, by record: they never change, and there may be thousands. */
export type EncodedRecords = WeakMap<RingRecord, Bytes>

/** Writes down what an overlay would miss in its next life. */
export async function persistOverlay(
  node: SharingNode,
  state: StateStore,
  what: 'ring' | 'hostCache',
  encoded: EncodedRecords,
): Promise<void> {
  const { ring, gnutella } = node.discovery.overlays
  if (what === 'hostCache')
    return gnutella === null ? undefined : state.saveHostCache(gnutella.core.hostCache())
  if (ring === null) return
  const records = ring.core.snapshotRecords().map((record) => {
    const bytes = encoded.get(record) ?? encodeWhole(recordFormat, record)
    encoded.set(record, bytes)
    return bytes
  })
  await state.saveRing({ peers: ring.core.pastPeers(), records })
}

function decodeRecord(bytes: Bytes): RingRecord[] {
  const record = decodeWhole(recordFormat, bytes)
  return record.ok ? [record.value] : []
}
