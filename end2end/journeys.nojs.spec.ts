/** Every core journey with JavaScript off. */

import { readFileSync, writeFileSync } from 'node:fs';
import { asPerson, disclosure, expect, expectPage, expectRefused, sending, signIn, test, userMenu } from './fixtures.ts';
import { ADMIN, GUID, GUID_PASTED, NOWHERE, PLACEHOLDER, Server } from './harness.ts';

test.use({ javaScriptEnabled: false });

const AUTH = 'A7TESTAUTH9STRING';

test.describe('a new server', () => {
  let server: Server;
  test.beforeAll(async () => {
    server = await Server.start();
  });
  test.afterAll(() => server.stop());

  test('the wizard leads from the printed link to a registered server, and is gone afterwards', async ({ page }) => {
    const before = server.file();
    await page.goto(server.setup);
    await expectPage(page, 'Claim this server');
    await expect(page.getByLabel('Token', { exact: true })).not.toHaveValue('');
    await page.getByRole('button', { name: 'Continue' }).click();

    await expectPage(page, 'Your account');
    const [first, again] = [page.getByLabel('Password', { exact: true }), page.getByLabel('Confirm password', { exact: true })];
    await page.getByLabel('Name', { exact: true }).fill(ADMIN.name);
    await first.fill('too short');
    await again.fill('too short');
    expect(await sending(page, () => page.getByRole('button', { name: 'Continue' }).click())).toBe(422);
    await expect(page.getByLabel('Name', { exact: true })).toHaveValue(ADMIN.name);
    await expectRefused(page, first, '', /at least 15/);
    await first.fill(ADMIN.password);
    await again.fill(ADMIN.password);
    await page.getByRole('button', { name: 'Continue' }).click();

    await expectPage(page, "The server's GUID");
    const guid = page.getByRole('textbox', { name: 'GUID' });
    await guid.fill(PLACEHOLDER);
    expect(await sending(page, () => page.getByRole('button', { name: 'Continue' }).click())).toBe(422);
    await expectRefused(page, guid, PLACEHOLDER, new RegExp(`${PLACEHOLDER}.*placeholder`));

    await guid.fill(GUID_PASTED);
    await page.getByLabel('Auth string', { exact: true }).fill(AUTH);
    expect(await sending(page, () => page.getByRole('button', { name: 'Check' }).click())).toBe(200);
    await expect(page.getByText(`Will be written as ${GUID}`)).toBeVisible();
    const preview = page.getByRole('region', { name: /lines? of the file will change/ });
    await expect(preview.getByRole('row', { name: /added .*LICENSE_SERVER_GUID/ })).toContainText(GUID);
    expect(server.file(), 'nothing is written until the last step').toBe(before);
    await expect(page.getByLabel('Auth string', { exact: true })).toHaveAccessibleDescription(/Entered, and not shown/);
    expect(await page.content()).not.toContain(AUTH);
    await page.getByRole('button', { name: 'Continue' }).click();

    await expectPage(page, 'Connection to the nodes');
    await page.getByLabel('HTTP port at the nodes', { exact: true }).selectOption('8080');
    await disclosure(page, "Use other nodes").click();
    await page.getByLabel('Nodes for HTTP', { exact: true }).fill(NOWHERE);
    await page.getByRole('button', { name: 'Continue' }).click();

    await expectPage(page, "The vendor's key");
    await expect(page.getByText('No node has presented its key yet.')).toBeVisible();
    await expect(page.getByRole('listitem').filter({ hasText: NOWHERE })).toContainText(/TCP\s*, failed here/);
    await page.getByRole('button', { name: 'Ask the nodes again' }).click();
    await expectPage(page, "The vendor's key");
    const paste = page.getByLabel('Paste the fingerprint from the vendor', { exact: true });
    await paste.fill('not a fingerprint');
    expect(await sending(page, () => page.getByRole('button', { name: 'Confirm the key' }).click())).toBe(422);
    await expectRefused(page, paste, 'not a fingerprint', /fingerprint/);
    await page.getByRole('button', { name: 'Register without a key' }).click();

    await expectPage(page, 'Review and save');
    const chosen = page.getByRole('region', { name: 'Your choices' });
    for (const words of [GUID, 'none yet: nothing is sent until one is confirmed']) await expect(chosen).toContainText(words);
    expect(server.file(), 'nothing is written until the last step').toBe(before);
    await page.getByRole('button', { name: /finish$/ }).click();

    await expectPage(page, 'Ready');
    await expect(page.getByText('This server is registered. Nothing has been sent to the nodes yet.')).toBeVisible();
    expect(server.file()).toContain(`LICENSE_SERVER_GUID = ${GUID}`);
    expect(server.file()).toContain('FLEX_REPORTING_PORT = 8080');
    await page.getByRole('link', { name: 'Go to the overview' }).click();
    await expectPage(page, 'Overview');
    await expect(page.getByText('This server is registered. No vendor key is confirmed yet.')).toBeVisible();
    const next = page.getByRole('region', { name: 'What to do next' });
    await expect(next.getByRole('listitem').first()).toContainText("Confirm the vendor's key");
    await next.getByRole('link', { name: 'Show the key' }).click();
    await expectPage(page, 'Online exchange');
    await expect(page.getByText("Nothing is sent until the vendor's key is confirmed.")).toBeVisible();
    await expect(page.getByRole('region', { name: 'Trusted keys' })).toContainText('No key is trusted yet');

    for (const gone of ['/setup', '/setup/administrator', '/setup/guid', '/setup/connection', '/setup/key', '/setup/review']) {
      expect((await page.goto(server.url + gone))?.status(), gone).toBe(404);
      await expectPage(page, 'Page not found');
    }
  });
});

