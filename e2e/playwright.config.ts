import { existsSync } from 'node:fs'
import { defineConfig } from '@playwright/test'

/**
 * Each profile builds two pages of the browser's own address bar, which nobody sees here: a quarter of what it costs to
 * open a peer. The last list wins, so those are said again that Playwright 1.65 leaves out and that touch what we test.
 */
const WITHOUT_FEATURES = [
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'AimEnabled',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'ThirdPartyStoragePartitioning',
]

/** Debian's Chromium; flags as root in a container needs them. */
export const CHROMIUM = {
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    `--disable-features=${WITHOUT_FEATURES.join(',')}`,
  ],
}

const SHELL = '/usr/bin/chromium-headless-shell'

/**
 * The same engine without the parts of a desktop's browser: a peer costs a quarter less work. It asks nobody for permissions
 * and freezes no tab; specs of such things use WHOLE_BROWSER. See docs/adr/0032.
 */
export const HEADLESS = {
  ...CHROMIUM,
  executablePath: process.env['CHROMIUM'] ?? (existsSync(SHELL) ? SHELL : CHROMIUM.executablePath),
}

/** A dozen browsers at a time. */
const CROWDS = ['**/discovery.spec.ts']

/** They wait much: for silence to be noticed, for leases, for somebody who is killed again and again, for other programs. */
const PATIENT = ['faults*', 'survive', 'wake', 'firefox', 'cli'].map((name) => `**/${name}.spec.ts`)

export default defineConfig({
  testDir: './specs',
  // `npm test` runs the patient ones beside the others, and the crowds alone.
  projects: [
    { name: 'specs', testIgnore: [...PATIENT, ...CROWDS], outputDir: './results/specs' },
    { name: 'crowds', testMatch: CROWDS, outputDir: './results/crowds' },
    { name: 'patient', testMatch: PATIENT, outputDir: './results/patient' },
  ],
  // Two cores: one spec at a time. Beside twelve browsers a transfer of 12 MiB by a command took three minutes.
  workers: 1,
  fullyParallel: false,
  forbidOnly: process.env['CI'] !== undefined,
  retries: 0,
  timeout: 180_000,
  expect: { timeout: 20_000 },
  reporter: [['list'], ['json', { outputFile: `../.cache/${process.env['E2E_REPORT'] ?? 'e2e'}.json` }]],
  use: {
    browserName: 'chromium',
    launchOptions: HEADLESS,
    // Animations, drawn without a graphics card, are a quarter of the work of a new peer. See WITH_MOTION.
    contextOptions: { reducedMotion: 'reduce' },
    video: 'off',
    trace: 'off',
    screenshot: 'only-on-failure',
  },
})
