/** The core journeys with script, and everything that only script gives. */

import { writeFileSync } from 'node:fs';
import { asPerson, disclosure, expect, expectPage, expectRefused, sending, signIn, test, userMenu, type Locator, type Page } from './fixtures.ts';
import { ADMIN, GUID, GUID_PASTED, hasScript, NOWHERE, PLACEHOLDER, Server } from './harness.ts';

/** Script runs once the button of the palette has appeared. */
async function alive(page: Page): Promise<void> {
  await expect(page.getByRole('button', { name: /^Search/ })).toBeVisible();
}

/** Types until the island answers: it answers nothing before it has been brought to life. */
async function typed(field: Locator, value: string, answer: Locator): Promise<void> {
  await expect(async () => {
    await field.fill('');
    await field.fill(value);
    await expect(answer).not.toBeEmpty({ timeout: 500 });
  }).toPass();
}

function saved(page: Page): Locator {
  return page.getByRole('status').filter({ hasText: /Saved as revision \d+/ });
}

test.describe('a new server', () => {
  let server: Server;
  test.beforeAll(async () => {
    server = await Server.start();
    expect(await hasScript(server), 'the binary under test was built without the WebAssembly part').toBe(true);
  });
  test.afterAll(() => server.stop());

  test('the wizard: the GUID is judged while one types', async ({ page }) => {
    await page.goto(server.setup);
    await page.getByRole('button', { name: 'Continue' }).click();
    await expectPage(page, 'Your account');
    await page.getByLabel('Name', { exact: true }).fill(ADMIN.name);
    await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
    await page.getByLabel('Confirm password', { exact: true }).fill(ADMIN.password);
    await page.getByRole('button', { name: 'Continue' }).click();

    await expectPage(page, "The server's GUID");
    const guid = page.getByRole('textbox', { name: 'GUID' });
    const answer = page.getByRole('status').filter({ hasText: /./ });
    await typed(guid, PLACEHOLDER, answer);
    await expect(answer).toContainText(`${PLACEHOLDER}” is an unreplaced placeholder`);
    await expect(guid).toHaveAttribute('aria-invalid', 'true');
    await expect(guid).toHaveAccessibleDescription(/placeholder/);
    expect(await sending(page, () => page.getByRole('button', { name: 'Continue' }).click())).toBe(422);
    await expectRefused(page, guid, PLACEHOLDER, /placeholder/);

    await typed(guid, GUID_PASTED, answer);
    await expect(answer).toHaveText(`Will be written as ${GUID}`);
    await expect(guid).not.toHaveAttribute('aria-invalid', 'true');
    await page.getByRole('button', { name: 'Continue' }).click();
    await expectPage(page, 'Connection to the nodes');
    await disclosure(page, "Use other nodes").click();
    await page.getByLabel('Nodes for HTTP', { exact: true }).fill(NOWHERE);
    await page.getByRole('button', { name: 'Continue' }).click();
    await expectPage(page, "The vendor's key");
    await page.getByRole('button', { name: 'Register without a key' }).click();
    await expectPage(page, 'Review and save');
    await page.getByRole('button', { name: /finish$/ }).click();
    await expectPage(page, 'Ready');
    await page.getByRole('link', { name: 'Go to the overview' }).click();
    await expect(page.getByText('This server is registered. Its auth string is missing.')).toBeVisible();
    expect(server.file()).toContain(`LICENSE_SERVER_GUID = ${GUID}`);
  });
});

