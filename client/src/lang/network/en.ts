/** English: the words of the network page, and the shape that every other language must have. */
import { isolate } from '../../lib/format.ts'
import { count } from '../format.ts'
import { invite } from './invite/en.ts'

/** Why there is no link with a peer. */
export interface FailureWords {
  readonly what: string
  readonly why: string
  readonly todo: string
}

const ITSELF = 'It is tried again by itself.'
const peers = (n: number) => count(n, 'peer')

const network = {
  title: 'Network',
  /** Between two sentences. */
  space: ' ',
  soon: 'The network appears as soon as this browser’s peer runs.',
  map: 'Map of the peers that this browser knows',
  label: (others: number, links: number) =>
    `You and ${count(others, 'other peer')}, ${count(links, 'connection')}`,
  systems: 'Discovery systems',
  show: 'Show',
  views: { all: 'Everything', swarm: 'Swarm', gnutella: 'Gnutella', kazaa: 'KaZaA', ring: 'Ring' },
  ideas: {
    all: 'Every peer that this browser knows, and what links them: its own links, and those of others that its searches crossed.',
    swarm:
      'Who gives and gets pieces of the same shares. Dashes move with the bytes, the faster the quicker.',
    gnutella: 'Everybody is linked with a few neighbours. A question is passed on from each to the next.',
    kazaa:
      'Super nodes know what their children share, and ask each other. Children ask their super node only.',
    ring: 'All peers stand on a circle in the order of their ids. Fingers are shortcuts across it.',
  },
  empty: {
    all: 'Nobody is linked yet. Open this page in a second browser, or invite somebody below.',
    swarm:
      'No share links this browser with others now. Share a file or open a link, and the swarm appears here.',
    gnutella: 'No Gnutella neighbours yet.',
    kazaa: 'No super node and no children yet.',
    ring: 'Nobody else is on the ring yet.',
  },
  leftOut: (n: number) =>
    n === 1
      ? 'One more peer is known; there is no room to draw it.'
      : `${count(n, 'more peer')} are known; there is no room to draw them.`,
  legend: 'Legend',
  edges: {
    ring: 'ring neighbour',
    finger: 'finger',
    gnutella: 'Gnutella neighbour',
    lazy: 'Gnutella, pruned',
    kazaa: 'super node or child',
    transfer: 'carries a share',
    link: 'link, idle',
  },
  self: 'you',
  linked: 'linked with you',
  heardOf: 'heard of only',
  superNode: 'super node',
  bytesToUs: 'bytes to you',
  bytesFromUs: 'bytes from you',
  faint: 'faint: between others',
  zoomIn: 'Zoom in',
  zoomOut: 'Zoom out',
  fit: 'Fit',
  keys: 'Arrow keys go from peer to peer, + and − zoom, Enter shows details, Escape leaves. Drag to move; zoom with Ctrl and the wheel, or with two fingers.',
  you: 'You',
  peer: (id: string) => `Peer ${id}`,
  option: (name: string, role: string, linked: string) => `${name}, ${role}, ${linked}`,
  role: 'Role',
  roleNames: { superNode: 'super node', child: 'child of a super node', peer: 'peer' },
  notLinked: 'not linked with you',
  // Details of a peer
  details: 'Peer details',
  close: 'Close details',
  place: 'Place on the ring',
  placeAt: (percent: string) => `${percent} of the way round`,
  here: 'To you',
  nothingHere: 'no direct link',
  toUs: 'Sends you',
  fromUs: 'Gets from you',
  path: 'Path',
  roundTrip: 'Round trip',
  since: 'Linked for',
  linksSeen: 'Links on this map',
  youText: 'This is the browser you are looking at.',
  heardText: 'Known from searches or from the lists of others; this browser has no link with it.',
  roles: {
    successor: 'successor on the ring',
    predecessor: 'predecessor on the ring',
    finger: 'finger',
    gnutella: 'Gnutella neighbour',
    lazy: 'Gnutella neighbour, pruned',
    leader: 'your super node',
    standby: 'your standby super node',
    superNode: 'fellow super node',
    child: 'your child',
    share: 'same share',
  },
  // Replay of a search
  replay: 'Replay of the last search',
  replayNone: 'Search for something, then come back: its way through the network is shown here, hop by hop.',
  replayNoSteps: (text: string) => `No peer has told the way of “${isolate(text)}” so far.`,
  answeredAtHome: (system: string) =>
    `${system}: no message was needed, since this browser holds the answer itself.`,
  directoryOnly:
    'The directory needs no hops: one question to the server, one answer from it. No peer takes part.',
  answerOf: 'Answer of',
  play: 'Play',
  pause: 'Pause',
  back: 'Step back',
  forward: 'Step forward',
  hopSlider: 'Hop',
  stepOf: (position: string, last: string) => `Step ${position} of ${last}`,
  start: (text: string, system: string) =>
    `“${isolate(text)}”, asked of ${system}. Press Play to see which way it went.`,
  flood: {
    first: (reached: number) =>
      `Hop 1: you ask ${reached === 1 ? 'your neighbour' : `your ${String(reached)} neighbours`}.`,
    hop: (hop: number, senders: number, reached: number) =>
      `Hop ${String(hop)}: ${peers(senders)} pass${senders === 1 ? 'es' : ''} the question on to ${count(reached, 'other')}.`,
    again: (n: number) =>
      `${count(n, 'copy', 'copies')} came to peers that had the question already, and ended there.`,
    onlyAgain: (hop: number, n: number) =>
      `Hop ${String(hop)}: ${count(n, 'copy', 'copies')} of the question came to peers that had it already, and ended there: the price of flooding.`,
  },
  kazaa: {
    first: 'Hop 1: you ask your super node. It has the lists of all its children, so they need not be asked.',
    firstAsSuper: (reached: number) =>
      `Hop 1: you are a super node. After your own lists you ask ${count(reached, 'other super node')}.`,
    hop: (hop: number, senders: number, reached: number) =>
      `Hop ${String(hop)}: ${count(senders, 'super node')} ask${senders === 1 ? 's' : ''} ${count(reached, 'other')}; no child is bothered.`,
  },
  ring: {
    hop: (hop: number, from: string, to: string, before: string, after: string) =>
      `Hop ${String(hop)}: the question goes from ${from} to ${to}: from ${before} of the ring away to ${after}.`,
    last: (hop: number, from: string, to: string) =>
      `Hop ${String(hop)}: the question goes from ${from} to ${to}, at whose place on the ring the word is kept.`,
    receipt: 'Each hop is confirmed by a receipt, so that a dead peer is noticed at once.',
  },
  answer: {
    back: (senders: number) =>
      `The answer goes back the way the question came: ${peers(senders)} pass${senders === 1 ? 'es' : ''} it on.`,
    arrives: 'The answer goes back the way the question came, and arrives here.',
  },
  end: (hits: number, messages: number, hops: number) =>
    `In all: ${count(hits, 'file')} found, ${count(messages, 'message')}, ${count(hops, 'hop')} to the farthest answer.`,
  endNone: (messages: number) => `In all: nothing found, ${count(messages, 'message')}.`,
  // The server
  server: 'Server',
  plug: 'Without the server',
  plugIntro:
    'The server only introduces browsers to each other. Pull the plug and see what goes on without it.',
  nowLinks: 'Links between browsers',
  nowRing: 'Ring',
  nowGnutella: 'Gnutella',
  nowKazaa: 'KaZaA',
  nowIntroductions: 'Introductions',
  nowDirectory: 'Directory and tracker',
  was: (before: string) => `was ${before}`,
  alive: (n: number) => `${String(n)} alive`,
  ofServer: 'gone with the server',
  byPeers: (n: number) => `by peers: ${count(n, 'message')} passed on here`,
  whatNow: 'What goes on now',
  made: (n: number, relayed: number) =>
    `${count(n, 'connection')} made since this tab was opened. Passed on for others: ${count(relayed, 'introduction message')}.`,
  carried: (size: string) => `Carried between peers that find no path to each other: ${size}.`,
  // The truth about connections
  truth: 'Connections',
  truthIntro:
    'How the linked peers are really connected, as the browser measures it. Addresses are not shown.',
  truthNone: 'No peer is linked with this browser now.',
  columns: {
    peer: 'Peer',
    path: 'Path',
    ends: 'Ends (here ↔ there)',
    roundTrip: 'Round trip',
    received: 'Received',
    sent: 'Sent',
    since: 'Linked for',
    role: 'What for',
  },
  direct: 'direct',
  relayed: 'relayed',
  throughPeer: 'through a member',
  measuring: 'measuring…',
  directText: 'Bytes go straight from browser to browser.',
  relayedText: 'No direct path was found; a TURN server passes the bytes on, encrypted, and can’t read them.',
  throughPeerText:
    'No direct path was found and no TURN server helped; another member passes the bytes on, sealed between the two ends, and can’t read them.',
  over: (path: string, protocol: string) => `${path}, ${protocol}`,
  candidates: {
    host: 'host: its own address',
    srflx: 'srflx: its address as the internet sees it, learned from a STUN server',
    prflx: 'prflx: an address that only showed while the two tried each other',
    relay: 'relay: an address at a TURN server',
  },
  candidateKey: 'What the words of the ends mean',
  silent: 'silent',
  heard: 'heard',
  silentText: 'Nothing was heard from it for a while. It is asked; if it stays silent, the link is closed.',
  ms: (n: string) => `${n}\u00a0ms`,
  idle: 'idle, kept in reserve',
  // Who could not be reached
  unreachable: 'Not reached',
  unreachableIntro: 'Peers that this browser tried to link with in vain.',
  why: 'Why',
  todo: 'What to do',
  what: 'What happened',
  failures: {
    noAnswer: {
      what: 'It did not answer.',
      why: 'It has probably gone: the tab was closed or the device sleeps, and word of that has not come round yet.',
      todo: `Nothing. ${ITSELF}`,
    },
    busy: {
      what: 'It has no room.',
      why: 'A peer keeps a limited number of links, and all of its are in use.',
      todo: `Nothing: others serve instead. ${ITSELF}`,
    },
    refused: {
      what: 'It refused the link.',
      why: 'It has blocked this browser for breaking the rules of the protocol, or it does not want what was offered.',
      todo: 'If both are your own, reload both pages: one of them may run an old version.',
    },
    iceFailed: {
      what: 'The two found each other but no path.',
      why: 'A firewall or a strict router on either side lets no direct connection through, and there is no TURN server to help, or it is blocked too. No member that both can reach carries their bytes either.',
      todo: 'Try another network (a phone’s hotspot often works), switch off a VPN, or ask whoever runs the server to add a TURN server.',
    },
    badProof: {
      what: 'It could not prove who it is.',
      why: 'Its signature did not fit its key: somebody may have put themselves in the middle, or it runs a broken version.',
      todo: 'No link was made and nothing was sent. If it is a friend’s browser, let them reload the page.',
    },
    timeout: {
      what: 'The connection did not open in time.',
      why: 'It answered, but the path was too slow or broke off while it was being made.',
      todo: `Nothing at first. ${ITSELF} If it goes on, try another network.`,
    },
    noWay: {
      what: 'Nobody could carry the introduction.',
      why: 'There is no server now, and no linked peer knows a way to it.',
      todo: 'Connect to the server again, or make an invite below and carry it by hand.',
    },
  },
  unknownFailure: (code: string): FailureWords => ({
    what: 'The link did not come about.',
    why: `The reason is one that this page does not know: ${isolate(code)}.`,
    todo: ITSELF,
  }),
  invite,
  standing: {
    off: 'switched off',
    starting: 'starting…',
    directory: {
      down: 'no server',
      roleOff: 'this server runs none',
      registering: 'registering your files',
      registered: 'your files are listed',
      full: 'the directory is full: some of your files are not listed',
    },
    neighbours: (n: number) => count(n, 'neighbour'),
    superNode: (n: number) => `super node with ${count(n, 'child', 'children')}`,
    orphan: 'looking for a super node',
    childOf: (peer: string) => `child of ${peer}`,
    alone: 'alone on the ring',
    joining: 'joining',
    forming: (n: number) => `forming: ${count(n, 'member')}, too few to be sure`,
    members: (n: number) => `about ${count(n, 'member')}`,
    caption: 'The discovery systems in this browser',
    system: 'System',
    here: 'Here',
    sent: 'Sent',
    received: 'Received',
  },
}

/** The words of the network page. */
export type NetworkMessages = typeof network
export { network }
