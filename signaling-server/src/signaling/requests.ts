import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import { areQueryWords } from '@ringdrop/shared/discovery/words.ts'
import { nearbyRequestSchema } from '@ringdrop/shared/wire/nearby.ts'
import {
  announceRequestSchema,
  directorySearchRequestSchema,
  directoryUpdateRequestSchema,
  sampleRequestSchema,
  scrapeRequestSchema,
  type RefusalCode,
} from '@ringdrop/shared/wire/signaling.ts'
import * as v from 'valibot'
import type { SocketBudget } from './rate-limits.ts'
import type { SessionServices } from './session.ts'

/** Requests of an identified peer that a role, or the registry, answers. */
export type RequestName = 'announce' | 'scrape' | 'sample' | 'directoryUpdate' | 'directorySearch' | 'nearby'

/** One request on its way: exactly one of `reply` and `refuse` is called, now or later. */
export interface Request {
  readonly from: PeerId
  /** The network that the socket comes from; `null` when that cannot be told. */
  readonly network: string | null
  /** What fair shares are counted by; `null` where limits by address make no sense. */
  readonly address: string | null
  readonly payload: unknown
  readonly budget: SocketBudget
  readonly services: SessionServices
  readonly reply: (response: unknown) => void
  readonly refuse: (code: RefusalCode) => void
}

/** One fault is enough to refuse: a list of thousands of them would cost more than the request. */
const FIRST_FAULT = { abortEarly: true } as const

type Handler = (request: Request) => void

/** A role's answer goes out as it is; its refusal is counted like any other. */
const passOn =
  ({ reply, refuse }: Request, onSuccess: () => void = () => undefined) =>
  (response: { readonly ok: true } | { readonly ok: false; readonly code: RefusalCode }): void => {
    if (!response.ok) {
      refuse(response.code)
      return
    }
    onSuccess()
    reply(response)
  }

const announce: Handler = (request) => {
  const { from, address, payload, budget, services, refuse } = request
  const { clock, metrics, roles } = services
  if (!budget.take('tracker', 1, clock.now())) return refuse('rateLimited')
  if (roles.tracker === null) return refuse('roleOff')
  const parsed = v.safeParse(announceRequestSchema, payload, FIRST_FAULT)
  if (!parsed.success) return refuse('badRequest')
  const { event } = parsed.output
  roles.tracker.announce(
    from,
    address,
    parsed.output,
    passOn(request, () => metrics.announces.inc({ event })),
  )
}

const scrape: Handler = (request) => {
  const { from, payload, budget, services, refuse } = request
  const { clock, metrics, roles } = services
  if (!budget.take('tracker', 1, clock.now())) return refuse('rateLimited')
  if (roles.tracker === null) return refuse('roleOff')
  const parsed = v.safeParse(scrapeRequestSchema, payload, FIRST_FAULT)
  if (!parsed.success) return refuse('badRequest')
  metrics.scrapes.inc()
  roles.tracker.scrape(from, parsed.output, passOn(request))
}

const sample: Handler = ({ from, payload, budget, services, reply, refuse }) => {
  const { clock, registry, rng, cluster } = services
  if (!budget.take('sample', 1, clock.now())) return refuse('rateLimited')
  const parsed = v.safeParse(sampleRequestSchema, payload, FIRST_FAULT)
  if (!parsed.success) return refuse('badRequest')
  const { numWant } = parsed.output
  const own = (): readonly PeerId[] => registry.sample(from, numWant, rng)
  if (cluster?.state !== 'up') return reply({ ok: true, peers: own() })
  void cluster.sample(from, numWant).then((peers) => reply({ ok: true, peers: peers ?? own() }))
}

const directoryUpdate: Handler = (request) => {
  const { from, address, payload, budget, services, refuse } = request
  const { clock, metrics, roles } = services
  if (!budget.take('directoryUpdate', 1, clock.now())) return refuse('rateLimited')
  if (roles.directory === null) return refuse('roleOff')
  const parsed = v.safeParse(directoryUpdateRequestSchema, payload, FIRST_FAULT)
  if (!parsed.success) return refuse('badRequest')
  roles.directory.update(
    from,
    address,
    parsed.output,
    passOn(request, () => metrics.directoryUpdates.inc()),
  )
}

const directorySearch: Handler = (request) => {
  const { from, payload, budget, services, refuse } = request
  const { clock, metrics, roles } = services
  if (!budget.take('directorySearch', 1, clock.now())) return refuse('rateLimited')
  if (roles.directory === null) return refuse('roleOff')
  const parsed = v.safeParse(directorySearchRequestSchema, payload, FIRST_FAULT)
  if (!parsed.success) return refuse('badRequest')
  const { criteria } = parsed.output
  if (criteria.by === 'words' && !areQueryWords(criteria.words)) return refuse('badRequest')
  roles.directory.search(
    from,
    parsed.output,
    passOn(request, () => metrics.directorySearches.inc()),
  )
}

const nearby: Handler = (request) => {
  const { from, network, payload, budget, services, refuse } = request
  const { clock, metrics, roles } = services
  if (!budget.take('nearby', 1, clock.now())) return refuse('rateLimited')
  if (roles.nearby === null) return refuse('roleOff')
  if (network === null) return refuse('unknownNetwork')
  const parsed = v.safeParse(nearbyRequestSchema, payload, FIRST_FAULT)
  if (!parsed.success) return refuse('badRequest')
  roles.nearby.announce(
    from,
    network,
    parsed.output,
    passOn(request, () => metrics.nearbyAnnounces.inc()),
  )
}

const HANDLERS: Readonly<Record<RequestName, Handler>> = {
  announce,
  scrape,
  sample,
  directoryUpdate,
  directorySearch,
  nearby,
}

/** Whether an event's name is one of the requests. */
export function isRequest(event: unknown): event is RequestName {
  return typeof event === 'string' && Object.hasOwn(HANDLERS, event)
}

/** Checks the request against its rate limit and schema and has it answered. */
export function handleRequest(name: RequestName, request: Request): void {
  HANDLERS[name](request)
}
