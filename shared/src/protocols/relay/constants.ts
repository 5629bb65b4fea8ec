/** Numbers of circuits through peers. Sizes in bytes, times in milliseconds. All our choice, but where named. */
import { LIMITS } from '../../kernel/limits.ts'

/** Circuits that one relay carries at a time; libp2p's circuit relay v2 holds 15 reservations. */
export const CIRCUITS = 16
/** Of them, those that one neighbour asked for. */
export const CIRCUITS_PER_NEIGHBOUR = 4
/** What a relay passes on in all: half of a usual home's way out (20 Mbit/s). */
export const RELAY_BYTES_PER_SECOND = 1024 * 1024
/** Of what the person lets out, the part that circuits may take; the rest is the node's own, with all that they leave. */
export const UPLOAD_SHARE = 0.5
/** Of a circuit, under way between its ends: more is not sent before the far end has taken some. */
export const WINDOW_BYTES = 256 * 1024
/** The far end says what it has taken each time it is so much. */
export const CREDIT_BYTES = 64 * 1024
/** What waits at a relay in each direction of a circuit; honest ends stay below their window. */
export const QUEUE_BYTES = WINDOW_BYTES + 64 * 1024
/** Parts of them: many small ones hold more memory than their bytes. Honest ones of the smallest frames stay below it. */
export const QUEUE_PARTS = 8_192
/** What a part costs of the allowance besides its bytes: headers of the link and below. */
export const PART_COST_BYTES = 100
/** Far ends that a relay calls for its neighbours, at once and then one in so long: connections of a tab are counted. */
export const DIALS = { burst: 8, everyMs: 20_000 } as const
/** Of them, those for one neighbour. */
export const NEIGHBOUR_DIALS = { burst: 4, everyMs: 60_000 } as const
/** Neighbours whose dials are remembered: more than there can be links. */
export const DIALLING_NEIGHBOURS = 128
/** One part of a sealed frame: with its header it fits a control message of 16 KiB. */
export const PART_BYTES = 16_000
/** A sealed frame: the longest frame of a link, the name of its channel and the seal. */
export const SEALED_BYTES = LIMITS.bulkFrameBytes + 64
/** Above this nothing more is asked for; below the other it goes on. */
export const CONGESTED_BYTES = 128 * 1024
export const WRITABLE_BYTES = 32 * 1024
/** A circuit over which nothing went: links ping each other after 2 s, and give each other up after 30. */
export const IDLE_MS = 60_000
/** A relay looks for the far end for so long, with time for a negotiation. */
export const DIAL_MS = 15_000
/** Whoever asked waits a little longer than the relay. */
export const ASK_MS = DIAL_MS + 3_000
/** Relays that are asked for one peer before it is given up. */
export const RELAYS_ASKED = 3
/** What is known of circuits that others opened towards us. */
export const INCOMING_KEPT = 32
