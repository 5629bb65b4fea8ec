/** 简体中文：关于设备的文字。 */
import { isolate } from '../../lib/format.ts'
import type { DeviceMessages } from './en.ts'

export const device: DeviceMessages = {
  update: {
    ready: 'Ringdrop 有新版本。重新加载后，下载会自动继续。',
    now: '立即重新加载',
    busy: '此标签页中有传输正在进行，重新加载会打断它：下载随后会继续，但从你这里获取的人可能要等到你重新给出文件。',
    anyway: '仍然重新加载',
    later: '完成之后',
    waits: '一旦没有正在进行的传输，此标签页就会自动重新加载。',
  },
  keys: {
    rows: {
      search: '搜索',
      home: '所有传输',
      network: '网络',
      lab: '实验室',
      files: '选择文件',
      paste: '共享剪贴板中的文件、图片或文字，或打开链接',
      help: '显示这些快捷键',
      close: '关闭当前打开的内容',
    },
    paste: 'Ctrl 或 ⌘ + V',
    escape: 'Esc',
    note: '焦点不在文本框中时，单键有效。可在设置中关闭。',
  },
  scan: {
    aim: '把链接、邀请或回复的二维码放到摄像头前。',
    camera: '摄像头画面',
    starting: '正在等待摄像头…',
    picture: '扫描图片文件',
    other: '下一个摄像头',
    refused: '浏览器不能在此使用摄像头。请在本网站的设置中允许，或扫描图片文件。',
    noCamera: '没有浏览器可用的摄像头。请扫描图片文件，或粘贴链接。',
    busy: '摄像头正被其他程序使用，或未能启动。请关闭其他程序后重试，或扫描图片文件。',
    again: '重试',
    noCode: '在这张图片中没有找到二维码。请从正面拍下完整、清晰的二维码。',
    noPicture: '这个文件不是浏览器能读取的图片。',
    notOurs: (text) => `这个二维码的内容是“${isolate(text)}”，不是共享链接，也不是邀请或回复。请扫描另一个。`,
    private: '画面只留在此标签页中，不会保存，也不会发送。',
  },
}
