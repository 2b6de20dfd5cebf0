/** The journeys of Servers, each in one of the ways to use a page: join, drain and take back, drill, remove. */

import { asConfirmed, asPerson, disclosure, expect, expectPage, expectRefused, opening, sending, test, told, type Locator, type Page } from './fixtures.ts';
import type { Way } from './exchange.ts';
import { ONE_A_PAGE } from './hands.ts';
import { ADMIN, Server, VIEWER } from './harness.ts';
import { HOURS, Installation, SILENT_WITHIN_MS } from './servers.world.ts';

/** A card by its heading. */
const card = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });

/** Opens the page again until it says so. */
export async function until(page: Page, at: Server, words: RegExp): Promise<void> {
  await expect(async () => {
    await page.goto(at.url + '/servers');
    await expect(page.getByRole('main')).toContainText(words, { timeout: 500 });
  }).toPass({ timeout: SILENT_WITHIN_MS });
}

export function journeys({ script, hands }: Way): void {
  test.use({ javaScriptEnabled: script });
  // They build on one another, and clients take their time to move.
  test.describe.configure({ mode: 'serial', timeout: 120_000 });
  let world: Installation;
  test.beforeAll(async () => {
    world = await Installation.start({ joined: false });
  });
  test.afterAll(() => world.stop());
  test.beforeEach(({ page }) => asConfirmed(page, world.primary, ADMIN));
  test.afterEach(async ({}, info) => {
    if (info.status !== info.expectedStatus) await info.attach('what the clients said', { body: world.clientLog, contentType: 'text/plain' });
  });

  test('a backup joins with a code that was made on the page of the primary', ONE_A_PAGE, async ({ page, another }) => {
    await page.goto(world.primary.url);
    await hands.press(page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Servers' }));
    await expectPage(page, 'Servers');
    await expect(opening(page, /is serving 0 clients\. It has no backup\.$/)).toBeVisible();
    await hands.press(page.getByRole('button', { name: 'Make a code' }));
    await expect(page.getByRole('main')).toContainText('is shown only once');
    const code = (await page.locator('.invitation .copyable code').first().innerText()).trim();
    await expect(page.locator('.invitation .copyable code').last()).toHaveText(`leasehold peer join --url ${world.primary.url} --code ${code}`);

    const there = await another({ javaScriptEnabled: script });
    await asConfirmed(there, world.backup, ADMIN);
    await there.goto(world.backup.url + '/servers');
    const [address, field] = [there.getByLabel('Address of the other server'), there.getByLabel('Code', { exact: true })];
    await hands.fill(address, world.primary.url);
    await hands.fill(field, code.slice(0, 20));
    expect(await sending(there, () => hands.press(there.getByRole('button', { name: 'Join' })))).toBe(422);
    await expectRefused(there, field, code.slice(0, 20), /Copy all of it again/);
    await expect(address).toHaveValue(world.primary.url);
    await hands.fill(field, code);
    await hands.press(there.getByRole('button', { name: 'Join' }));
    await expect(told(there, /^This server has joined as .*, backup alongside /)).toBeVisible();
    await until(page, world.primary, /is on standby/);
    await expect(card(page, 'Servers').getByRole('listitem')).toHaveCount(2);
    await expect(card(page, 'Servers')).toContainText('Standby');
    await expect(page.getByRole('main')).toContainText(`${HOURS} h left of ${HOURS} h`);
    // A code is good once.
    await there.goto(world.backup.url + '/servers');
    const again = disclosure(there, 'Add a server');
    await hands.press(again);
    await hands.fill(address, world.primary.url);
    await hands.fill(field, code);
    expect(await sending(there, () => hands.press(there.getByRole('button', { name: 'Join' })))).toBe(422);
    await expect(there.getByRole('alert')).toBeVisible();
  });

  test('clients are drained for planned maintenance, and taken back before its end', ONE_A_PAGE, async ({ page }) => {
    await world.logIn([world.primary, world.backup], 'charon-1');
    await until(page, world.primary, /is serving 1 client\./);
    const form = card(page, 'Planned maintenance');
    await hands.fill(form.getByLabel('Duration, minutes'), '0');
    await hands.fill(form.getByLabel('Reason'), 'new disks');
    expect(await sending(page, () => hands.press(form.getByRole('button', { name: 'Drain to backup' })))).toBe(422);
    await expectRefused(page, form.getByLabel('Duration, minutes'), '0', /1 to 1440 minutes/);
    await expect(form.getByLabel('Reason')).toHaveValue('new disks');
    await hands.fill(form.getByLabel('Duration, minutes'), '20');
    await hands.press(form.getByRole('button', { name: 'Drain to backup' }));
    const asks = page.locator('#ask');
    await expect(asks).toContainText(/1 client moves from \S+ to \S+ within seconds\. It keeps its licenses\./);
    await expect(asks).toContainText(/1 of them uses the backup hours of \S+: 100 h left\./);
    await hands.press(asks.getByRole('button', { name: 'Drain to backup' }));
    await expect(told(page, /^Clients are moving to the backup\./)).toBeVisible();
    await until(page, world.primary, /\S+ is serving 1 client\. Backup hours last until/);
    await expect(card(page, 'Draining')).toContainText(/new disks.*by ada; ends in (19|20) min/);
    await expect(card(page, 'Planned maintenance')).toHaveCount(0);
    await expect(card(page, 'Timeline')).toContainText(/ada started a 20-minute drain of \S+ to the backup: new disks\./);
    // Its last word here comes a moment after it was let in there.
    await expect(async () => {
      await page.goto(`${world.primary.url}/clients`);
      await expect(page.getByRole('row', { name: /charon-1/ })).toContainText('Moved', { timeout: 500 });
    }).toPass({ timeout: 7_500 });
    await page.goto(`${world.primary.url}/servers`);
    await hands.press(card(page, 'Draining').getByRole('button', { name: 'Take clients back' }));
    await expect(told(page, 'The clients return within seconds.')).toBeVisible();
    await until(page, world.primary, /is serving 1 client\. \S+ is on standby/);
    await expect(card(page, 'Draining')).toHaveCount(0);
  });

  test('a failover drill moves the chosen client, within its limit of hours', async ({ page }) => {
    await until(page, world.primary, /is on standby/);
    const form = card(page, 'Failover drill');
    expect(await sending(page, () => hands.press(form.getByRole('button', { name: 'Start the drill' })))).toBe(422);
    await expect(page.getByRole('alert')).toContainText('No client is selected.');
    await hands.tick(form.getByRole('checkbox', { name: 'charon-1' }));
    await hands.fill(form.getByLabel('Backup hours limit'), '0');
    expect(await sending(page, () => hands.press(form.getByRole('button', { name: 'Start the drill' })))).toBe(422);
    await expect(form.getByRole('checkbox', { name: 'charon-1' })).toBeChecked();
    await hands.fill(form.getByLabel('Backup hours limit'), '7');
    await hands.press(form.getByRole('button', { name: 'Start the drill' }));
    await expect(page.locator('#ask')).toContainText('It ends early when 7 min of them are used.');
    await hands.press(page.locator('#ask').getByRole('button', { name: 'Start the drill' }));
    await expect(told(page, /^Clients are moving to the backup\./)).toBeVisible();
    await expect(async () => {
      await page.goto(world.primary.url + '/servers');
      await expect(card(page, 'Failover drill')).toContainText('Limit: 7 min of backup hours', { timeout: 500 });
      await expect(card(page, 'Failover drill').getByRole('row', { name: /^charon-1/ }).getByRole('cell').first()).not.toHaveText('not yet', { timeout: 500 });
      await expect(page.getByRole('main')).toContainText(/drill/, { timeout: 500 });
    }).toPass({ timeout: SILENT_WITHIN_MS });
    await hands.press(card(page, 'Failover drill').getByRole('button', { name: 'Take clients back' }));
    await expect(told(page, 'The clients return within seconds.')).toBeVisible();
    await until(page, world.primary, /The backup served 1 of 1 client; all have returned\./);
    await expect(card(page, 'Last failover drill').getByRole('row', { name: /^charon-1/ })).not.toContainText('not yet');
  });

  test('what one may not do says who may', async ({ page }) => {
    await page.context().clearCookies();
    await asPerson(page, world.primary, VIEWER);
    // In trouble the forms are folded away.
    await until(page, world.primary, /is on standby/);
    for (const [name, form] of [['Drain to backup', 'Planned maintenance'], ['Start the drill', 'Failover drill']]) {
      const button = card(page, form).getByRole('button', { name });
      if (await button.count()) await expect(button).toBeDisabled();
      await expect(card(page, form)).toContainText(/role operator or administrator/);
    }
  });

  test('a server is removed, and has no backup then', async ({ page }) => {
    await page.context().clearCookies();
    await asPerson(page, world.primary, ADMIN);
    await until(page, world.primary, /is on standby/);
    const other = card(page, 'Servers').getByRole('listitem').filter({ hasText: 'Standby' });
    await hands.press(other.getByRole('button', { name: /^Remove / }).first());
    const asks = other.getByRole('dialog', { name: /^Remove .*\?$/ });
    await expect(asks).toContainText('Its licenses and its clients stay as they are.');
    await hands.press(asks.getByRole('button', { name: /^Remove / }));
    // Whoever sits at an open browser must know the password.
    await expectPage(page, 'Confirm your password');
    const password = page.getByLabel('Password', { exact: true });
    await hands.fill(password, 'not the password');
    expect(await sending(page, () => hands.press(page.getByRole('button', { name: 'Confirm and continue' })))).toBe(422);
    await expectRefused(page, password, '', /not your current password/);
    await hands.fill(password, ADMIN.password);
    await hands.press(page.getByRole('button', { name: 'Confirm and continue' }));
    await expect(told(page, / has left this installation\.$/)).toBeVisible();
    await expect(card(page, 'Servers').getByRole('listitem')).toHaveCount(1);
    await page.goto(`${world.primary.url}/audit`);
    await expect(page.getByRole('main')).toContainText(/Removed \S+ from the installation\./);
  });
}
