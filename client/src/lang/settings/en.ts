/** English: the words of the settings, and the shape that every other language's must have. */
import { ideas } from '../search/ideas/en.ts'

export const settings = {
  ideas,
  limits: 'Speed limits',
  upload: 'Upload limit (KiB/s)',
  download: 'Download limit (KiB/s)',
  noLimit: 'no limit',
  now: (up: string, down: string) => `Now: up ${up}, down ${down}.`,
  look: 'Look',
  language: 'Language',
  theme: 'Colours',
  discovery: 'Discovery',
  discoveryText: 'What you share is listed in every system that is on, and searches can ask it.',
  willing: 'May become a super node',
  willingText:
    'Then it also carries sealed bytes between peers that find no path to each other. Both are credited: whoever gives is served earlier.',
  privacy: 'Privacy',
  relayOnly: 'Only through a relay',
  relayOnlyText:
    'Whoever shares with you sees the address of the relay and not yours. Slower, and the relay sees when and how much, never what.',
  noRelay:
    'This server names no relay, so nobody can be reached while this is on. Switch it off, or ask whoever runs the server to set one up.',
  routing: 'How the ring finds its way',
  routings: {
    circle: 'Circle only: one step at a time',
    fingers: 'Fingers: halving the distance',
    full: 'Full: both directions, looking ahead',
  },
  gnutella: 'How Gnutella spreads a question',
  gnutellas: {
    classic: 'Classic: over every link',
    pruned: 'Pruned: no link that brings duplicates',
  },
  storage: 'Storage',
  used: (used: string) => `${used} used.`,
  usedOf: (used: string, quota: string) => `${used} used of ${quota} that the browser allows.`,
  noUsage: 'The browser does not say how much is used.',
  storageText:
    'Downloads stay in this browser until you remove them; the files you share are read where they are.',
  persisted: 'The browser has promised not to delete it when the disk gets full.',
  notPersisted:
    'When the disk gets full, the browser may delete unfinished and finished downloads of this page without asking. Save what you need.',
  persist: 'Ask the browser to keep it',
  persistRefused:
    'The browser did not promise to keep it. Installing the app or bookmarking the page often helps; then ask again.',
  low: (left: string) => `Only ${left} are left. Save and remove finished downloads before you fetch more.`,
  system: 'This device',
  install: 'Install as an app',
  magnet: 'Open magnet links here',
  magnetAsked: 'The browser asks you whether Ringdrop may open magnet links.',
  notifications: 'Notify when a download is done',
  keys: 'Shortcuts of a single key',
  diagnosticsText: 'For bug reports. No names of files, no addresses.',
}

export type SettingsMessages = typeof settings
