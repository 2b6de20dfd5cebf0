/** The journeys of Sources, each in one of the ways to use a page: a daemon is added, its text read, and it is removed. */

import { asPerson, expect, expectPage, expectRefused, opening, sending, test, told, type Locator, type Page } from './fixtures.ts';
import type { Way } from './exchange.ts';
import { ONE_A_PAGE } from './hands.ts';
import { ADMIN, Server, VIEWER } from './harness.ts';

/** What a license daemon prints: one vendor is down, and a line is none. */
export const LMSTAT = `Flexible License Manager status on Thu 1/2/2020 0:10
License server status: 27000@lic-a.example.com
lic-a.example.com: license server UP (MASTER) v11.19.4
Vendor daemon status (on lic-a.example.com):
    acmed: UP v11.19.4
   otherd: The desired vendor daemon is down. (-97,121)
Feature usage info:
Users of router_pro:  (Total of 12 licenses issued;  Total of 3 licenses in use)
    ann ws-12.a-department.example.com ws-12:0 (v11.0) (lic-a/27000 7), start Thu 1/2 0:05, 2 licenses
    bo ws-13 ws-13 (v11.0) (lic-a/27000 8), start Thu 1/2 0:06
Users of viewer:  (Uncounted, node-locked)
this line is nothing that a daemon prints
`;

/** A card by its heading. */
const card = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });

export function journeys({ script, hands }: Way): void {
  test.use({ javaScriptEnabled: script });
  // They build on one another.
  test.describe.configure({ mode: 'serial' });
  let server: Server;
  test.beforeAll(async () => {
    server = await Server.claimed();
  });
  test.afterAll(() => server.stop());

  test('a daemon is added after the password, and the text that is pasted shows who holds what', ONE_A_PAGE, async ({ page }) => {
    await asPerson(page, server, ADMIN);
    await page.goto(server.url);
    await hands.press(page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: /^Sources/ }));
    await expectPage(page, 'Sources');
    await expect(card(page, 'Sources')).toContainText('leasehold source add TAG --kind lmstat');
    const [tag, every] = [page.getByLabel('Tag', { exact: true }), page.getByLabel('Interval, seconds', { exact: true })];
    const add = page.getByRole('button', { name: 'Add the source' });
    await hands.fill(tag, 'eu acme');
    await hands.fill(every, '5');
    expect(await sending(page, () => hands.press(add))).toBe(401);
    await expectPage(page, 'Confirm your password');
    await hands.fill(page.getByLabel('Password', { exact: true }), ADMIN.password);
    expect(await sending(page, () => hands.press(page.getByRole('button', { name: 'Confirm and continue' })))).toBe(422);
    await expectRefused(page, tag, 'eu acme', /letters, digits/);
    await hands.fill(tag, 'eu_acme');
    expect(await sending(page, () => hands.press(add))).toBe(422);
    await expectRefused(page, every, '5', /from 10 to 86400/);
    await hands.fill(every, '60');
    await hands.press(add);
    await expect(told(page, 'The source eu_acme was added.')).toBeVisible();
    await expectPage(page, 'eu_acme');
    await expect(page.getByRole('button', { name: 'Look now' })).toBeDisabled();
    await expect(page.getByRole('main')).toContainText('Its texts are pushed.');

    await hands.fill(page.getByLabel('Text', { exact: true }), LMSTAT);
    await hands.press(page.getByRole('button', { name: 'Read the text' }));
    await expect(told(page, 'Read 2 features and 2 check-outs. 1 line could not be read; see below.')).toBeVisible();
    await expect(opening(page, 'otherd is down. 2 features and 3 licenses taken.')).toBeVisible();
    await expect(card(page, 'Daemons').getByRole('row', { name: /otherd/ })).toContainText('The desired vendor daemon is down. (-97,121)');
    const feature = page.getByRole('table', { name: 'Features of the source' }).getByRole('row', { name: /router_pro/ });
    await expect(feature.getByRole('cell').first(), 'issued').toHaveText('12');
    await expect(feature.getByRole('cell').nth(1), 'taken').toHaveText('3');
    await expect(page.getByRole('table', { name: /^Who holds licenses/ }).getByRole('row', { name: /ann/ })).toContainText('router_pro');
    await expect(card(page, 'Lines that could not be read')).toContainText('this line is nothing that a daemon prints');
  });

  test('a viewer sees what it tells, with the reason beside each button that does nothing', async ({ page }) => {
    await asPerson(page, server, VIEWER);
    await page.goto(`${server.url}/sources`);
    await expect(page.getByRole('button', { name: 'Add the source' })).toBeDisabled();
    await expect(page.getByText(/needs the role administrator/).first()).toBeVisible();
    await hands.press(page.getByRole('link', { name: 'eu_acme' }));
    await expectPage(page, 'eu_acme');
    for (const button of ['Look now', 'Read the text', 'Remove this source']) await expect(page.getByRole('button', { name: button })).toBeDisabled();
    await expect(page.getByText(/needs the role operator or administrator/).first()).toBeVisible();
  });

  test('it is removed after a question', async ({ page }) => {
    await asPerson(page, server, ADMIN);
    await page.goto(`${server.url}/sources/eu_acme`);
    await hands.press(page.getByRole('button', { name: 'Remove this source' }));
    const dialog = page.getByRole('dialog', { name: 'Remove eu_acme?' });
    await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
    await hands.press(dialog.getByRole('button', { name: 'Remove this source' }));
    await expect(told(page, 'The source eu_acme was removed.')).toBeVisible();
    await expect(card(page, 'Sources')).toContainText('No sources yet');
  });
}