test.describe('a server in use', () => {
  let server: Server;
  test.beforeAll(async () => {
    server = await Server.claimed();
  });
  test.afterAll(() => server.stop());

  test('signing in: a wrong password is refused, the right one leads to the page that was wanted', async ({ page }) => {
    await page.goto(`${server.url}/configuration/history`);
    await expectPage(page, 'Sign in');
    await page.getByLabel('Name', { exact: true }).fill(ADMIN.name);
    await page.getByLabel('Password', { exact: true }).fill('not the password at all');
    expect(await sending(page, () => page.getByRole('button', { name: 'Sign in' }).click())).toBe(422);
    await expect(page.getByLabel('Name', { exact: true })).toHaveValue(ADMIN.name);
    await expectRefused(page, page.getByLabel('Password', { exact: true }), '', /Wrong user name or password/);
    await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expectPage(page, 'History');

    await userMenu(page).click();
    await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click();
    await expectPage(page, 'Sign in');
    await page.goto(`${server.url}/configuration`);
    await expectPage(page, 'Sign in');
  });

  test('a setting: refused with what was typed still there, then reviewed and saved', async ({ page }) => {
    await signIn(page, server, ADMIN);
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Configuration' }).click();
    const before = readFileSync(server.conf);
    const hour = page.getByLabel('Sync hour', { exact: true });
    const minute = page.getByLabel('Sync minute', { exact: true });
    await hour.fill('24');
    await minute.fill('17');
    expect(await sending(page, () => page.getByRole('button', { name: 'Review changes' }).click())).toBe(422);
    await expectPage(page, 'Configuration');
    await expectRefused(page, hour, '24', /0 to 23/);
    await expect(minute, 'the other field keeps what was typed').toHaveValue('17');
    expect(readFileSync(server.conf).equals(before)).toBe(true);

    await hour.fill('4');
    expect(await sending(page, () => page.getByRole('button', { name: 'Review changes' }).click())).toBe(200);
    await expectPage(page, 'Review before saving');
    await expect(page.getByRole('group', { name: 'Your changes' }).getByRole('row', { name: /added .*SYNC_HOUR = 4/ })).toBeVisible();
    await page.getByRole('button', { name: 'Back to editing' }).click();
    await expect(hour, 'going back keeps what was typed').toHaveValue('4');
    await expect(minute).toHaveValue('17');
    await page.getByRole('button', { name: 'Review changes' }).click();
    await page.getByLabel('Why this change?').fill('The night is quiet');
    await page.getByRole('button', { name: 'Save the change' }).click();
    await expect(page.getByRole('status').filter({ hasText: /Saved as revision \d+/ })).toBeVisible();
    await expect(hour).toHaveValue('4');

    const expected = before
      .toString('utf8')
      .replace('FLEX_DESIRED_SYNC_HOUR = default', 'FLEX_DESIRED_SYNC_HOUR = 4')
      .replace('FLEX_DESIRED_SYNC_MINUTE = default', 'FLEX_DESIRED_SYNC_MINUTE = 17');
    expect(server.file()).toBe(expected);
  });

  test('the filter and the way back to a default keep what was typed; a save is undone', async ({ page }) => {
    await asPerson(page, server, ADMIN);
    const before = readFileSync(server.conf);
    await page.goto(`${server.url}/configuration`);
    const [hour, minute] = ['Sync hour', 'Sync minute'].map((label) => page.getByLabel(label, { exact: true }));
    await hour.fill('11');
    await minute.fill('12');
    await page.getByRole('searchbox', { name: 'Filter the settings' }).fill('log detail');
    await page.keyboard.press('Enter');
    await expectPage(page, 'Configuration');
    await expect(hour).toBeHidden();
    await page.getByRole('button', { name: 'Clear filter' }).click();
    await expect(hour).toHaveValue('11');
    await page.getByRole('button', { name: /^Reset to default ?: Sync minute$/ }).click();
    await expect(hour).toHaveValue('11');
    await expect(minute).toHaveValue('default');
    await page.getByRole('button', { name: 'Review changes' }).click();
    await page.getByRole('button', { name: 'Save the change' }).click();
    await page.getByRole('status').filter({ hasText: /Saved as revision \d+/ }).getByRole('button', { name: 'Undo' }).click();
    await expectPage(page, 'Confirm your password');
    await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
    await page.getByRole('button', { name: 'Confirm and continue' }).click();
    await expect(page.getByRole('status').filter({ hasText: /Revision \d+ is undone/ })).toBeVisible();
    expect(readFileSync(server.conf).equals(before)).toBe(true);
  });

  test('text: edited, refused, saved, and brought back from the history', async ({ page }) => {
    await asPerson(page, server, ADMIN);
    const before = readFileSync(server.conf);
    await page.goto(`${server.url}/configuration/text`);
    const text = page.getByLabel('The text of the file', { exact: true });
    const shown = await text.inputValue();
    expect(shown).toBe(before.toString('utf8'));
    const wrong = shown.replace(/LOGGING_VERBOSITY = .*/, 'LOGGING_VERBOSITY = 9') + '; </textarea><b>not markup</b>\n';
    await text.fill(wrong);
    expect(await sending(page, () => page.getByRole('button', { name: 'Review changes' }).click())).toBe(422);
    await expectPage(page, 'Edit as text');
    await expect(text).toHaveValue(wrong);
    await expect(page.getByRole('alert').getByRole('link', { name: /1, 2 or 3/ }), 'the summary leads to the editor').toHaveAttribute('href', '#text');
    await expect(text).toHaveAttribute('aria-invalid', 'true');
    await expect(text).toBeFocused();
    const right = wrong.replace('LOGGING_VERBOSITY = 9', 'LOGGING_VERBOSITY = 3');
    await text.fill(right);
    await page.getByRole('button', { name: 'Review changes' }).click();
    await page.getByLabel('Why this change?').fill('Look <b>closely</b> & "long"');
    await page.getByRole('button', { name: 'Save the change' }).click();
    await expect(page.getByRole('status').filter({ hasText: /Saved as revision \d+/ })).toBeVisible();
    expect(server.file()).toBe(right);

    await page.getByRole('link', { name: 'History' }).first().click();
    await expectPage(page, 'History');
    const revisions = page.getByRole('region', { name: 'Revisions' }).getByRole('listitem');
    await expect(revisions.first()).toContainText('Look <b>closely</b> & "long"');
    await revisions.nth(1).getByRole('link', { name: /^Revision \d+/ }).click();
    await page.getByRole('link', { name: /^Restore revision \d+…$/ }).click();
    await expectPage(page, /^Restore revision \d+$/);
    await expect(page.getByRole('row', { name: /removed .*not markup/ })).toBeVisible();
    await page.getByLabel('Reason', { exact: true }).fill('Too much detail');
    await page.getByLabel('Your password', { exact: true }).fill(ADMIN.password);
    await page.getByRole('button', { name: /^Restore revision \d+$/ }).click();
    await expect(page.getByRole('status').filter({ hasText: /Restored revision \d+/ })).toBeVisible();
    expect(readFileSync(server.conf).equals(before)).toBe(true);
  });

  test('the theme is chosen on the sign-in page and holds everywhere', async ({ page }) => {
    const chosen = () => page.evaluate(() => document.documentElement.dataset.theme);
    await page.goto(`${server.url}/login`);
    expect(await chosen()).toBeUndefined();
    await page.getByRole('button', { name: 'Dark' }).click();
    await expectPage(page, 'Sign in');
    await expect(page.getByRole('button', { name: 'Dark', pressed: true })).toBeVisible();
    expect(await chosen()).toBe('dark');
    await signIn(page, server, ADMIN);
    expect(await chosen()).toBe('dark');
    await page.goto(`${server.url}/account`);
    const appearance = page.getByRole('region', { name: 'Appearance' });
    await appearance.getByRole('button', { name: 'Light' }).click();
    await expectPage(page, 'Account');
    expect(await chosen()).toBe('light');
    await appearance.getByRole('button', { name: 'System' }).click();
    await expectPage(page, 'Account');
    expect(await chosen()).toBeUndefined();
  });

  test('an edit made outside is announced and can be kept', async ({ page }) => {
    await asPerson(page, server, ADMIN);
    writeFileSync(server.conf, server.file().replace('USE_FLEX_REPORTING_HTTPS = default', 'USE_FLEX_REPORTING_HTTPS = 1'));
    const alarm = page.getByRole('alert').filter({ hasText: 'changed outside Leasehold' });
    const cookie = await server.signIn(ADMIN);
    await expect.poll(async () => (await server.ask('/', { cookie })).text, { timeout: 2_000 }).toContain('was changed outside Leasehold');
    await page.goto(server.url);
    await expect(alarm).toBeVisible();
    await alarm.getByRole('link', { name: 'Show what changed' }).click();
    await expectPage(page, 'Changed outside');
    await expect(page.getByRole('row', { name: /added .*HTTPS = 1/ })).toBeVisible();
    await page.getByRole('button', { name: 'Keep the change' }).click();
    await expect(page.getByRole('status').filter({ hasText: /saved as revision \d+/ })).toBeVisible();
    expect(server.file()).toContain('USE_FLEX_REPORTING_HTTPS = 1');
  });
});