test.describe('a server in use', () => {
  let server: Server;
  test.beforeAll(async () => {
    server = await Server.claimed();
    expect(await hasScript(server), 'the binary under test was built without the WebAssembly part').toBe(true);
  });
  test.afterAll(() => server.stop());

  test('sign in, change a setting, be refused, bring a revision back, sign out', async ({ page }) => {
    await signIn(page, server, ADMIN);
    await alive(page);
    const before = server.file();
    await page.getByRole('link', { name: 'Configuration', exact: true }).click();
    const hour = page.getByLabel('Sync hour', { exact: true });
    await hour.fill('24');
    expect(await sending(page, () => page.getByRole('button', { name: 'Review changes' }).click())).toBe(422);
    await expectRefused(page, hour, '24', /0 to 23/);
    await hour.fill('5');
    await page.getByRole('button', { name: 'Review changes' }).click();
    await page.getByLabel('Why this change?').fill('Before the shift begins');
    await page.getByRole('button', { name: 'Save the change' }).click();
    await expect(saved(page)).toBeVisible();
    expect(server.file()).toBe(before.replace('FLEX_DESIRED_SYNC_HOUR = default', 'FLEX_DESIRED_SYNC_HOUR = 5'));

    await page.getByRole('link', { name: 'History' }).first().click();
    const revisions = page.getByRole('region', { name: 'Revisions' }).getByRole('listitem');
    await expect(revisions.first()).toContainText('Before the shift begins');
    await revisions.nth(1).getByRole('link', { name: /^Revision \d+/ }).click();
    await page.getByRole('link', { name: /^Restore revision \d+…$/ }).click();
    await expectPage(page, /^Restore revision \d+$/);
    await page.getByLabel('Your password', { exact: true }).fill(ADMIN.password);
    await page.getByRole('button', { name: /^Restore revision \d+$/ }).click();
    await expect(page.getByRole('status').filter({ hasText: /Restored revision \d+/ })).toBeVisible();
    expect(server.file()).toBe(before);

    await userMenu(page).click();
    await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click();
    await expectPage(page, 'Sign in');
  });

  test('the palette, the filter key and the list of shortcuts', async ({ page }) => {
    await asPerson(page, server, ADMIN);
    await page.goto(`${server.url}/configuration`);
    await alive(page);
    const filter = page.getByRole('searchbox', { name: 'Filter the settings' });
    await page.keyboard.press('/');
    await expect(filter).toBeFocused();
    await page.keyboard.type('a/?');
    await expect(filter, 'single keys are text while one types').toHaveValue('a/?');
    await filter.fill('');
    await filter.blur();

    await page.keyboard.press('?');
    const shortcuts = page.getByRole('dialog', { name: 'Shortcuts' });
    await expect(shortcuts).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(shortcuts).toBeHidden();

    await page.keyboard.press('Control+k');
    const palette = page.getByRole('dialog', { name: 'Search' });
    const input = palette.getByRole('combobox', { name: 'Search' });
    await expect(input).toBeFocused();
    await page.keyboard.type('nothing like this');
    await expect(palette.getByRole('status')).toHaveText('Nothing matches.');
    await input.fill('conf');
    await expect(palette.getByRole('option', { selected: true })).toHaveText(/^Configuration/);
    await input.fill('LOGGING_VERB');
    await expect(palette.getByRole('option', { selected: true }), 'a setting is found by its key').toHaveText(/LOGGING_VERBOSITY\s*Setting$/);
    await input.fill('theme dark');
    await expect(palette.getByRole('option', { selected: true })).toHaveText(/^Theme: dark/);
    await page.keyboard.press('Enter');
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
    await expectPage(page, 'Configuration');
    await alive(page);
    await page.keyboard.press('Control+k');
    await input.fill('text conf');
    await expect(palette.getByRole('option', { selected: true })).toHaveText(/^Edit configuration as text/);
    await page.keyboard.press('Enter');
    await expectPage(page, 'Edit as text');
    await alive(page);
    await page.getByRole('button', { name: /^Search/ }).click();
    await expect(palette).toBeVisible();
    await palette.getByRole('option', { name: /^Audit/ }).click();
    await expectPage(page, 'Audit');
  });

  for (const secure of [true, false]) {
    test(`a value is copied ${secure ? 'through the clipboard' : 'on plain http, where the clipboard is absent'}`, async ({ page, context }) => {
      await context.grantPermissions(['clipboard-read', 'clipboard-write']);
      // Plain http on a LAN address is no secure context; this machine's own address always is, so it is only made to look so.
      if (!secure) await context.addInitScript(() => Object.defineProperty(window, 'isSecureContext', { value: false }));
      await asPerson(page, server, ADMIN);
      await page.goto(server.url);
      await page.evaluate(() => navigator.clipboard.writeText('before'));
      const copy = page.getByRole('button', { name: 'Copy the GUID' });
      await copy.click();
      await expect(page.getByRole('status').filter({ hasText: 'Copied.' })).toBeAttached();
      await expect(copy).toBeFocused();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(GUID);
    });
  }

  test('what is typed is not lost by leaving the page', async ({ page }) => {
    await asPerson(page, server, ADMIN);
    await page.goto(`${server.url}/configuration`);
    await alive(page);
    const hour = page.getByLabel('Sync hour', { exact: true });
    const bar = page.getByRole('button', { name: 'Review changes' }).locator('..');
    const sticks = () => bar.evaluate((element) => getComputedStyle(element).position);
    expect(await sticks(), 'a bar with nothing to say stays where it is').toBe('static');
    await hour.fill('7');
    await expect(page.getByText('1 unsaved change')).toBeVisible();
    expect(await sticks()).toBe('sticky');
    const asked: string[] = [];
    page.once('dialog', (dialog) => {
      asked.push(dialog.type());
      void dialog.dismiss();
    });
    await page.getByRole('link', { name: 'Settings', exact: true }).click();
    await expect.poll(() => asked).toEqual(['beforeunload']);
    await expectPage(page, 'Configuration');
    await expect(hour).toHaveValue('7');
    await hour.fill('default');
    await expect(page.getByText(/not saved yet/)).toBeHidden();
    await page.getByRole('link', { name: 'Settings', exact: true }).click();
    await expectPage(page, 'Settings');
  });

  test('the filter works in place, and a setting goes back to its default', async ({ page }) => {
    await asPerson(page, server, ADMIN);
    await page.goto(`${server.url}/configuration`);
    await alive(page);
    const hour = page.getByLabel('Sync hour', { exact: true });
    await hour.fill('7');
    const filter = page.getByRole('searchbox', { name: 'Filter the settings' });
    await filter.fill('log detail');
    await expect(hour).toBeHidden();
    await expect(page.getByLabel('Log detail', { exact: true })).toBeVisible();
    await expect(page).toHaveURL(/\?q=log%20detail$/);
    await expect(page.getByText('1 unsaved change')).toBeVisible();
    await filter.fill('nothing like this');
    await expect(page.getByText('No settings match')).toBeVisible();
    await page.getByRole('button', { name: 'Clear filter' }).click();
    await expect(hour).toHaveValue('7');
    await page.getByRole('button', { name: /^Reset to default ?: Sync hour$/ }).click();
    await expect(hour).toHaveValue('default');
    await expect(page.getByText(/unsaved change/)).toBeHidden();
  });

  test('an edit made outside is shown within 2 s, looked at, and kept', async ({ page }) => {
    await asPerson(page, server, ADMIN);
    const listening = page.waitForResponse((response) => new URL(response.url()).pathname === '/events');
    await page.goto(`${server.url}/configuration`);
    await listening;
    const news = page.getByRole('alert').filter({ hasText: 'The configuration file was changed outside Leasehold.' });
    await expect(news).toBeHidden();
    writeFileSync(server.conf, server.file().replace(/LOGGING_VERBOSITY = .*/, 'LOGGING_VERBOSITY = 2'));
    const written = Date.now();
    await expect(news).toBeVisible({ timeout: 2_000 });
    console.log(`an edit made outside was shown after ${Date.now() - written} ms`);
    await news.getByRole('link', { name: 'Show what changed' }).click();
    await expectPage(page, 'Changed outside');
    await expect(page.getByRole('row', { name: /added .*VERBOSITY = 2/ })).toBeVisible();
    await page.getByRole('button', { name: 'Keep the change' }).click();
    const kept = page.getByRole('status').filter({ hasText: /saved as revision \d+/ });
    await expect(kept).toBeVisible();
    await page.getByRole('link', { name: 'Dismiss this message' }).click();
    await expect(kept).toBeHidden();
    await expectPage(page, 'Configuration');
  });

  test('two browsers save: one is told, both changes end in the file', async ({ page, another }) => {
    const other = await another();
    await asPerson(page, server, ADMIN);
    await asPerson(other, server, ADMIN);
    const listening = page.waitForResponse((response) => new URL(response.url()).pathname === '/events');
    for (const one of [page, other]) await one.goto(`${server.url}/configuration`);
    await listening;
    await page.getByLabel('Sync minute', { exact: true }).fill('41');

    await other.getByLabel('Sync hour', { exact: true }).fill('3');
    await other.getByRole('button', { name: 'Review changes' }).click();
    await other.getByLabel('Why this change?').fill('From the other browser');
    await other.getByRole('button', { name: 'Save the change' }).click();
    await expect(saved(other)).toBeVisible();

    const stale = page.getByRole('status').filter({ hasText: 'What this form shows has changed on the server.' });
    await expect(stale).toBeVisible();
    await expect(page.getByLabel('Sync minute', { exact: true }), 'news do not touch what is typed').toHaveValue('41');
    // It stands above the buttons of the page, not over them, and goes when it is told to.
    await page.evaluate(() => window.scrollTo(0, 0));
    const [message, action] = [await stale.locator('..').boundingBox(), await page.getByRole('link', { name: 'History', exact: true }).boundingBox()];
    expect(message!.y + message!.height).toBeLessThanOrEqual(action!.y);
    await page.getByRole('button', { name: 'Dismiss this message' }).click();
    await expect(stale).toBeHidden();
    expect(await sending(page, () => page.getByRole('button', { name: 'Review changes' }).click())).toBe(200);
    await expect(page.getByRole('status').filter({ hasText: /ada saved revision \d+ from the console while you were editing/ })).toBeVisible();
    await expectPage(page, 'Review before saving');
    const rows = page.getByRole('group', { name: 'Your changes' }).getByRole('row');
    await expect(rows.filter({ hasText: 'MINUTE = 41' })).toBeVisible();
    await expect(rows.filter({ hasText: /^.*(added|removed).*HOUR/ }), 'the other change is not undone').toHaveCount(0);
    await page.getByRole('button', { name: 'Save the change' }).click();
    await expect(saved(page)).toBeVisible();
    expect(server.file()).toContain('FLEX_DESIRED_SYNC_HOUR = 3');
    expect(server.file()).toContain('FLEX_DESIRED_SYNC_MINUTE = 41');
  });

  test('two browsers at the review: the later save ends on the conflict page with its comment', async ({ page, another }) => {
    const other = await another();
    for (const one of [page, other]) {
      await asPerson(one, server, ADMIN);
      await one.goto(`${server.url}/configuration/text`);
      const text = one.getByLabel('The text of the file', { exact: true });
      const mark = one === page ? '; mine\n' : '; theirs\n';
      await text.fill(one === page ? (await text.inputValue()) + mark : mark + (await text.inputValue()));
      await one.getByRole('button', { name: 'Review changes' }).click();
      await expectPage(one, 'Review before saving');
    }
    await other.getByRole('button', { name: 'Save the change' }).click();
    await expect(saved(other)).toBeVisible();
    await page.getByLabel('Why this change?').fill('Keep this sentence');
    expect(await sending(page, () => page.getByRole('button', { name: 'Save the change' }).click())).toBe(409);
    await expectPage(page, 'The file has changed');
    await expect(page.getByRole('region', { name: 'Your change' })).toContainText('; mine');
    await expect(page.getByRole('region', { name: 'The other change' })).toContainText('; theirs');
    expect(server.file()).not.toContain('; mine');
    await page.getByRole('button', { name: 'Review my changes on top of the current file' }).click();
    await expectPage(page, 'Review before saving');
    await expect(page.getByLabel('Why this change?')).toHaveValue('Keep this sentence');
    await expect(page.getByRole('group', { name: 'Your changes' }).getByRole('row', { name: /added .*mine/ })).toBeVisible();
    await page.getByRole('button', { name: 'Save the change' }).click();
    await expect(saved(page)).toBeVisible();
    expect(server.file()).toContain('; mine');
    expect(server.file(), 'the other change is not undone').toContain('; theirs');
  });

  test('how often pages refresh is chosen and remembered', async ({ page }) => {
    await asPerson(page, server, ADMIN);
    await page.goto(server.url);
    await alive(page);
    const pace = page.getByLabel('Auto-refresh');
    await expect(pace).toHaveValue('0');
    await pace.selectOption('off');
    await page.reload();
    await alive(page);
    await expect(pace).toHaveValue('off');
  });
});

test('a lost connection is said, and the page finds back by itself', async ({ another }) => {
  const first = await Server.claimed();
  const page = await another({}, /ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE|CONNECTION_RESET)/);
  await asPerson(page, first, ADMIN);
  const listening = page.waitForResponse((response) => new URL(response.url()).pathname === '/events');
  await page.goto(`${first.url}/configuration`);
  await listening;
  await page.getByLabel('Sync hour', { exact: true }).fill('11');
  await first.stop({ keepData: true });
  const lost = page.getByRole('status').filter({ hasText: 'No connection to the server since' });
  await expect(lost).toBeVisible({ timeout: 12_000 });
  const second = await Server.start({ data: first.data, port: new URL(first.url).port });
  try {
    await expect(lost).toBeHidden({ timeout: 15_000 });
    await expect(page.getByLabel('Sync hour', { exact: true })).toHaveValue('11');
  } finally {
    await second.stop();
  }
});
