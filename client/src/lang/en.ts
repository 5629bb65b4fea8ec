/** English: the language that is always there, and the shape that every other one must have. */
import { isolate } from '../lib/format.ts'
import { count, withUnit } from './format.ts'

const s = withUnit('s')
const min = withUnit('min')
const h = withUnit('h')
const d = withUnit('d')

const GOES_ON = 'Transfers between connected peers go on.'
const COMES = 'This page goes on by itself as soon as someone comes.'
const NEED = 'The server is needed to find the first peer.'
const MOVED = 'It may have been moved or be open in another program. Check it, then choose it again.'
const GONE =
  'This share is not here any more. It may have been removed in another tab. Share the files or open the link again.'
const LOST = 'Part of this page could not be loaded: the server may be gone, or this device is offline.'

export const en = {
  /** As its speakers call it. */
  name: 'English',
  units: {
    bytes: (n: number) => count(n, 'byte'),
    seconds: s,
    minutes: min,
    hours: h,
    days: d,
    justNow: 'just now',
    minutesAgo: (n: number) => `${count(n, 'minute')} ago`,
    hoursAgo: (n: number) => `${count(n, 'hour')} ago`,
    daysAgo: (n: number) => `${count(n, 'day')} ago`,
  },
  count: {
    files: (n: number) => count(n, 'file'),
    filesOrFolders: (n: number) => count(n, 'file or folder', 'files or folders'),
    peers: (n: number) => count(n, 'peer'),
    sources: (n: number) => count(n, 'source'),
    pieces: (n: number) => count(n, 'piece'),
    shares: (n: number) => count(n, 'share'),
    hops: (n: number) => count(n, 'hop'),
    messages: (n: number) => count(n, 'message'),
    connections: (n: number) => count(n, 'connection'),
    transfers: (n: number) => count(n, 'transfer'),
  },
  word: {
    close: 'Close',
    dismiss: 'Dismiss',
    copied: 'Copied',
    copyDiagnostics: 'Copy diagnostics',
    details: 'Details',
    reload: 'Reload',
    remove: 'Remove',
    keep: 'Keep',
    cancel: 'Cancel',
    unknown: '–',
    of: (part: string, whole: string) => `${part} of ${whole}`,
    qrCode: 'QR code',
    scan: 'Scan a QR code',
    folder: (name: string) => `Folder ${name}`,
    loading: 'Loading…',
    /** Between two sentences. */
    space: ' ',
    you: 'you',
    /** One whose name is not known yet. */
    share: (id: string) => `Share ${id}`,
  },
  shell: {
    skip: 'Skip to content',
    pages: 'Pages',
    search: 'Search',
    network: 'Network',
    lab: 'Lab',
    settings: 'Settings',
    theme: { auto: 'as the system', light: 'light', dark: 'dark' },
    server: 'Server:',
    serverAndPeers: (peers: string) => `Connected to the server, ${peers}`,
    footer: 'Files go straight between browsers. Others in the swarm can see your IP address.',
    licence: (version: string) => `MIT licence · version ${version}`,
    shortcuts: 'Keyboard shortcuts',
    otherTab: 'Ringdrop runs in another tab of this browser; this tab shows the same.',
    slept: (ago: string) =>
      `Your browser or device paused this page for ${ago}. Connections are being renewed.`,
    codeAwaited: `${LOST} It is tried again by itself; check your connection. If there is a new version by now, a reload helps.`,
    pageFailed: `${LOST} Check your connection, then try again or reload.`,
  },
  home: {
    headline: 'Drop files anywhere and send them straight from your browser to any other.',
    promise: 'No upload, no account, no size limit. Paste works too.',
    chooseFiles: 'Choose files',
    chooseFolder: 'Choose a folder',
    folderClosed:
      'No folder was chosen. Some, such as Downloads and Desktop, can’t be chosen there as a whole: choose such a folder in another way. After a reload of the page it must be given back.',
    folderOther: 'Choose in another way',
    unlisted: 'Unlisted: found by its link only, never by a search',
    drop: 'Drop to share',
    dropHint: 'Files, folders, pictures, text or a link',
    link: 'Link or magnet',
    linkPlaceholder: 'Paste a link here',
    open: 'Open',
    torrent: 'Add a .torrent file',
    reading: (found: string) => `Reading what you dropped… ${found} so far`,
    transfers: 'Transfers',
    back: 'All transfers',
    start: 'Back to the start',
  },
  list: {
    tools: 'Sort and filter transfers',
    filter: 'Filter by name',
    show: 'Show',
    sort: 'Sort by',
    states: {
      all: 'All',
      active: 'Moving',
      downloads: 'Downloads',
      shared: 'Shared by you',
      stopped: 'Paused or failed',
    },
    orders: { added: 'Newest first', name: 'Name', size: 'Size', progress: 'Progress', speed: 'Speed' },
    none: 'No transfer matches. Clear the filter to see all of them.',
    clear: 'Clear the filter',
  },
  hashing: {
    prepared: 'Prepared',
    preparing: 'Preparing',
    soon: (amount: string, files: string) => `${amount}, ${files}. The link appears in a moment.`,
    inTurn: (amount: string, files: string) =>
      `${amount}, ${files}. It comes after the one that is being prepared.`,
    stuck:
      'Nothing could be read for a while. If the files are on a drive or in a network, check that it is connected. It goes on by itself once the drive answers; or cancel it.',
    notShared: 'Not shared',
    partlyShared: 'Not all shared',
    leftOut: (name: string, others: string | null) =>
      `${isolate(name)}${others === null ? ' could not be read and is' : ` and ${others} more could not be read and are`} left out: moved, or not for you to read. To share that too, check it and choose everything again; the link will be another one.`,
    unreadable: `A file could not be read. ${MOVED}`,
    tooManyFiles:
      'A share holds at most 10,000 files. Pack the folder into a zip file, or share parts of it.',
    empty: 'There was no file in it. Choose at least one file.',
    tooBig:
      'The list of files is too long to be shared. Use fewer files or shorter names, or pack them into a zip file.',
  },
  missing: {
    title: 'These shares need their files again',
    text: 'Browsers forget access to your files when a tab is closed. Give them back and the same links work again; the files are checked first.',
    choose: 'Choose the same files again.',
    ask: 'The browser asks you once whether it may read them.',
    giveFiles: 'Give back files',
    giveFolder: 'Give back a folder',
  },
  state: {
    metadata: 'Fetching details',
    offered: 'Not downloaded yet',
    checking: 'Checking what is here',
    checkingDetail: 'Every block is compared with its hash before anything goes on.',
    downloading: 'Downloading',
    finishing: 'Finishing',
    sharing: 'Sharing',
    complete: 'Complete',
    waitSource: 'Waiting for a source',
    waitParts: 'Waiting for parts',
    waitPartsDetail:
      'The connected peers offer nothing that is missing here. It goes on when one of them does.',
    waitTurn: 'Waiting for a turn',
    paused: 'Paused',
    full: 'Paused: storage is full',
    fullDetail:
      'Your disk or the browser’s storage is full. What is here is kept. Free some space or remove a transfer, then resume.',
    unwritten: (count: number) =>
      `The browser’s storage is full, so ${count === 1 ? 'a transfer' : `${String(count)} transfers`} would be forgotten when this page is closed. Keep it open, or free some space: it is tried again by itself.`,
    noWrite: 'Paused: could not write',
    noWriteDetail:
      'The browser’s storage refused a write. What is here is kept. Resume to try again; if it happens again, restart the browser.',
    lost: 'The browser has deleted a part of this from its storage. It is fetched again.',
    changed: 'Stopped: the file has changed',
    changedDetail:
      'The file on your disk is not the one you shared any more, so its link no longer holds. Remove this and share the file again.',
    gone: 'Stopped: the file is gone',
    goneDetail:
      'The file was moved, renamed or deleted. Put it back and reload this tab, or remove this and share it again.',
    noRead: 'Stopped: could not read',
    noReadDetail:
      'The browser could not read its storage. Reload this tab; what was verified is found again.',
  },
  error: {
    empty: 'There is nothing to open. Paste a link, a magnet or an infohash.',
    notALink:
      'This is not a link to a share. A link looks like magnet:?xt=urn:btmh:… or is 64 digits and letters long. Perhaps a part was cut off; copy it again.',
    badInfohash:
      'The link is damaged: its infohash can’t be read. Copy the whole link again, or ask the sender for it.',
    v1Only:
      'This is a link to a BitTorrent v1 share. Ringdrop speaks v2 only, so it can’t open it. Ask for a v2 or hybrid link.',
    tooLong: 'This text is too long to be a link. Copy only the link itself.',
    unknownShare: GONE,
    notFinished: 'Not all of it is here yet. It can be saved when the download is complete.',
    noMetadata: 'The list of files has not arrived yet. Wait until a source is connected.',
    badTorrent: 'This .torrent file can’t be read. It has to be a BitTorrent v2 or hybrid torrent.',
    notTheSameFiles:
      'These are not the files that were shared: a name or a size differs, or the browser was not allowed to read them. Choose the originals.',
    badName: 'A share can’t be called that. Use 1 to 255 bytes, without slashes and control characters.',
    ownerGone: 'The tab that runs Ringdrop did not answer. Reload this tab and try again.',
    io: 'The browser could not read or write its storage. Free some space, then try again.',
    notAnInvite:
      'This is neither an invite nor a reply, or a part of it is missing. Copy the whole text and paste it again.',
    ownInvite: 'This is your own invite. Open it in the other browser.',
    notForUs: 'This reply belongs to another browser’s invite. Paste it where that invite was made.',
    expired:
      'This invite is more than half an hour old, or the clocks of the two devices differ. Make a new one.',
    unknownInvite:
      'The invite that belongs to this is no longer open: it was used, or its tab was closed. Make a new one.',
    alreadyLinked: 'These two browsers are connected already. There is nothing left to do.',
    tampered: 'This text was changed on its way or is damaged, so it is not trusted. Ask for a new one.',
    notReady: 'The browser did not get ready in time. Try again.',
    insecureTitle: 'This page needs a secure connection',
    insecure: (origin: string) =>
      `Browsers only allow encryption and storage on pages opened over https:// or on localhost. This one was opened as ${origin}. Open it with https:// instead; whoever runs this server can turn it on with “npm start -- --lan”.`,
    noWebRtcTitle: 'This browser can’t connect to others',
    noWebRtc:
      'WebRTC is missing or switched off, perhaps by an extension or a privacy setting. Turn it on, or use a current Firefox, Chrome, Edge or Safari.',
    noStorageTitle: 'This browser gives no storage',
    noStorage:
      'Ringdrop keeps its key and unfinished downloads in the browser. Private windows and strict settings can forbid that. Allow site data for this page, or use a normal window, then reload.',
    faultTitle: 'Something broke inside Ringdrop',
    fault:
      'It stopped so that nothing gets damaged. Reload this tab: shares and verified data are kept. If it happens again, report it with the details below.',
    linkTitle: 'This link can’t be opened',
    sharedLost:
      'What the other app handed over could not be kept: there is no room for it, or it is more than 1,000 files. Free some space, or choose the files here.',
    unreadable: (what: string) => `Left out what could not be read: ${what}. ${MOVED}`,
    nothingDropped:
      'There was no file in it; a folder may be empty. Choose files, or a folder that holds some.',
    noCopy: 'The browser did not allow copying. Select the text and copy it by hand.',
    notWritten: (name: string) =>
      `${isolate(name)} could not be written. The disk may be full or the folder protected. Try another place.`,
    notRead: (name: string) =>
      `${isolate(name)} was not saved: the browser’s storage does not give it. The browser may have deleted it, or the disk is busy. What is left is kept, the rest fetched again; if nothing happens, reload this page.`,
    noZip: (name: string) =>
      `${isolate(name)} is too large for this browser to save as one zip file. Choose “More ways”, then “File by file”.`,
  },
  server: {
    up: 'Connected',
    connecting: 'Connecting',
    down: 'Server down',
    downDetail: `The server can’t be reached. ${GOES_ON} It is tried again by itself.`,
    refused: 'Server refused',
    refusedDetail: `The server refused this browser. ${GOES_ON} It is tried again in half a minute.`,
    replaced: 'Replaced',
    replacedDetail: `The same identity connected from somewhere else. ${GOES_ON} It is tried again in half a minute.`,
    left: 'Disconnected',
    leftDetail: `You disconnected from the server. ${GOES_ON} Searching and meeting others go on among the peers.`,
    disconnect: 'Disconnect from server',
    role: 'The server only introduces browsers to each other. Connected peers go on without it.',
    plug: 'Pull the plug and see: search, downloads and new connections go on among the peers.',
  },
  sources: {
    connecting: 'Connecting to the server…',
    connectingLate: 'It takes unusually long. Check your internet connection.',
    metadata: (peers: string) => `Fetching the list of files from ${peers}…`,
    metadataDetail: 'It is checked against the link before it is shown.',
    whole: (sources: string) => `${sources} with everything`,
    partial: (peers: string) => `${peers} with parts`,
    connected: (parts: readonly string[]) => `Connected to ${parts.join(' and ')}`,
    left: 'You are disconnected from the server.',
    leftDetail: `${NEED} Turn it on again in the settings.`,
    down: 'The server can’t be reached.',
    downDetail: `${NEED} It is tried again by itself; check your internet connection.`,
    refused: 'The server refused this browser.',
    refusedDetail: `${NEED} It is tried again in half a minute.`,
    replaced: 'The same identity is connected from somewhere else.',
    replacedDetail: `${NEED} Close the other one, or wait half a minute.`,
    asking: 'Asking the server who has this…',
    askingLate: 'The answer takes unusually long. It is asked again by itself.',
    noTracker: 'This server does not keep track of who has what.',
    noTrackerDetail: `Only peers that you are already connected to can be asked. ${COMES}`,
    failed: 'The server did not say who has this.',
    failedDetail: 'It is asked again by itself in a moment.',
    known: (who: string) => `${who} known, but not reached yet.`,
    knownDetail:
      'No connection came about so far. A firewall or a strict network can be in the way on either side. It is tried again by itself; another network often helps.',
    reaching: (who: string) => `Connecting to ${who}…`,
    nobody: (seen: string | null) =>
      `Nobody who has this is online.${seen === null ? '' : ` Last seen ${seen}.`}`,
    nobodyDetail: `Ask the sender to open their Ringdrop tab. ${COMES}`,
  },
  offer: {
    byLink: (size: string) => `${size}, according to the link`,
    byLinkOnly: 'According to the link',
    download: 'Download',
    nothingYet: 'Nothing is downloaded before you say so.',
    nothing: 'Nothing has been downloaded yet.',
    chosen: (size: string, chosen: string, files: string) => `${size} in ${chosen} of ${files}`,
    programs: (files: string) =>
      `${files} in here can run a program when opened. Open such files only if you trust whoever sent the link.`,
    noRoom: (needed: string, left: string) =>
      `This needs ${needed}, but the browser has only ${left} left for this site. Choose fewer files, or free some space.`,
    resume: (percent: string) => `Resume, ${percent}`,
  },
  transfer: {
    verified: 'Verified',
    amount: (percent: string, amount: string) => `${percent}, ${amount}`,
    noSize: 'size not known yet',
    allVerified: 'All verified against the sender’s hashes',
    saving: 'Being saved; it can be removed when that is done',
    keepOne: 'At least one file has to stay chosen. Pause or remove the download to fetch none.',
    onlyCopy: 'Others are still fetching it from you',
    fetchedAll: (n: number) => `${count(n, 'peer has', 'peers have')} fetched all of it`,
    view: 'View',
    pause: 'Pause',
    resume: 'Resume',
    more: 'More',
    peersAndFiles: 'Peers and files',
    peers: 'Peers',
    files: 'Files',
    noPeers: 'Nobody is connected for this share.',
    tracker: (seeds: string, others: string) =>
      `Besides you, the server last counted ${seeds} with everything and ${others} with less.`,
    passOn: 'Pass it on',
    unlisted: 'Unlisted',
    unlistedDetail: 'Whoever has the link can fetch it, but no search finds it at this browser.',
    curious: 'For the curious',
    totals: (pieces: string, received: string, sent: string, twice: string) =>
      `${pieces}, each block checked before it is kept or passed on. Received ${received}, sent ${sent}, received twice ${twice}.`,
    infohash: 'Infohash',
    exportTorrent: 'Export .torrent',
    rename: 'Rename',
    renameTitle: 'Rename this share',
    renameDetail:
      'A new name makes a new link, since the name is part of what the link verifies. The old link stops working; nothing is hashed again.',
    renameLabel: 'New name',
    renameGo: 'Rename and make a new link',
    size: 'Size',
    down: 'Down',
    up: 'Up',
    timeLeft: 'Time left',
    sent: 'Sent',
    ratio: 'Ratio',
    ratioDetail: 'Bytes given for each byte taken',
    speedChart: (down: string, up: string) =>
      `Speed over the last two minutes, now ${down} down and ${up} up`,
    map: 'Pieces',
    mapDetail:
      'Dark: verified here. Below it, how many of the connected peers have each part; a gap means that nobody has it now.',
    rarest: (n: number) => `The rarest missing piece is held by ${count(n, 'connected peer')}.`,
    noneHas: 'Some missing pieces are held by nobody who is connected now.',
    removeTitle: 'Remove this transfer?',
    removeDetail: (name: string, size: string) =>
      `${isolate(name)}: the ${size} that were downloaded are deleted from this browser. Files that you have saved to your disk stay.`,
    stopTitle: 'Stop sharing this?',
    stopDetail: (name: string) =>
      `${isolate(name)}: its link stops working here until you share the same files again. Your files stay where they are.`,
    receivers: 'Who receives it',
    receiversDetail: 'Bytes that each receiver has verified, as they say themselves.',
    queueServed: (served: number, all: number) =>
      `${String(served)} of ${count(all, 'source')} serve${served === 1 ? 's' : ''} you now.`,
    queueWait: (queues: string, place: string, wait: string | null) =>
      `You wait in ${queues}: place ${place} in the best one${wait === null ? '' : `, about ${wait}`}.`,
    queues: (n: number) => count(n, 'upload queue'),
    priority: 'Priority',
    priorities: { high: 'First', normal: 'Normal', low: 'Last', skip: 'Don’t download' },
  },
  link: {
    label: 'Share link',
    copy: 'Copy link',
    qrAlt: 'QR code of the share link',
    keepOpen: 'Keep this tab open. Nothing is stored on a server.',
    send: 'Send link…',
    sendTitle: (name: string) => `${name} on Ringdrop`,
  },
  peers: {
    caption: 'Peers of this share',
    peer: 'Peer',
    has: 'Has',
    fromThem: 'From them',
    toThem: 'To them',
    soFar: (size: string) => `${size} so far`,
    verified: (size: string) => `${size} verified`,
    slots:
      'Everybody has a few places for sending. They go to those who give most back, and every 30 seconds a newcomer gets a trial turn.',
    quarantined: 'sent a bad block; no longer asked',
    hasAll: 'has everything',
    nothingNew: 'has nothing new for you',
    youWait: 'you wait for a turn',
    slow: 'too slow just now',
    sends: 'sends to you',
    asksNothing: 'asks nothing from you now',
    waits: 'waits for a turn',
    trial: 'gets a trial turn',
    gets: 'gets from you',
  },
  tree: {
    label: 'Files',
    complete: 'complete',
    keep: (name: string) => `Keep ${name}`,
    save: 'Save this file',
    play: (name: string) => `Play ${name}`,
    preview: (name: string) => `Preview ${name}`,
    priority: (name: string) => `Priority of ${name}`,
    program: 'Opening this file can run a program. Open it only if you trust whoever sent it.',
    programShort: '(can run a program)',
  },
  preview: {
    title: (name: string) => isolate(name),
    loading: 'Waiting for the first bytes…',
    streaming: (percent: string) => `Plays while it downloads: ${percent} is here.`,
    whole: 'All of it is here.',
    failed:
      'The browser can’t show this file. It may use a format that this browser does not know; save it and open it with another program.',
    notHere: 'This file is not here yet. It can be shown when it is complete.',
    paused: 'This download is paused. Resume it to play this file.',
    cut: (shown: string, all: string) => `The first ${shown} of ${all} are shown.`,
    noStream:
      'This file plays once it is complete. To play while it downloads, a browser needs a service worker, which does not run in this tab: reload the page, or leave the private window.',
  },
  save: {
    save: 'Save',
    more: 'More ways',
    moreTitle: 'Other ways to save',
    zip: 'As one zip file',
    each: 'File by file',
    folder: 'Save to folder…',
    handed: (name: string) => `${isolate(name)} was handed to your browser to save.`,
    progress: (done: string, all: string) => `${done} of ${all}`,
    noZip: 'Too large for one zip file here: each file is saved by itself.',
  },
  torrent: {
    question: 'This is a .torrent file. What do you want to do with it?',
    get: 'Get what it describes',
    share: 'Share the file itself',
  },
  text: {
    question: (start: string) => `Share this text as a file? “${isolate(start)}”`,
    share: 'Share the text',
    fileName: (date: string) => `Text ${date}.txt`,
  },
  say: {
    ready: (name: string) => `${name} is ready to be shared`,
    complete: (name: string) => `${name} is complete and verified`,
    started: (name: string) => `${name} started downloading`,
    state: (name: string, state: string) => `${name}: ${state}`,
    notShared: (name: string) => `${name} could not be shared`,
  },
  notify: {
    question: 'Shall the browser tell you when it is done?',
    yes: 'Notify me',
    done: 'Download complete',
    doneText: (name: string) => `${name} is complete and verified.`,
    offer: (who: string) => `${who} wants to send you something`,
    refused:
      'The browser does not allow notifications for this page. You can change that in its site settings.',
  },
  system: {
    names: { directory: 'Directory', gnutella: 'Gnutella', kazaa: 'KaZaA', ring: 'Ring' },
    asking: 'asking…',
    offHere: 'switched off here',
    notYet: 'is still loading: ask again in a moment',
    noDirectory: 'no directory within reach',
    noNeighbours: 'no neighbours yet',
    noAnswer: 'did not answer',
    done: 'done',
    nothingInTime: 'nothing in time',
    nothing: 'nothing found',
  },
  invite: {
    fits: 'The reply fits. The two browsers are connecting.',
  },
  nearby: {
    title: 'Nearby',
    text: 'Show this browser by a name to others who come from the same network, and see them. Only those who switched this on take part.',
    on: 'Visible nearby',
    name: 'Your name here',
    /** Before the beginning of our key. */
    mark: 'Others see it with this mark, since names may be alike:',
    states: {
      off: '',
      down: 'The list comes back when the server can be reached again.',
      roleOff: 'This server offers no list of nearby peers.',
      joining: 'Joining…',
      on: '',
      full: 'Too many peers are visible from this network; you could not be added.',
    },
    nobody:
      'Nobody else is visible from this network yet. Open this page on the other device and switch it on there too.',
    send: (name: string) => `Send to ${isolate(name)}`,
    dialling: (what: string, who: string) => `Connecting to ${isolate(who)} to offer ${isolate(what)}`,
    waiting: (what: string, who: string) => `Waiting for ${isolate(who)} to accept ${isolate(what)}`,
    accepted: (what: string, who: string) => `${isolate(who)} accepted ${isolate(what)}`,
    declined: (what: string, who: string) => `${isolate(who)} declined ${isolate(what)}`,
    unreachable: (_what: string, who: string) =>
      `${isolate(who)} could not be reached. Send the link instead.`,
    expired: (_what: string, who: string) =>
      `${isolate(who)} did not answer in time. Ask them, then send again.`,
    withdrawn: (what: string, who: string) => `${isolate(what)} is no longer offered to ${isolate(who)}`,
    withdraw: 'Withdraw',
    offers: 'Offers to you',
    refused: {
      badName: 'Nothing that can be shown is left of this name. Use letters or digits.',
      notNearby:
        'This device is no longer nearby, or it has been offered enough. Wait for its answer, or send the link.',
      unknownShare: GONE,
      unknownOffer:
        'This offer is no longer open: it was answered in another tab, taken back or too old. Ask for it to be sent again.',
    },
    different: 'What came was not what was offered, so it was not downloaded. Open it to see what it is.',
    offered: (who: string) => `${isolate(who)} wants to send you`,
    offeredWhat: (name: string, files: string, size: string) => `${isolate(name)}: ${files}, ${size}`,
    accept: 'Accept',
    decline: 'Decline',
  },
}

export type Messages = typeof en
