/** What goes wrong shows on the overview, in the header and in the navigation of a page that was open before: in words, soon, without a reload. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asPerson, expect, test, type Page } from './fixtures.ts';
import { Application } from './application.ts';
import { ADMIN } from './harness.ts';
import { World } from './world.ts';

/** Within this time, milliseconds. */
const SHOWN_WITHIN = 15_000;

const tile = (page: Page, part: string) => page.locator('.tile').filter({ has: page.getByText(part, { exact: true }) });
const entry = (page: Page, name: string) => page.getByRole('navigation', { name: 'Pages' }).first().getByRole('link', { name: new RegExp(`^${name} \\d`) });

test('denials, a refused sync and a broken audit chain reach an open overview, its header and its navigation', async ({ page, another }) => {
  test.setTimeout(120_000);
  const world = await World.start();
  const { server, registration } = world;
  try {
    const phone = await another({ viewport: { width: 390, height: 844 } });
    for (const one of [page, phone]) {
      await asPerson(one, server, ADMIN);
      await one.goto(server.url);
      await expect(one.getByRole('banner').locator('.live-dot.open')).toBeVisible();
      await one.evaluate(() => Object.assign(window, { same: true }));
      await expect(one.locator('.tile.danger'), 'nothing is red while all is well').toHaveCount(0);
    }
    const pill = (of: Page) => of.getByRole('banner').getByRole('link', { name: /^Attention: / });
    const shown = async (part: string, words: RegExp, place: string, header: RegExp): Promise<void> => {
      const began = Date.now();
      for (const one of [page, phone]) {
        await expect(tile(one, part)).toContainText(words, { timeout: Math.max(1, SHOWN_WITHIN - (Date.now() - began)) });
        await expect(pill(one)).toHaveAccessibleName(header);
        expect(await one.evaluate(() => 'same' in window), 'without a reload').toBe(true);
      }
      await expect(entry(page, place)).toBeVisible();
      console.log(`${part}: shown after ${Date.now() - began} ms`);
    };

    const application = await Application.connect(server, 'Call centre');
    const now = Date.now();
    const denied = Array.from({ length: 40 }, (_, at) => ({ product: 'TTS3', from: now - 1_000 - at, outcome: 'denied' as const }));
    expect(await application.record(denied)).toBe(200);
    await shown('Use', /40 denials since midnight/, 'Usage', /40 denials|denials today|\+ \d/);
    await application.goodbye();

    server.cli(['register', '--guid', registration.guid, '--auth', 'MISTYPED', '--no-sync']);
    expect(() => server.cli(['sync'])).toThrow(/refused/);
    await shown('Sync', /Refused/, 'Exchange', /Refused/);

    const head = join(server.data, 'audit.head');
    const [last, hash] = readFileSync(head, 'utf8').trim().split(' ');
    writeFileSync(head, `${Number(last) + 3} ${hash}\n`);
    await shown('Storage', /Audit/, 'Audit', /\+ \d/);
  } finally {
    await world.stop();
  }
});
