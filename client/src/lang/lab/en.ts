import { search } from '../search/en.ts'
import { settings } from '../settings/en.ts'
import type { Essay } from './texts.ts'

export const lab = {
  /** In the same words as on the search page and in the settings. */
  search,
  settings,
  title: 'Lab',
  intro:
    'The same program that runs in this tab, a few hundred times over, in a simulated network with a clock of its own. Ask, kill, let peers come and go, and read the curves beside those of the textbook.',
  live: 'A living network',
  system: 'System',
  peers: 'Peers',
  seed: 'Seed',
  speed: 'Speed',
  speeds: (factor: number) => (factor === 0 ? 'paused' : factor === 1 ? 'as in life' : `${String(factor)} ×`),
  churn: 'Churn',
  noChurn: 'nobody leaves',
  session: (duration: string) => `sessions of ${duration}`,
  ask: 'Ask a question',
  killSome: 'Kill a tenth',
  killHalf: 'Kill half',
  join: 'Five newcomers',
  failed: 'The simulation stopped',
  picture: (system: string) => `Moving picture of the simulated network: ${system}`,
  alive: 'Peers alive',
  upkeep: 'Upkeep, messages a second and peer',
  found: 'Sources found',
  legend:
    'The outlined dot asks; peers that have what it asks for are in colour. Small dots on the lines are questions and answers on their way.',
  layouts: {
    ring: 'Peers stand at their place on the ring.',
    gnutella: 'The searcher is in the middle; each circle around it is one hop farther.',
    kazaa: 'Super nodes are the large dots of the inner circle, their children stand outside.',
  },
  curves: 'Three curves of the textbook',
  curvesText: (peers: string) =>
    `Each point is a simulation that runs now, in this tab. The flood has ${peers} peers with six neighbours each; the swarm shares 4 MiB, all uplinks equal.`,
  curve: {
    hops: {
      title: 'Ring: hops against the number of peers',
      x: 'peers',
      y: 'hops',
      text: 'Going round by successors takes N/2 hops; fingers make it half of log2 N; looking both ways and one link ahead, less.',
    },
    messages: {
      title: 'Flood: messages against TTL',
      x: 'TTL',
      y: 'messages',
      text: 'If no two ways met, the flood would reach each peer by one message. Above that line all is duplicates, unless they are pruned.',
    },
    makespan: {
      title: 'Swarm: time until all have it',
      x: 'receivers',
      y: 'time, in F/u',
      text: 'A server alone needs N times as long. A swarm stays near the bound of its uplinks, however many want it.',
    },
  },
  lines: {
    circle: 'successors only',
    fingers: 'fingers',
    full: 'both ways',
    half: 'N/2',
    log: '½ log2 N',
    classic: 'classic',
    pruned: 'pruned',
    tree: 'if no two ways met',
    swarm: 'swarm',
    bound: 'bound',
    server: 'server alone',
  },
  measure: 'Measure',
  measuring: 'Measuring…',
  essays: 'The architectures',
  strengths: 'Strengths',
  weaknesses: 'Weaknesses',
}

export type LabMessages = typeof lab