test('a password is changed; the old one and the other sessions stop working', async ({ page, another }) => {
  const server = await Server.claimed();
  try {
    const elsewhere = await another({ javaScriptEnabled: false });
    await asPerson(elsewhere, server, ADMIN);
    await signIn(page, server, ADMIN);
    await page.goto(`${server.url}/account`);
    const fields = ['Current password', 'New password', 'Confirm new password'].map((label) => page.getByLabel(label, { exact: true }));
    const change = async (...typed: string[]) => {
      for (const [index, field] of fields.entries()) await field.fill(typed[index]);
      return sending(page, () => page.getByRole('button', { name: 'Change password' }).click());
    };
    const next = 'eleven brass keys in the snow';
    expect(await change('not my password', next, next)).toBe(422);
    await expectRefused(page, fields[0], '', /not your current password/);
    expect(await change(ADMIN.password, next, 'another one altogether')).toBe(422);
    await expectRefused(page, fields[2], '', /do not match/);
    expect(await change(ADMIN.password, next, next)).toBe(303);
    await expect(page.getByRole('status').filter({ hasText: 'Password changed' })).toBeVisible();

    await elsewhere.goto(server.url);
    await expectPage(elsewhere, 'Sign in');
    await elsewhere.getByLabel('Name', { exact: true }).fill(ADMIN.name);
    await elsewhere.getByLabel('Password', { exact: true }).fill(ADMIN.password);
    expect(await sending(elsewhere, () => elsewhere.getByRole('button', { name: 'Sign in' }).click())).toBe(422);
    await signIn(elsewhere, server, { ...ADMIN, password: next });
    await expectPage(elsewhere, 'Overview');

    await page.reload();
    await page.getByRole('button', { name: /^Sign out .* at 127\.0\.0\.1$/ }).click();
    await expect(page.getByRole('status').filter({ hasText: 'Signed out 1 session.' })).toBeVisible();
    await elsewhere.reload();
    await expectPage(elsewhere, 'Sign in');
  } finally {
    await server.stop();
  }
});
