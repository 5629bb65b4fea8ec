/** 简体中文：手动连接两个浏览器。 */
import type { InviteMessages } from './en.ts'

export const invite: InviteMessages = {
  title: '不用服务器的邀请',
  text: '两个浏览器可以手动连接：用任意方式发出邀请，用同样方式拿到回复，粘贴到这里。这样的一条连接就能让另一个浏览器加入整个网络。',
  make: '生成邀请',
  making: '正在生成邀请…',
  label: '邀请链接',
  copy: '复制邀请',
  qrAlt: '邀请的二维码',
  waits: '只要此标签页开着，它会等待回复半小时。',
  box: '邀请或回复',
  replyQrAlt: '你的回复的二维码',
  paste: '粘贴到这里',
  connect: '连接',
  reply: '你的回复',
  copyReply: '复制回复',
  sendReply: '把这份回复发给邀请你的人。对方粘贴后即开始连接。',
  invited: '你收到了邀请',
  invitedText:
    '有人想不经服务器，把此浏览器与对方的浏览器直接连接起来。只有知道链接是谁发来的，才接受：两个浏览器会得知彼此的网络地址。',
  accept: '接受邀请',
  accepting: '正在准备回复…',
  notNow: '暂不',
  broken: '这份邀请无效',
  oneStep: '还差一步：',
  sendBack: '把这份回复发回给邀请你的人。',
  connecting: '回复相符，正在连接…',
  connected: '已连接',
  noPath:
    '回复相符，但两个浏览器之间找不到通路：双方的路由器可能限制太严。请换一个网络再试，或让双方各自与其他人连接。',
  ended: '这份邀请已失效：半小时内没有人回复，或生成它的标签页已关闭。请重新生成一份。',
  replyEnded: '这份回复没有带来连接：半小时内没有粘贴，或两个浏览器之间找不到通路。请对方重新发一份邀请。',
  look: '查看网络',
  pending: '对方粘贴后即开始连接。请保持此标签页打开。',
}
