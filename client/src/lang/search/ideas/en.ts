/** English: what each discovery system is, in a sentence. */
export const ideas = {
  directory:
    'One server knows every file. Fast and complete, but it sees each query, and it ends with the server.',
  gnutella: 'Your question is passed from neighbour to neighbour. No server, many messages.',
  kazaa: 'Strong peers index the others and ask each other. No server, few messages.',
  ring: 'Each word has its place on a ring of all peers. No server, a few hops; whole words only.',
}

export type IdeaMessages = typeof ideas
