import { defineConfig } from '@playwright/test'
import base from '../playwright.config.ts'

/**
 * Specs that only root can run: over a small internet of network namespaces, with browsers inside of homes, and with a disk
 * of its own for one browser.
 */
const { projects: _, ...rest } = base

export default defineConfig({
  ...rest,
  testDir: '.',
  // There is one internet at a time.
  workers: 1,
  outputDir: '../results/nat',
  reporter: [['list'], ['json', { outputFile: '../../.cache/nat.json' }]],
})
