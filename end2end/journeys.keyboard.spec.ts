/** The core journeys with the keyboard alone: nothing here clicks, and no field is filled but by typing into the focused one. */

import { asPerson, disclosure, expect, expectPage, expectRefused, sending, test } from './fixtures.ts';
import { focusShown, press, STOPS, tabTo, type } from './hands.ts';
import { ADMIN, GUID, GUID_PASTED, NOWHERE, PLACEHOLDER, Server } from './harness.ts';

test.describe('a new server', () => {
  let server: Server;
  test.beforeAll(async () => {
    server = await Server.start();
  });
  test.afterAll(() => server.stop());

  test('the wizard', async ({ page }) => {
    const next = page.getByRole('button', { name: 'Continue' });
    await page.goto(server.setup);
    await press(page, next);
    await expectPage(page, 'Your account');
    await type(page, page.getByLabel('Name', { exact: true }), ADMIN.name);
    await type(page, page.getByLabel('Password', { exact: true }), ADMIN.password);
    await type(page, page.getByLabel('Confirm password', { exact: true }), ADMIN.password);
    await page.keyboard.press('Enter');
    await expectPage(page, "The server's GUID");
    const guid = page.getByRole('textbox', { name: 'GUID' });
    await type(page, guid, PLACEHOLDER);
    expect(await sending(page, () => page.keyboard.press('Enter'))).toBe(422);
    await expectRefused(page, guid, PLACEHOLDER, /placeholder/);
    await type(page, guid, GUID_PASTED);
    await press(page, page.getByRole('button', { name: 'Check' }), 'Space');
    await expect(page.getByText(`Will be written as ${GUID}`).first()).toBeVisible();
    await press(page, next);
    await expectPage(page, 'Connection to the nodes');
    const https = page.getByLabel('HTTPS to the nodes', { exact: true });
    await tabTo(page, https);
    await page.keyboard.type('On');
    await expect(https).toHaveValue('1');
    await press(page, disclosure(page, "Use other nodes"));
    await type(page, page.getByLabel('Nodes for HTTPS', { exact: true }), NOWHERE);
    await press(page, next);
    await expectPage(page, "The vendor's key");
    await press(page, page.getByRole('button', { name: 'Register without a key' }));
    await expectPage(page, 'Review and save');
    await press(page, page.getByRole('button', { name: /finish$/ }));
    await expectPage(page, 'Ready');
    await press(page, page.getByRole('link', { name: 'Go to the overview' }));
    await expectPage(page, 'Overview');
    expect(server.file()).toContain('USE_FLEX_REPORTING_HTTPS = 1');
  });
});

test.describe('a server in use', () => {
  let server: Server;
  test.beforeAll(async () => {
    server = await Server.claimed();
  });
  test.afterAll(() => server.stop());

  test('signing in and out', async ({ page }) => {
    await page.goto(`${server.url}/login`);
    await expect(page.getByLabel('Name', { exact: true }), 'the first field has the focus').toBeFocused();
    await page.keyboard.type(ADMIN.name);
    await page.keyboard.press('Tab');
    await page.keyboard.type('not the password at all');
    expect(await sending(page, () => page.keyboard.press('Enter'))).toBe(422);
    await expectRefused(page, page.getByLabel('Password', { exact: true }), '', /Wrong user name or password/);
    await page.keyboard.type(ADMIN.password);
    await page.keyboard.press('Enter');
    await expectPage(page, 'Overview');
    // A `summary` has no role, so it is found in its landmark.
    await press(page, page.getByRole('banner').locator('summary'));
    await press(page, page.getByRole('banner').getByRole('button', { name: 'Sign out' }), 'Space');
    await expectPage(page, 'Sign in');
  });

  test('the first stop is the skip link, and it skips', async ({ page }) => {
    await asPerson(page, server, ADMIN);
    for (const path of ['/', '/configuration', '/account']) {
      await page.goto(server.url + path);
      await page.keyboard.press('Tab');
      const skip = page.getByRole('link', { name: 'Skip to content' });
      await expect(skip).toBeFocused();
      await expect(skip).toBeInViewport();
      expect(await skip.evaluate(focusShown)).toBe('');
      await page.keyboard.press('Enter');
      await expect(page.getByRole('main')).toBeFocused();
      await page.keyboard.press('Tab');
      expect(await page.getByRole('main').evaluate((main) => main.contains(document.activeElement)), path).toBe(true);
    }
  });

  test('a setting: refused, put right, saved; and brought back', async ({ page }) => {
    await asPerson(page, server, ADMIN);
    await page.goto(server.url);
    const before = server.file();
    await press(page, page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Configuration' }));
    await expectPage(page, 'Configuration');
    const hour = page.getByLabel('Sync hour', { exact: true });
    await type(page, hour, '24');
    expect(await sending(page, () => page.keyboard.press('Enter'))).toBe(422);
    await expectRefused(page, hour, '24', /0 to 23/);
    await page.keyboard.press('Control+a');
    await page.keyboard.type('6');
    await press(page, page.getByRole('button', { name: 'Review changes' }));
    await expectPage(page, 'Review before saving');
    await type(page, page.getByLabel('Why this change?'), 'By keyboard');
    await press(page, page.getByRole('button', { name: 'Save the change' }));
    await expect(page.getByRole('status').filter({ hasText: /Saved as revision \d+/ })).toBeVisible();
    expect(server.file()).toBe(before.replace('FLEX_DESIRED_SYNC_HOUR = default', 'FLEX_DESIRED_SYNC_HOUR = 6'));

    await press(page, page.getByRole('link', { name: 'History' }).first());
    await expectPage(page, 'History');
    const older = page.getByRole('region', { name: 'Revisions' }).getByRole('listitem').nth(1);
    await press(page, older.getByRole('link', { name: /^Revision \d+/ }));
    await expectPage(page, /^Revision \d+$/);
    await press(page, page.getByRole('link', { name: /^Restore revision \d+…$/ }));
    await expectPage(page, /^Restore revision \d+$/);
    await type(page, page.getByLabel('Reason', { exact: true }), 'It was right before');
    await type(page, page.getByLabel('Your password', { exact: true }), ADMIN.password);
    await press(page, page.getByRole('button', { name: /^Restore revision \d+$/ }), 'Space');
    await expect(page.getByRole('status').filter({ hasText: /Restored revision \d+/ })).toBeVisible();
    expect(server.file()).toBe(before);
  });

  test('the summary of a refused form leads to the field', async ({ page }) => {
    await asPerson(page, server, ADMIN);
    await page.goto(`${server.url}/configuration`);
    await type(page, page.getByLabel('Sync minute', { exact: true }), '60');
    expect(await sending(page, () => page.keyboard.press('Enter'))).toBe(422);
    await page.keyboard.press('Shift+Tab');
    const link = page.getByRole('alert').getByRole('link', { name: /0 to 59/ });
    for (let stop = 0; stop < STOPS && !(await link.evaluate((e) => e === document.activeElement)); stop += 1) {
      await page.keyboard.press('Shift+Tab');
    }
    await expect(link).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(page.getByLabel('Sync minute', { exact: true })).toBeFocused();
  });
});
