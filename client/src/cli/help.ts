import { VERSION } from '../app/version.ts'

/** What `--version` prints. */
export const VERSION_TEXT = `ringdrop ${VERSION}`

/** What `--help` prints. */
export const HELP_TEXT = `ringdrop: share files peer to peer, from the command line

  ringdrop share PATH...    share files and folders until you press Ctrl-C; prints the link
  ringdrop get LINK         download a share; goes on where it was if it was stopped
  ringdrop search WORDS...  find shared files by words of their names
  ringdrop node [PATH|LINK...]
                            stay on as a member of the network: seed, super node, base of the ring;
                            it brings back what it was given at its next start
  ringdrop list             what "node" brings back: own paths, links, downloads
  ringdrop forget PATH|LINK...
                            what it is to bring back no longer; a node that runs ends it at once.
                            Files stay as they are, unfinished downloads too

LINK is a link of Ringdrop, a magnet, or an infohash. Quote it.

Options
  --server URL      the server that introduces peers; for "get" by default the one in the link,
                    else $RINGDROP_SERVER or http://localhost:8080
  --out DIR, -o     get, node: where downloads go (default: the current folder)
  --by SYSTEM       search: directory (default), gnutella, kazaa, ring, or compare for all four
  --timeout SECONDS get: give up after so long without progress (60); search: how long to ask (20)
  --seed            get: keep sharing afterwards, until Ctrl-C
  --unlisted        share, node: found by the link alone, never by a search
  --state DIR       keys, known peers, and what "node" remembers
                    (default: $RINGDROP_STATE or ~/.local/state/ringdrop)
  --json            one JSON object per line
  --help, --version

Exit codes
  0 done   1 fault   2 usage   3 not a link   4 no server   5 nobody offers it
  6 files or disk, or "share" left out what can't be read
  7 nothing found or remembered   130 stopped before it was done`
