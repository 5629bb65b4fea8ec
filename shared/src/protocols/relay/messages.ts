import type { Bytes } from '../../kernel/bytes.ts'
import type { PeerId } from '../../kernel/ids.ts'
import type { CircuitId } from '../../wire/circuit-description.ts'

/** Why a relay carries no circuit: it serves nobody, it serves enough, or it does not reach the far end. */
export type Refusal = 'unwilling' | 'busy' | 'unreachable'

/** What ends and relay of a circuit tell each other over their own links. */
export type RelayMessage =
  /** Carry a circuit from me to this peer. */
  | { readonly type: 'open'; readonly circuit: CircuitId; readonly to: PeerId }
  | { readonly type: 'opened'; readonly circuit: CircuitId }
  | { readonly type: 'refused'; readonly circuit: CircuitId; readonly reason: Refusal }
  /** To the far end: that peer has a circuit to you. Nothing comes over it before it has been introduced. */
  | { readonly type: 'incoming'; readonly circuit: CircuitId; readonly from: PeerId }
  /** A part of a sealed frame; parts arrive in order. */
  | { readonly type: 'data'; readonly circuit: CircuitId; readonly isLast: boolean; readonly bytes: Bytes }
  /** So many bytes of parts have been taken since the last word: as many more may come. */
  | { readonly type: 'credit'; readonly circuit: CircuitId; readonly bytes: number }
  | { readonly type: 'close'; readonly circuit: CircuitId }
