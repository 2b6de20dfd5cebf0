/** Taking licenses back from a client: what it means, who may, and that the client hears it. */

import { Application } from './application.ts';
import { asPerson, expect, expectPage, sending, test, told } from './fixtures.ts';
import { client } from './clients.ts';
import type { Way } from './exchange.ts';
import { ONE_A_PAGE } from './hands.ts';
import { ADMIN, VIEWER } from './harness.ts';
import type { World } from './world.ts';

export function release({ hands }: Way, get: () => World): void {
  test('an administrator releases what a client keeps: the consequence is named, the client is told', ONE_A_PAGE, async ({ page }) => {
    const { server } = get();
    const hoarder = (await Application.connect(server, 'hoarder', { host: 'vm-9.example' })).keep();
    try {
      await hoarder.take('TTS3', 2, 6);
      await asPerson(page, server, ADMIN);
      await page.goto(`${server.url}/clients`);
      await hands.press(client(page, 'hoarder').getByRole('link', { name: 'hoarder' }));
      await expectPage(page, 'hoarder');
      const block = page.getByRole('region', { name: 'Release' });
      const asks = block.getByRole('dialog', { name: 'Release the licenses of hoarder?' });
      const opens = block.getByRole('button', { name: 'Release its licenses' }).first();
      const button = asks.getByRole('button', { name: 'Release its licenses' });
      await expect(asks, 'not before the consequence is read').toBeHidden();
      await hands.press(opens);
      await expect(asks.getByRole('button', { name: 'Cancel' })).toBeFocused();
      for (const words of [
        '4 licenses of TTS3, reserved by hoarder and not in use: released as soon as the client agrees',
        '2 licenses of TTS3 in use. Licenses in use stay in use; each is released when the application returns it.',
        'For 1 minute its requests are denied',
      ]) {
        await expect(asks.getByRole('listitem').filter({ hasText: words })).toBeVisible();
      }
      await hands.press(asks.getByRole('button', { name: 'Cancel' }));
      await expect(button).toBeHidden();
      expect((await hoarder.refresh()).TTS3.limit, 'nothing was done').toBe(6);

      await hands.press(opens);
      expect(await sending(page, () => hands.press(button))).toBe(303);
      await expect(told(page, /^hoarder gets no new licenses for 1 minute\. Released as soon as it agrees, .*: 4 of TTS3\.$/)).toBeVisible();
      const heard = (await hoarder.refresh()).TTS3;
      expect([heard.limit, heard.why]).toEqual([2, 'released']);
      expect(heard.sentence).toMatch(/An administrator released/);
      await hoarder.refresh();
      await page.goto(page.url());
      const row = page.getByRole('table', { name: 'Licenses held and used in this run' }).getByRole('row', { name: /^TTS3/ });
      await expect(row).toContainText('released, may request again');
      await expect(row.getByRole('cell').nth(3), 'no more is counted than is in use').toHaveText('2');

      await page.goto(`${server.url}/audit`);
      await expect(page.getByRole('row', { name: /\bada Released the unused licenses of client hoarder/ })).toBeVisible();
    } finally {
      await hoarder.goodbye();
    }
  });

  test('licenses of several clients are released at once, after the question says what happens', async ({ page }) => {
    const { server } = get();
    const [first, second] = [(await Application.connect(server, 'pile-1')).keep(), (await Application.connect(server, 'pile-2')).keep()];
    try {
      await first.take('TTS3', 1, 4);
      await second.take('TTS3', 0, 2);
      await asPerson(page, server, ADMIN);
      await page.goto(`${server.url}/clients?q=pile`);
      for (const name of ['pile-1', 'pile-2']) await hands.tick(page.getByRole('checkbox', { name: `Select ${name}` }), true);
      await hands.press(page.getByRole('button', { name: 'Release licenses of selected clients' }));
      await expectPage(page, 'Release licenses');
      await expect(page.getByRole('main')).toContainText('Release the licenses of 2 clients?');
      await expect(page.getByRole('listitem').filter({ hasText: '5 licenses of TTS3, reserved and not in use' })).toBeVisible();
      await expect(page.getByRole('listitem').filter({ hasText: '1 license of TTS3 in use.' })).toBeVisible();
      expect((await first.refresh()).TTS3.limit, 'nothing is done by asking').toBe(4);
      expect(await sending(page, () => hands.press(page.getByRole('button', { name: 'Release the licenses of 2 clients' })))).toBe(303);
      await expect(told(page, /^2 clients get no new licenses for 1 minute\..*: 5 of TTS3\.$/)).toBeVisible();
      expect((await first.refresh()).TTS3.why).toBe('released');
      await page.goto(`${server.url}/audit?what=client.release&q=pile`);
      for (const name of ['pile-1', 'pile-2']) await expect(page.getByRole('row', { name: new RegExp(`ada Released the unused licenses of client ${name}`) })).toBeVisible();
    } finally {
      for (const application of [first, second]) await application.goodbye();
    }
  });

  test('a viewer sees the client and the reason why the button does nothing', async ({ page }) => {
    const { server } = get();
    const steady = (await Application.connect(server, 'steady')).keep();
    try {
      await steady.take('TTS3', 1, 3);
      await asPerson(page, server, VIEWER);
      await page.goto(`${server.url}/clients`);
      await hands.press(client(page, 'steady').getByRole('link', { name: 'steady' }));
      await expectPage(page, 'steady');
      const button = page.getByRole('button', { name: 'Release its licenses' });
      await expect(button).toBeDisabled();
      await expect(page.getByText('Releasing licenses needs the role operator or administrator.')).toBeVisible();
      const cookie = await server.signIn(VIEWER);
      const path = `${new URL(page.url()).pathname}/release`;
      expect((await server.ask(path, { method: 'POST', form: {}, cookie })).status).toBe(403);
      expect((await steady.refresh()).TTS3.limit, 'nothing was done').toBe(3);
      for (const open of ['/usage', '/usage.csv', '/usage.json', '/clients', '/clients.csv']) expect((await server.ask(open, { cookie })).status, open).toBe(200);
    } finally {
      await steady.goodbye();
    }
  });
}
