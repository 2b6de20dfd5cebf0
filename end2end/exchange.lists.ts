/** Lists: the licenses with filter, order and file; the ledger with its filter. */

import { readFileSync } from 'node:fs';
import { asPerson, expect, expectPage, test, type Locator, type Page } from './fixtures.ts';
import type { Way } from './exchange.ts';
import { ONE_A_PAGE } from './hands.ts';
import { ADMIN } from './harness.ts';
import type { World } from './world.ts';

/** The ids of the licenses shown, in their order. */
async function shown(page: Page): Promise<string[]> {
  return (await page.getByRole('main').getByRole('rowheader').allInnerTexts()).map((words) => /L-[A-Z0-9]+/.exec(words)?.[0] ?? words);
}

export function lists({ hands }: Way, get: () => World): void {
  test('the licenses are filtered and sorted by their address, and the file holds what is shown', ONE_A_PAGE, async ({ page }) => {
    const { server } = get();
    const state = page.getByLabel('State', { exact: true });
    const search = page.getByRole('search', { name: 'Filter the licenses' });
    const filter = search.getByRole('button', { name: 'Filter' });
    const csv = async () => {
      const downloading = page.waitForEvent('download');
      await hands.press(page.getByRole('link', { name: 'Download CSV' }));
      const [heading, ...rows] = readFileSync(await (await downloading).path(), 'utf8').trimEnd().split('\r\n');
      expect(heading).toMatch(/^\ufeffid,product,kind,/);
      return rows.map((row) => row.split(',')[0]);
    };
    await asPerson(page, server, ADMIN);
    await page.goto(`${server.url}/licenses`);
    const all = await shown(page);
    expect(all.length).toBeGreaterThanOrEqual(5);
    expect((await csv()).sort()).toEqual([...all].sort());

    await hands.fill(search.getByLabel('Product or id', { exact: true }), 'enus');
    await hands.choose(state, await option(state, /^Active/));
    await hands.choose(search.getByLabel('Kind', { exact: true }), 'Concurrent');
    await hands.press(filter);
    await expect(page).toHaveURL(/\?q=enus&state=active&kind=concurrent/);
    const loaded = page.getByRole('table', { name: 'Loaded licenses' });
    await expect(loaded.getByRole('row', { name: /ASR_ENUS/ }).first()).toBeVisible();
    await expect(loaded.getByRole('row', { name: /\bTRAN_ENUS/ }), 'another kind').toHaveCount(0);
    await expect(page.getByRole('table', { name: 'Licenses that are not loaded' })).toBeHidden();

    await page.goto(`${server.url}/licenses?state=active`);
    await expect(state).toHaveValue('active');
    const column = (name: string) => loaded.getByRole('columnheader', { name, exact: true });
    await expect(column('Product')).toHaveAttribute('aria-sort', 'ascending');
    const licensed = async () => (await loaded.getByRole('row').allInnerTexts()).slice(1).map((row) => (/metered/.test(row) ? Infinity : Number(/\t(\d+)\t/.exec(row)?.[1])));
    await hands.press(column('Licensed').getByRole('link'));
    await expect(column('Licensed')).toHaveAttribute('aria-sort', 'ascending');
    const up = await licensed();
    expect(up).toEqual([...up].sort((a, b) => a - b));
    await hands.press(column('Licensed').getByRole('link'));
    await expect(column('Licensed')).toHaveAttribute('aria-sort', 'descending');
    expect(await licensed()).toEqual([...up].reverse());
    await expect(state, 'the filter is kept').toHaveValue('active');
    expect(await csv(), 'the file has the same rows in the same order').toEqual(await shown(page));

    await hands.fill(search.getByLabel('Product or id', { exact: true }), 'nothing like this');
    await hands.press(filter);
    await expect(page.getByText('No licenses match')).toBeVisible();
    expect(await csv()).toEqual([]);
    await hands.press(page.getByRole('region', { name: 'Licenses' }).getByRole('link', { name: 'Clear filters' }));
    await expect(search.getByLabel('Product or id', { exact: true })).toHaveValue('');
    expect((await shown(page)).sort()).toEqual([...all].sort());
  });

  test('the ledger keeps every report, and shows those that still wait', async ({ page }) => {
    const { server } = get();
    const { status_id: waiting } = JSON.parse(server.cli(['exchange', 'pull', '--json'])) as { status_id: string };
    server.cli(['sync']);
    await asPerson(page, server, ADMIN);
    await page.goto(`${server.url}/exchange`);
    await hands.press(page.getByRole('navigation', { name: 'Exchange' }).getByRole('link', { name: 'Ledger' }));
    await expectPage(page, 'Exchange ledger');
    const rows = page.getByRole('table', { name: /^Reports and their answers/ }).getByRole('row');
    const filters = page.getByRole('navigation', { name: 'Filter by state' });
    await expect(rows.filter({ hasText: 'Answered' }).nth(1)).toContainText('online');
    await expect(rows.filter({ hasText: 'Waiting for answer' }).first()).toBeVisible();

    await hands.press(filters.getByRole('link', { name: 'Waiting' }));
    await expect(filters.getByRole('link', { name: 'Waiting' })).toHaveAttribute('aria-current', 'true');
    await expect(rows.filter({ hasNotText: 'Waiting for answer' }), 'only the heading').toHaveCount(1);
    await hands.press(page.getByRole('link', { name: `Report ${waiting}` }));
    await expectPage(page, 'Offline exchange');
    await expect(page.getByRole('region', { name: '1. Export' })).toContainText(waiting);

    await page.goto(`${server.url}/exchange/ledger`);
    await hands.press(filters.getByRole('link', { name: 'Answered' }));
    await expect(page.getByRole('link', { name: `Report ${waiting}` })).toHaveCount(0);
    await hands.press(page.getByRole('link', { name: /^Receipt / }).first());
    await expectPage(page, 'Exchange receipt');
    await expect(page.getByRole('article', { name: 'Receipt' })).toContainText('online');
  });
}

/** The words of an option, with the number that stands beside them. */
async function option(select: Locator, words: RegExp): Promise<string> {
  return (await select.getByRole('option').filter({ hasText: words }).innerText()).trim();
}
