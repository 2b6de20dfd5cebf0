/** The exchange online: news from the vendor, a node that is away, a contact that lapsed. */

import { asPerson, expect, expectPage, test, told } from './fixtures.ts';
import type { Way } from './exchange.ts';
import { ONE_A_PAGE } from './hands.ts';
import { ADMIN } from './harness.ts';
import { CLOCK, clockAt } from './program.ts';
import type { World } from './world.ts';

/** Days without contact after which licenses leave service, and one more. */
const TOO_LONG = '+61d';

export function network({ hands }: Way, get: () => World): void {
  test('an exchange brings what the vendor changed; while no node answers nothing changes', ONE_A_PAGE, async ({ page }) => {
    const world = get();
    const now = page.getByRole('button', { name: 'Sync now' });
    const round = page.getByRole('region', { name: 'Last attempt' });
    await asPerson(page, world.server, ADMIN);
    await page.goto(world.server.url);
    await expect(page.getByRole('main')).toContainText('4 licenses are in service.');
    await hands.press(page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Exchange' }));
    await expectPage(page, 'Online exchange');

    const id = world.addLicense('ETRAN_ENUS_50', 7);
    await hands.press(now);
    await expect(told(page, 'Synced: 1 added.')).toBeVisible();
    await expect(round).toContainText('1 added.');
    await hands.press(page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Licenses' }));
    await expect(page.getByRole('region', { name: 'Changes from the last sync' })).toContainText('ETRAN_ENUS_50: 7 concurrent licenses added.');
    const added = page.getByRole('table', { name: 'Loaded licenses' }).getByRole('row', { name: new RegExp(id) });
    await expect(added).toBeVisible();

    await world.node.stop();
    await page.goto(`${world.server.url}/exchange`);
    await hands.press(now);
    await expect(told(page, /Nothing changed\.$/)).toBeVisible();
    await expect(round).toContainText('Failed');
    const attempt = round.getByRole('listitem').filter({ hasText: world.node.address });
    await expect(attempt).toContainText(/TCP\s*, failed here/);
    await expect(attempt).toContainText(/HTTP\s*, not reached/);
    await expect(attempt).toContainText('refused');
    await expect(round.getByRole('link', { name: 'Check all nodes and ports' })).toHaveAttribute('href', '/diagnostics');
    await page.goto(`${world.server.url}/licenses`);
    await expect(added, 'a failed exchange takes nothing away').toBeVisible();

    await world.node.serve();
    world.node.cli(['license', 'remove', id]);
    await page.goto(`${world.server.url}/exchange`);
    await hands.press(now);
    await expect(told(page, 'Synced: 1 removed.')).toBeVisible();
    await expect(round).toContainText('Done');
  });
}

export function lapsed({ hands }: Way, get: () => World): void {
  test('after sixty days without contact every page says so; the next exchange brings the licenses back', async ({ page }) => {
    test.skip(!CLOCK, 'libfaketime is not installed');
    const world = get();
    await world.node.stop();
    world.server = await world.server.again({ env: clockAt(TOO_LONG) });
    await asPerson(page, world.server, ADMIN);
    const main = page.getByRole('main');
    const contact = page.getByRole('banner').getByRole('link', { name: /^Attention/ });
    for (const [path, sentence] of [
      ['/', 'No license is in service.'],
      ['/licenses', 'No license is in service: contact with the vendor has lapsed.'],
      ['/exchange', /Lapsed: last synced 61 days ago\./],
      ['/exchange/hand', /Lapsed: last synced 61 days ago\./],
    ] as const) {
      await page.goto(world.server.url + path);
      await expect(main, path).toContainText(sentence);
      await expect(contact, path).toContainText('Lapsed');
    }
    await page.goto(`${world.server.url}/licenses?state=lapsed`);
    await expect(page.getByRole('table', { name: 'Licenses that are not loaded' }).getByRole('row', { name: /TTS3 .*Lapsed/ })).toBeVisible();
    await expect(page.getByRole('table', { name: 'Loaded licenses' })).toBeHidden();

    await world.node.serve(clockAt(TOO_LONG));
    await page.goto(`${world.server.url}/exchange`);
    await hands.press(page.getByRole('button', { name: 'Sync now' }));
    await expect(told(page, /^Synced: /)).toBeVisible();
    await expect(main).toContainText(/Connected: last synced/);
    await hands.press(contact);
    await expect(contact).toContainText('All well');
    await page.goto(world.server.url);
    await expect(main).toContainText(/\d licenses are in service\./);
  });
}
