import { MEDIA_CHANNEL, type MediaAnswer, type MediaMessage, type MediaRequest } from './media-protocol.ts'

/** A page that has no data for so long gets an error, and its player asks again. Below the life of an event. */
const ANSWER_MS = 120_000
/** The tab that runs the node may close while it has a question, and the next one knows nothing of it. Our choice. */
const AGAIN_MS = 2_000

/**
 * Asks all tabs, over and over; the one that runs the node answers.
 * @param signal of the player, which wants something else by then.
 * @returns `null` when none answers.
 */
export function askTabs(request: MediaRequest, signal: AbortSignal): Promise<MediaAnswer | null> {
  const channel = new BroadcastChannel(MEDIA_CHANNEL)
  return new Promise((resolve) => {
    const ask = () => channel.postMessage(request)
    const again = setInterval(ask, AGAIN_MS)
    const end = setTimeout(() => finish(null), ANSWER_MS)
    const finish = (answer: MediaAnswer | null) => {
      clearInterval(again)
      clearTimeout(end)
      channel.close()
      resolve(answer)
    }
    channel.onmessage = (event: MessageEvent<MediaMessage>) => {
      if (event.data.type !== 'read' && event.data.id === request.id) finish(event.data)
    }
    signal.addEventListener('abort', () => finish(null), { once: true })
    ask()
  })
}
