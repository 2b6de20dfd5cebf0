/** The journeys of the license of a machine, each in one of the ways to use a page: request, refusals, installed, told what voids it. */

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asConfirmed, asPerson, disclosure, expect, sending, test, told, type Locator, type Page } from './fixtures.ts';
import type { Way } from './exchange.ts';
import { ONE_A_PAGE } from './hands.ts';
import { ADMIN, Server, VIEWER } from './harness.ts';
import { issue } from './servers.world.ts';
import { CUSTOMER, LicensingNode, World } from './world.ts';

/** The card of the license. */
const machine = (page: Page): Locator => page.getByRole('region', { name: 'Machine license', exact: true });

export function journeys({ script, hands }: Way): void {
  test.use({ javaScriptEnabled: script });
  // They build on one another.
  test.describe.configure({ mode: 'serial' });
  let world: World;
  let server: Server;
  /** A license as the vendor made it. */
  let file: string;
  let text: string;
  test.beforeAll(async () => {
    world = await World.start();
    server = world.server;
    file = issue(world.node, server, { expires: '2099-12-31' });
    text = readFileSync(file, 'utf8');
  });
  test.afterAll(() => world.stop());
  test.beforeEach(({ page }) => asConfirmed(page, server, ADMIN));

  /** Opens what is folded, where there are other licenses. */
  async function open(page: Page): Promise<void> {
    await page.goto(`${server.url}/licenses`);
    const folded = disclosure(machine(page), /^(Get a machine license|Install another license)$/);
    await hands.press(folded);
  }

  async function refused(page: Page, typed: string, reason: RegExp): Promise<void> {
    const field = page.getByLabel('The license', { exact: true });
    await hands.fill(field, typed);
    expect(await sending(page, () => hands.press(page.getByRole('button', { name: 'Install the license' })))).toBe(422);
    await expect(field).toHaveAccessibleDescription(reason);
    await expect(field).toHaveValue(typed.replaceAll('\r\n', '\n').trim());
    await expect(page.getByRole('alert')).toBeVisible();
  }

  test('the request is a file that names no id of the machine in clear', ONE_A_PAGE, async ({ page }) => {
    await open(page);
    const link = machine(page).getByRole('link', { name: 'Download the request' });
    const answer = await server.ask((await link.getAttribute('href'))!, { cookie: await server.signIn(ADMIN) });
    expect(answer.headers['content-disposition']).toBe('attachment; filename="leasehold-license-request.json"');
    expect(JSON.parse(answer.text)).toBeTruthy();
    const id = readFileSync('/etc/machine-id', 'utf8').trim();
    if (id) expect(answer.text).not.toContain(id);
    const kept = join(mkdtempSync(join(tmpdir(), 'leasehold-request-')), 'request.json');
    writeFileSync(kept, answer.text);
    expect(world.node.cli(['ve', 'issue', '--request', kept, '--type', 'countdown', '--hours', '5', '--customer', CUSTOMER, '--product', 'Charon-SSP/4U']), 'the vendor takes it').toContain('SIGNEND');
  });

  test('a text that was cut off, edited, or is no license is refused with the reason', async ({ page }) => {
    await open(page);
    await refused(page, text.slice(0, text.length / 2).trim(), /whole|end|SIGN/i);
    await refused(page, text.replace(/P_INSTANCE=\d+/, 'P_INSTANCE=300').trim(), /signature|changed/i);
    await refused(page, 'This is a letter.', /KEYSEC/);
    await expect(machine(page)).not.toContainText('In force');
  });

  test('what the vendor sent is installed from a file, in force, and says what would void it', ONE_A_PAGE, async ({ page }) => {
    await open(page);
    await hands.give(page.getByLabel('Or upload it as a file'), file);
    await hands.press(page.getByRole('button', { name: 'Install the license' }));
    await expect(told(page, /^License \S+ is installed\.$/)).toBeVisible();
    await expect(machine(page)).toContainText('In force');
    await expect(machine(page).getByRole('table', { name: 'Products of this license' }).getByRole('row', { name: /^Charon-SSP\/4U/ })).toContainText('4,096 MB');
    await hands.press(disclosure(page, 'Changes that void it, and changes it tolerates'));
    await expect(machine(page).getByRole('table', { name: /^This machine/ })).toContainText('CPU cores');
    await hands.press(disclosure(page, 'Passphrases'));
    await expect(machine(page)).toContainText(/P_PASSPHRASE=(\S+)/.exec(text)![1]);
  });

  test('the same again changes nothing; a newer one takes its place, and the older cannot come back', async ({ page }) => {
    await open(page);
    await hands.fill(page.getByLabel('The license', { exact: true }), text);
    await hands.press(page.getByRole('button', { name: 'Install the license' }));
    await expect(told(page, /was already installed\. Nothing changed\.$/)).toBeVisible();
    const newer = readFileSync(issue(world.node, server, { hours: 50 }), 'utf8');
    await open(page);
    await hands.fill(page.getByLabel('The license', { exact: true }), newer);
    await hands.press(page.getByRole('button', { name: 'Install the license' }));
    await expect(machine(page)).toContainText('50 h left of 50 hours');
    await open(page);
    await refused(page, text.trim(), /older|newer|serial/i);
    await expect(machine(page)).toContainText('50 h left of 50 hours');
  });

  test('a license of a vendor nobody confirmed is refused', async ({ page }) => {
    const stranger = await LicensingNode.start('127.0.0.1:0', 'Somebody');
    try {
      const foreign = readFileSync(issue(stranger, server, { expires: '2099-12-31' }), 'utf8').trim();
      await open(page);
      await hands.fill(page.getByLabel('The license', { exact: true }), foreign);
      expect(await sending(page, () => hands.press(page.getByRole('button', { name: 'Install the license' })))).toBe(422);
      await expect(page.getByRole('alert')).toContainText(/key|vendor/i);
    } finally {
      await stranger.end();
    }
  });

  test('who may only look sees the license, not its passphrases', async ({ page }) => {
    await page.context().clearCookies();
    await asPerson(page, server, VIEWER);
    await page.goto(`${server.url}/licenses`);
    await expect(machine(page)).toContainText('In force');
    expect(await page.content()).not.toContain(/P_PASSPHRASE=(\S+)/.exec(text)![1]);
    await hands.press(disclosure(machine(page), 'Install another license'));
    await expect(page.getByRole('button', { name: 'Install the license' })).toBeDisabled();
  });
}
