import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import { CHROMIUM } from './playwright.config.ts'

/** Draws the icons of the installed app from the favicon: `npm run icons`. */
const PUBLIC = join(import.meta.dirname, '../client/public')
const svg = readFileSync(join(PUBLIC, 'favicon.svg'), 'utf8')

/** A maskable icon keeps its drawing within the middle 80 %, on a ground that reaches every edge. */
const ICONS = [
  { name: 'icon-192', size: 192, scale: 1, ground: 'transparent' },
  { name: 'icon-512', size: 512, scale: 1, ground: 'transparent' },
  { name: 'icon-maskable', size: 512, scale: 0.8, ground: '#0b6b5f' },
] as const

const browser = await chromium.launch(CHROMIUM)
try {
  for (const { name, size, scale, ground } of ICONS) {
    const page = await browser.newPage({ viewport: { width: size, height: size } })
    const inner = Math.round(size * scale)
    await page.setContent(
      `<body style="margin:0;display:grid;place-items:center;height:${String(size)}px;background:${ground}">` +
        `<div style="width:${String(inner)}px;height:${String(inner)}px">${svg}</div></body>`,
    )
    await page.screenshot({ path: join(PUBLIC, `${name}.png`), omitBackground: true })
    await page.close()
  }
} finally {
  await browser.close()
}
