import { defineConfig } from '@playwright/test';

/** Flags for a Chromium that runs as root in a container and asks nobody outside. */
export const CHROMIUM = {
  executablePath: process.env.CHROME_PATH ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ],
};

/** Without script, and with the keyboard alone. */
const OTHER_WAYS = /\.(nojs|keyboard)\.spec\.ts$/;

export default defineConfig({
  testDir: '.',
  outputDir: 'test-results',
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 7_500 },
  forbidOnly: !!process.env.CI,
  // A machine that stood still for seconds is no defect; what passes only at the second try is listed as flaky.
  retries: process.env.CI ? 1 : 0,
  projects: [
    { name: 'all', testIgnore: OTHER_WAYS },
    // What a page does without script, or by keys alone, shows in one journey over it.
    { name: 'other ways', testMatch: OTHER_WAYS, grep: /@one-a-page|journeys/ },
  ],
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    launchOptions: CHROMIUM,
    locale: 'en-GB',
    viewport: { width: 1280, height: 800 },
    actionTimeout: 7_500,
    navigationTimeout: 15_000,
    screenshot: 'only-on-failure',
  },
});
