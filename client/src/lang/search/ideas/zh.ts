/** 简体中文：每个发现系统的一句话说明。 */
import type { IdeaMessages } from './en.ts'

export const ideas: IdeaMessages = {
  directory: '一台服务器知道所有文件。快而全，但它看得到每个问题，并且随服务器一起消失。',
  gnutella: '你的问题由邻居传给邻居。没有服务器，消息很多。',
  kazaa: '强的节点为其他节点建索引，并互相询问。没有服务器，消息很少。',
  ring: '每个词在所有节点组成的环上都有位置。没有服务器，只要几跳；只能查完整的词。',
}
