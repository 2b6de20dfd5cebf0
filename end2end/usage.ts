/** The journeys of Usage and Clients, each in one of the ways to use a page. */

import { used, Application } from './application.ts';
import { clients } from './clients.ts';
import { release } from './clients.release.ts';
import { asPerson, disclosure, expect, test } from './fixtures.ts';
import type { Way } from './exchange.ts';
import { pointer } from './hands.ts';
import { ADMIN } from './harness.ts';
import { run } from './program.ts';
import { chart } from './usage.chart.ts';
import { files } from './usage.files.ts';
import { periods } from './usage.periods.ts';
import { World } from './world.ts';

/** Use of the days before, and no client connected but one that has fallen silent. */
const DAYS = 60;
const PER_DAY = 1_000;

export function journeys(way: Way): void {
  test.use({ javaScriptEnabled: way.script });
  test.describe('a server with a history of use', () => {
    let world: World;
    test.beforeAll(async () => {
      world = await World.start({ data: used(DAYS, PER_DAY) });
      // By the time it is looked at, it has said nothing for long.
      const silent = await Application.connect(world.server, 'silent-one', { host: 'quiet.example' });
      await silent.take('ETRAN_ENUS', 2);
    });
    test.afterAll(() => world.stop());
    periods(way, () => world);
    files(way, () => world);
    // It has ways of its own for pointer and keys, and needs script.
    if (way.script && way.hands === pointer) chart(() => world);
    release(way, () => world);
    // The last: it looks at the silent client.
    clients(way, () => world);
  });
  test.describe('a server that nobody has used', () => nobody(way));
}

function nobody({ hands }: Way): void {
  test('pages without use show the command to try, and it is one that works', async ({ page }) => {
    const world = await World.start();
    const { server } = world;
    try {
      await asPerson(page, server, ADMIN);
      await page.goto(server.url);
      const inUse = page.getByRole('region', { name: 'In use now' });
      await expect(inUse).toContainText('No applications are connected.');
      await hands.press(inUse.getByRole('link', { name: 'Connect an application' }));
      await expect(page.getByRole('region', { name: 'No clients yet' })).toBeVisible();
      const connect = page.getByRole('region', { name: 'Connect an application' });
      await expect(connect.getByRole('group', { name: 'The command' })).toHaveText(/^leasehold client run --servers \S+ --product \w+$/);
      await hands.press(page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Usage' }));
      await expect(page.getByRole('region', { name: 'Nothing to report yet' })).toBeVisible();
      const words = (await connect.getByRole('group', { name: 'The command' }).innerText()).trim().split(' ').slice(1);
      // The server of this test listens at a port that was free, not at the one it was told.
      words[words.indexOf('--servers') + 1] = server.clients;
      run([...words, '--name', 'first-try', '--count', '3', '--rate', '20', '--hold', '50']);
      const product = words[words.indexOf('--product') + 1];
      const row = page.getByRole('table', { name: /^Use by product/ }).getByRole('row', { name: new RegExp(product) });
      await expect(async () => {
        await page.goto(`${server.url}/usage`);
        await expect(row).toBeVisible({ timeout: 500 });
      }).toPass();
      await expect(row.getByRole('cell').nth(1), 'three were taken').toHaveText('3');
      await hands.press(disclosure(page, 'Show as a table'));
      const table = page.getByRole('table', { name: `${product} for each day` });
      await expect(table.getByRole('row').last()).toContainText('3');
    } finally {
      await world.stop();
    }
  });
}