export const essays: readonly Essay[] = [
  {
    title: 'Directory: one server knows (Napster, 1999)',
    paragraphs: [
      'Every peer tells one server which files it has. A search is a single question to that server; the bytes then go from peer to peer. It was the first system that millions of people used to exchange files, and it is still how most services find things.',
      'In Ringdrop the server keeps names, sizes and hashes while you are connected, and forgets them when you leave. Switch it off, and only this one of the four ways to search goes silent.',
    ],
    strengths: [
      'Two messages for a search, however large the network is.',
      'Complete: what is shared is found, also by the beginning of a word.',
      'Simple to build, to measure and to put in order.',
    ],
    weaknesses: [
      'A single point of failure: when the server is gone, nothing can be found any more. Napster ended by a court’s order to one company.',
      'Whoever runs it sees who shares and who looks for what.',
      'All searches of all people load one place, which somebody has to pay for.',
    ],
  },
  {
    title: 'Flooding: ask your neighbours (Gnutella, 2000)',
    paragraphs: [
      'There is no server and no order. Each servent has a few neighbours, and a question goes to all of them, and from them to all of theirs, until its time to live (TTL) is used up. Who has a match answers back along the way by which the question came.',
      'Watch the waves in the picture: the searcher stands in the middle, each ring is one hop farther. In the classic mode most messages arrive where the question has been already. The pruned mode remembers which links only brought duplicates and stops sending over them, so that a tree remains.',
    ],
    strengths: [
      'Nothing to switch off: every peer may leave at every moment.',
      'Any kind of question works, since each peer looks into its own files.',
      'Near and popular files are found within the first wave.',
    ],
    weaknesses: [
      'The cost grows with the size of the network: with six neighbours, every peer that is reached costs three messages.',
      'Beyond the TTL nobody is asked, so a rare file may be there and not be found.',
      'One peer that asks without end loads everybody. Each servent must divide its attention fairly among its neighbours.',
    ],
  },
  {
    title: 'Super nodes: strong peers lead (KaZaA, 2001)',
    paragraphs: [
      'Peers are not equal: some are there for hours, with good connections. They become super nodes. The others are their children and tell them what they share. A search goes to one’s own super node, which knows the files of its children and asks the other super nodes.',
      'It joins the directory with the flood: many small directories, and a small flood among them. Here each child has a second super node already, so that the death of the first costs it nothing. Kill half of the network and see how new ones are elected.',
    ],
    strengths: [
      'A tenth of the messages of a flood, and nearly as complete as a directory.',
      'Weak devices do little: a phone is a child and is left in peace.',
      'Bad luck is local: when a super node dies, only its children move.',
    ],
    weaknesses: [
      'A super node knows what its children share, and may hide or invent answers. Children compare the answers of two.',
      'Who leads must be decided again and again, without going to and fro.',
      'Why should anybody serve others? The original believed what each client said of itself, and was cheated at once. Ringdrop counts receipts that the receiver has signed.',
    ],
  },
  {
    title: 'Ring: every word has its place (Chord, 2001)',
    paragraphs: [
      'Peers and keys are numbers on one circle. A key belongs to the first peer after it. To find the owner of a key, one could walk around the circle from successor to successor: right, but slow. So each peer also knows peers at half the circle, a quarter, an eighth: its fingers. Each hop halves the distance that is left.',
      'What happens when peers come and go decides whether it works. Each peer regularly asks its successor who stands before it (stabilize) and corrects its neighbours. It keeps eight successors, so that seven may die at once. Switch on churn and watch the upkeep.',
    ],
    strengths: [
      'A handful of hops in a network of any size: half of log2 N with fingers, a third with links used both ways.',
      'What is there is found, with certainty, as long as the ring is whole.',
      'The load is spread by chance: nobody is more important than others.',
    ],
    weaknesses: [
      'Churn: every arrival and departure must be repaired, and records must move. With short sessions upkeep is most of the traffic.',
      'It finds exact keys. A search for words needs an entry for each word, and the place of a popular word is a busy one.',
      'Small rings are fragile. With fewer peers than the list of successors is long, several that leave together can lose records.',
    ],
  },
  {
    title: 'Swarm: everybody gives while taking (BitTorrent, 2001)',
    paragraphs: [
      'A file is cut into pieces. Whoever has a piece passes it on at once, so every receiver is a new source. One server alone needs N times as long for N people; a swarm needs about as long for a thousand as for one.',
      'Two rules make it work. Rarest first: fetch what few have, so that no piece dies out. Tit for tat: give to those who give to you, in four slots that are looked over every ten seconds, and try somebody new every thirty. Who only takes, waits.',
    ],
    strengths: [
      'The more people want a file, the faster it gets for all.',
      'Each block is checked against a hash: nobody can slip in something else.',
      'It goes on when the source leaves, as long as each piece is somewhere.',
    ],
    weaknesses: [
      'It moves files and finds none: one needs a link or another system for that.',
      'Peers of a swarm see each other’s addresses.',
      'When interest ends, the swarm ends. Files that nobody has open are gone.',
    ],
  },
  {
    title: 'Pure peer-to-peer: pull the plug',
    paragraphs: [
      'Browsers can’t listen for calls: two that want to connect must first exchange a few hundred bytes by some other way. Usually a server carries them, and it seems as if nothing worked without one.',
      'But once a few are connected, they can carry these bytes for each other: along the ring, through a super node, back along the way of an answer. Press “Disconnect from server” on the network page. Search, downloads and new connections go on, and a newcomer gets in with an invite that people pass on by hand.',
    ],
    strengths: [
      'No place at which it could be switched off, watched as a whole, or sold.',
      'It costs nobody anything to run.',
      'One link to any member is enough to join all of it.',
    ],
    weaknesses: [
      'The first contact needs somebody: a server, a friend with an invite, or a memory of peers from last time.',
      'Where both sides sit behind strict firewalls, only a relay helps.',
      'The page itself comes from a server at first, and whoever serves it is trusted.',
    ],
  },
]
