import type { Page } from '@playwright/test'

/** The bare channel of the benchmark page; see client/bench/raw-channel.ts. */
interface Raw {
  offer(): Promise<string>
  answer(offer: string): Promise<string>
  accept(answer: string): Promise<void>
  opened(): Promise<void>
  send(bytes: number): Promise<void>
  readonly received: number
  close(): void
}
declare const raw: Raw

/** Connects two pages by a bare channel. */
export async function connectRaw(sender: Page, receiver: Page): Promise<void> {
  for (const page of [sender, receiver]) {
    await page.evaluate(() => {
      Object.assign(globalThis, { raw: (globalThis as unknown as { makeRaw(): Raw }).makeRaw() })
    })
  }
  const offer = await sender.evaluate(() => raw.offer())
  const answer = await receiver.evaluate((sdp) => raw.answer(sdp), offer)
  await sender.evaluate((sdp) => raw.accept(sdp), answer)
  await Promise.all([sender, receiver].map((page) => page.evaluate(() => raw.opened())))
}

/** Sends so many bytes; resolves when the last one has arrived. */
export async function sendRaw(sender: Page, receiver: Page, bytes: number): Promise<void> {
  void sender.evaluate((count) => raw.send(count), bytes)
  await receiver.waitForFunction((count) => raw.received >= count, bytes, { polling: 20, timeout: 300_000 })
}

export async function closeRaw(...pages: Page[]): Promise<void> {
  for (const page of pages) await page.evaluate(() => raw.close())
}
