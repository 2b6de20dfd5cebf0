/** The bars, on the page of the servers: alone, with a backup that stands by, with one that serves, when joining is refused. */

import { Application } from './application.ts';
import { asPerson, disclosure, expect, sending, test, type Page } from './fixtures.ts';
import { ADMIN, Server, VIEWER } from './harness.ts';
import { keepDocuments, measure, visit } from './measure.ts';
import { Installation, SILENT_WITHIN_MS } from './servers.world.ts';

test.describe.configure({ mode: 'parallel', timeout: 180_000 });
test.beforeEach(({ page }) => keepDocuments(page));

/** Opens the page again until it says so. */
async function until(page: Page, server: Server, words: RegExp): Promise<void> {
  await expect(async () => {
    await page.goto(`${server.url}/servers`);
    await expect(page.getByRole('main')).toContainText(words, { timeout: 500 });
  }).toPass({ timeout: SILENT_WITHIN_MS });
}

test('a server that stands alone; joining refused', async ({ page }) => {
  const server = await Server.claimed();
  try {
    await asPerson(page, server, ADMIN);
    await visit(page, server, 'empty', { servers: '/servers' });
    await page.getByLabel('Address of that server').fill('http://127.0.0.1:1');
    await page.getByLabel('Code', { exact: true }).fill('AAAA-BBBB');
    expect(await sending(page, () => page.getByRole('button', { name: 'Join' }).click())).toBe(422);
    await measure(page, 'servers', 'refused');
    await page.context().clearCookies();
    await asPerson(page, server, VIEWER);
    await visit(page, server, 'readonly', { servers: '/servers' });
  } finally {
    await server.stop();
  }
});

test('two servers: standing by, a rehearsal, the backup serves', async ({ page }) => {
  const world = await Installation.start();
  const { primary, backup } = world;
  try {
    const desk = (await Application.connect(primary, 'Agent desk', { host: 'desk-4.example' })).keep();
    await desk.take('TTS3', 2);
    await asPerson(page, primary, ADMIN);
    await until(page, primary, /stands by; its hours do not run/);
    await disclosure(page, /^Add a server/).click();
    await measure(page, 'servers-standing-by', 'loaded');
    await page.getByRole('button', { name: 'Make a code' }).click();
    await measure(page, 'servers-code', 'loaded');
    await page.goto(`${primary.url}/servers`);
    await page.getByRole('checkbox', { name: 'Agent desk' }).check();
    await page.getByRole('button', { name: 'Begin the rehearsal' }).click();
    await measure(page, 'servers-rehearsal', 'loaded');
    await page.getByRole('button', { name: 'Take the clients back now' }).click();
    await page.getByLabel('For how many minutes').first().fill('0');
    expect(await sending(page, () => page.getByRole('button', { name: 'Hand over to the backup' }).click())).toBe(422);
    await measure(page, 'servers-handover', 'refused');
    desk.hush();
    await primary.crash();
    await world.logIn([backup], 'charon-1');
    await asPerson(page, backup, ADMIN);
    await until(page, backup, /has not answered for/);
    await measure(page, 'servers-serving', 'loaded');
  } finally {
    await world.stop();
  }
});
