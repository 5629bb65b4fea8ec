import { defineConfig } from '@playwright/test'
import base from '../playwright.config.ts'

/** Specs over a small internet of network namespaces; each launches its own browsers inside of homes. */
export default defineConfig({
  ...base,
  testDir: '.',
  outputDir: '../results/nat',
  reporter: [['list'], ['json', { outputFile: '../../.cache/nat.json' }]],
})
