/** English: the words of the search page, and the shape that every other language's must have. */
import { isolate } from '../../lib/format.ts'
import { ideas } from './ideas/en.ts'

export const search = {
  ideas,
  title: 'Search',
  box: 'Search files',
  placeholder: 'Words of the name',
  go: 'Search',
  noWords: 'Type a word or two of the file’s name: letters and digits count.',
  by: 'Answered by',
  all: 'Compare all',
  allIdea: 'All of them, side by side, with what each answer costs.',
  cost: 'What the answer cost',
  asking: 'Asking…',
  soFar: (files: string) => `${files} so far`,
  found: (files: string) => `${files} found`,
  nothing: 'Nothing found',
  nothingDetail:
    'Only files that somebody shares at this moment can be found, by words of their name. Try fewer or shorter words, or another system above.',
  filtered: (shown: string, all: string) => `${shown} of ${all} shown`,
  nobody: 'Nobody to ask',
  nobodyDetail:
    'There is neither a server nor another browser connected. Connect to the server, or get an invite.',
  intro: 'One search box over four living networks',
  introDetail:
    'Type words of a file’s name. The directory answers as you type; the others, where a question costs more, answer when you press Enter.',
  hits: 'Hits',
  messages: 'Messages',
  hops: 'Hops',
  firstHit: 'First hit',
  costCaption: 'What each answer cost',
  view: 'View',
  show: 'Show',
  inFolder: (path: string) => `in ${isolate(path)}`,
  kind: 'Kind',
  kinds: {
    all: 'Any kind',
    video: 'Video',
    audio: 'Audio',
    image: 'Pictures',
    document: 'Documents',
    archive: 'Archives',
    program: 'Programs',
    other: 'Other',
  },
  size: 'Size',
  sizes: { all: 'Any size', small: 'Up to 10 MB', medium: '10 MB to 1 GB', large: 'Over 1 GB' },
  chart: 'The answers compared',
  chartCaption:
    'To the right: more messages. Up: the first hit came later. A larger circle: more hits. Both axes grow by factors of ten.',
  onMap: 'See its way on the network page',
  ms: (n: string) => `${n} ms`,
}

export type SearchMessages = typeof search
