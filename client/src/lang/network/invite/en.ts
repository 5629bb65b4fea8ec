/** English: how two browsers are connected by hand, and the shape that every other language must have. */
export const invite = {
  title: 'Invite without a server',
  text: 'Two browsers can connect by hand: send the invite by any means, get a reply back the same way, paste it here. One such link brings the other browser into the whole network.',
  make: 'Make an invite',
  making: 'Making the invite…',
  label: 'Invite link',
  copy: 'Copy invite',
  qrAlt: 'QR code of the invite',
  waits: 'It waits for its reply for half an hour, as long as this tab is open.',
  box: 'Invite or reply',
  replyQrAlt: 'QR code of your reply',
  paste: 'Paste it here',
  connect: 'Connect',
  reply: 'Your reply',
  copyReply: 'Copy reply',
  sendReply: 'Send this reply to whoever invited you. The connection begins when they paste it.',
  invited: 'You are invited',
  invitedText:
    'Somebody wants to connect this browser with theirs, directly and without a server. Accept only if you know who sent you this link: the two browsers learn each other’s network address.',
  accept: 'Accept the invite',
  accepting: 'Preparing the reply…',
  notNow: 'Not now',
  broken: 'This invite does not work',
  oneStep: 'One step is left:',
  sendBack: 'send this reply back to whoever invited you.',
  connecting: 'The reply fits. Connecting…',
  connected: 'Connected',
  noPath:
    'The reply fits, but the two browsers found no path to each other: their routers may be too strict. Try it from another network, or connect each of them with somebody else.',
  ended:
    'This invite is no longer open: nobody replied within half an hour, or its tab was closed. Make a new one.',
  replyEnded:
    'No connection came of this reply: it was not pasted within half an hour, or the two browsers found no path to each other. Ask for a new invite.',
  look: 'Look at the network',
  pending: 'The connection begins when they paste it. Keep this tab open.',
}

export type InviteMessages = typeof invite
