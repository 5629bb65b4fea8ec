/** English: the shape that every other language's words about the device must have. */
import { isolate } from '../../lib/format.ts'

export const device = {
  update: {
    ready: 'A new version of Ringdrop is ready. Downloads go on by themselves after the reload.',
    now: 'Reload now',
    busy: 'Something is under way in this tab. A reload interrupts it: downloads go on afterwards, but those who fetch from you may have to wait until you give the files back.',
    anyway: 'Reload anyway',
    later: 'When it is done',
    waits: 'This tab reloads by itself as soon as nothing is under way.',
  },
  keys: {
    rows: {
      search: 'Search',
      home: 'All transfers',
      network: 'Network',
      lab: 'Lab',
      files: 'Choose files',
      paste: 'Share files, pictures or text from the clipboard, or open a link',
      help: 'This sheet',
      close: 'Close what is open',
    },
    paste: 'Ctrl or ⌘ + V',
    escape: 'Esc',
    note: 'Single keys work while no text field has the focus. The settings switch them off.',
  },
  scan: {
    aim: 'Hold the QR code of a link, an invite or a reply in front of the camera.',
    camera: 'Picture of the camera',
    starting: 'Waiting for the camera…',
    picture: 'Scan a picture file',
    other: 'Next camera',
    refused:
      'The browser may not use the camera here. Allow it in the settings of this site, or scan a picture file.',
    noCamera: 'There is no camera that the browser can use. Scan a picture file, or paste the link.',
    busy: 'The camera is in use by another program or did not start. Close the other program and try again, or scan a picture file.',
    again: 'Try again',
    noCode:
      'No QR code was found in this picture. Take one that shows the whole code, sharp and from the front.',
    noPicture: 'This file is not a picture that the browser can read.',
    notOurs: (text: string) =>
      `This QR code says “${isolate(text)}”, which is no link to a share, no invite and no reply. Scan another one.`,
    private: 'The pictures stay in this tab; they are neither kept nor sent.',
  },
}

export type DeviceMessages = typeof device
