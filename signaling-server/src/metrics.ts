import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'

/** Numbers that are read when somebody scrapes them. */
export interface LiveNumbers {
  readonly sockets: () => number
  readonly peers: () => number
  readonly swarms: () => number
  readonly swarmPeers: () => number
  readonly directoryFiles: () => number
  readonly directoryPeers: () => number
  readonly nearbyPeers: () => number
  /** 1 while Redis is configured and away, else 0. */
  readonly degraded: () => number
}

/** The metrics of one server, in a registry of its own. */
export class Metrics {
  readonly registry = new Registry()
  readonly announces: Counter<'event'>
  readonly scrapes: Counter
  readonly relays: Counter<'result'>
  readonly directoryUpdates: Counter
  readonly directorySearches: Counter
  readonly nearbyAnnounces: Counter
  readonly refusals: Counter<'event' | 'code'>
  readonly connectionsRefused: Counter<'reason'>
  readonly connectionsCut: Counter<'reason'>
  readonly identified: Counter
  readonly faults: Counter<'role'>
  readonly redisFailures: Counter

  constructor() {
    const registers = [this.registry]
    collectDefaultMetrics({ register: this.registry })
    const counter = <Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> =>
      new Counter({ name: `ringdrop_${name}`, help, labelNames, registers })
    this.announces = counter('announces_total', 'Announces accepted, by event', ['event'])
    this.scrapes = counter('scrapes_total', 'Scrapes accepted', [])
    this.directoryUpdates = counter('directory_updates_total', 'Directory updates accepted', [])
    this.directorySearches = counter('directory_searches_total', 'Directory searches answered', [])
    this.nearbyAnnounces = counter('nearby_announces_total', 'Requests to be seen nearby, or no longer', [])
    this.relays = counter('relays_total', 'Signals by result; forwarded ones go to other servers', ['result'])
    this.refusals = counter('refusals_total', 'Requests refused, by event and code', ['event', 'code'])
    this.connectionsRefused = counter('connections_refused_total', 'Handshakes refused', ['reason'])
    this.connectionsCut = counter('connections_cut_total', 'Connections cut off without a word', ['reason'])
    this.identified = counter('identified_total', 'Sockets that proved a key', [])
    this.redisFailures = counter('redis_failures_total', 'Commands that Redis did not carry out', [])
    this.faults = counter('role_faults_total', 'Cores that threw and were made anew', ['role'])
  }

  /** Registers the gauges; called once. */
  watch(numbers: LiveNumbers): void {
    this.#gauge('sockets', 'Open sockets', numbers.sockets)
    this.#gauge('peers', 'Identified peers', numbers.peers)
    this.#gauge('swarms', 'Swarms with peers', numbers.swarms)
    this.#gauge('swarm_peers', 'Pairs of peer and swarm', numbers.swarmPeers)
    this.#gauge('directory_files', 'Files listed in the directory', numbers.directoryFiles)
    this.#gauge('nearby_peers', 'Peers that want to be seen nearby', numbers.nearbyPeers)
    this.#gauge('degraded', '1 while the shared Redis is away', numbers.degraded)
    this.#gauge('directory_peers', 'Peers that list files in the directory', numbers.directoryPeers)
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name: `ringdrop_${name}`,
      help,
      registers: [this.registry],
      collect() {
        this.set(read())
      },
    })
  }
}
