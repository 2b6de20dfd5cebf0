/** Usage: which period, product, client and zone; the address says it all. */

import { asPerson, expect, expectPage, opening, test, type Page } from './fixtures.ts';
import type { Way } from './exchange.ts';
import { ONE_A_PAGE } from './hands.ts';
import { ADMIN } from './harness.ts';
import type { World } from './world.ts';

/** A day so many days ago, UTC: `2026-01-31`. */
export function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
}

/** The numbers of a product in the table of products. */
function product(page: Page, name: string) {
  return page.getByRole('table', { name: /^Use by product/ }).getByRole('row', { name: new RegExp(`^${name} `) });
}

export function periods({ hands }: Way, get: () => World): void {
  test('period and product are chosen by links, and what was chosen stays', async ({ page }) => {
    const { server } = get();
    const period = page.getByRole('navigation', { name: 'Period' });
    const chosen = async (words: string) => expect(period.getByRole('link', { name: words })).toHaveAttribute('aria-current', 'true');
    await asPerson(page, server, ADMIN);
    await page.goto(server.url);
    await hands.press(page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Usage' }));
    await expectPage(page, 'Usage');
    await chosen('30 days');
    await hands.press(period.getByRole('link', { name: '1 year' }));
    await expect(page).toHaveURL(/\?range=365d$/);
    await chosen('1 year');

    await hands.press(product(page, 'VAD').getByRole('rowheader').getByRole('link'));
    await expect(page).toHaveURL(/\?product=VAD&range=365d#product$/);
    await expect(opening(page, /^VAD peaked at \d+/)).toBeVisible();
    await expect(page.getByRole('heading', { level: 2, name: 'Product VAD' })).toBeVisible();
    await hands.press(page.getByRole('navigation', { name: 'One column for each' }).getByRole('link', { name: 'Week' }));
    await expect(page.getByRole('region', { name: 'Peak for each week' })).toBeVisible();
    await expect(page.getByRole('img', { name: /^Peak of VAD for each week, / })).toBeVisible();
    const views = page.getByRole('navigation', { name: 'Views of the product' });
    for (const [tab, region] of [
      ['Users', 'By user'],
      ['Denied', 'Denied requests'],
      ['Clients', 'By client'],
    ] as const) {
      await hands.press(views.getByRole('link', { name: tab }));
      await expect(page.getByRole('region', { name: region })).toBeVisible();
    }
    await chosen('1 year');

    await hands.press(page.getByRole('table', { name: 'Use of VAD by client' }).getByRole('rowheader').getByRole('link').first());
    await expect(page.getByText(/^Only what the client \S+ used\.$/)).toBeVisible();
    await hands.press(page.getByRole('search').getByRole('link', { name: 'Clear filters' }));
    await expect(page.getByText(/^Only what the client/)).toBeHidden();
    await expect(opening(page, /^VAD peaked at/)).toBeVisible();
  });

  test('client, zone and dates are chosen in the form', ONE_A_PAGE, async ({ page }) => {
    const { server } = get();
    const form = page.getByRole('search', { name: 'Filter the usage' });
    const show = form.getByRole('button', { name: 'Show' });
    await asPerson(page, server, ADMIN);
    await page.goto(`${server.url}/usage?product=ASR_ENUS`);
    const taken = async () => Number((await product(page, 'ASR_ENUS').getByRole('cell').nth(1).innerText()).replaceAll(',', ''));
    const all = await taken();
    await hands.choose(form.getByLabel('Client', { exact: true }), 'ivr-leeds');
    await hands.choose(form.getByLabel('Time zone', { exact: true }), 'Asia/Tokyo');
    await hands.press(show);
    await expect(page).toHaveURL(/client=ivr-leeds.*zone=Asia%2FTokyo/);
    await expect(page.getByText('Only what the client ivr-leeds used.')).toBeVisible();
    await expect(page.getByText(/Hours begin in Asia\/Tokyo/).first()).toBeVisible();
    const one = await taken();
    expect(one).toBeGreaterThan(0);
    expect(one).toBeLessThan(all);
    await expect(form.getByLabel('Client', { exact: true })).toHaveValue('ivr-leeds');

    await hands.press(page.getByRole('navigation', { name: 'Period' }).getByRole('link', { name: 'Dates' }));
    const [from, to] = [daysAgo(20), daysAgo(11)];
    await hands.day(form.getByLabel('From', { exact: true }), from);
    await hands.day(form.getByLabel('To', { exact: true }), to);
    await hands.press(show);
    await expect(page).toHaveURL(new RegExp(`range=custom&from=${from}&to=${to}&`));
    await expect(page.getByRole('img', { name: /: 10 columns\./ })).toBeVisible();
    await expect(form.getByLabel('Client', { exact: true }), 'the client is kept').toHaveValue('ivr-leeds');
    await expect(form.getByLabel('Time zone', { exact: true }), 'so is the zone').toHaveValue('Asia/Tokyo');
    expect(await taken()).toBeLessThan(one);
  });

  test('a table is sorted by its headings, and stays so with another period', async ({ page }) => {
    const { server } = get();
    await asPerson(page, server, ADMIN);
    await page.goto(`${server.url}/usage?range=90d`);
    const table = page.getByRole('table', { name: /^Use by product/ });
    const heading = table.getByRole('columnheader', { name: 'Check-outs' });
    const taken = async () => (await table.getByRole('row').locator('td:nth-of-type(2)').allInnerTexts()).map((number) => Number(number.replaceAll(',', '')));
    for (const [order, sorted] of [
      ['descending', (a: number, b: number) => b - a],
      ['ascending', (a: number, b: number) => a - b],
    ] as const) {
      await hands.press(heading.getByRole('link'));
      await expect(heading).toHaveAttribute('aria-sort', order);
      const seen = await taken();
      expect(seen.length).toBeGreaterThan(3);
      expect(seen).toEqual([...seen].sort(sorted));
    }
    await hands.press(page.getByRole('navigation', { name: 'Period' }).getByRole('link', { name: '7 days' }));
    await expect(page).toHaveURL(/range=7d&sort=products\.taken/);
    await expect(heading).toHaveAttribute('aria-sort', 'ascending');
  });

  test('what matches nothing, and what cannot be understood, is said and leads on', async ({ page }) => {
    const { server } = get();
    const form = page.getByRole('search', { name: 'Filter the usage' });
    await asPerson(page, server, ADMIN);
    await page.goto(`${server.url}/usage`);
    await hands.choose(form.getByLabel('Context', { exact: true }), 'development');
    await hands.press(form.getByRole('button', { name: 'Show' }));
    const products = page.getByRole('region', { name: 'Products' });
    await expect(products).toContainText('Nothing matches');
    await hands.press(products.getByRole('link', { name: 'Show the last year, all clients' }));
    await expect(page).toHaveURL(/\/usage\?range=365d$/);
    await expect(product(page, 'VAD')).toBeVisible();

    for (const [query, sentence] of [
      ['range=custom&from=2026-13-45&to=2026-01-31', '“2026-13-45” is not a day. Enter days like 2026-01-31. The last 30 days are shown.'],
      ['range=custom&from=&to=', '“” is not a day.'],
      ['range=custom&from=1990-01-01&to=2026-01-31', 'The period is longer than ten years'],
      ['range=fortnight', '“fortnight” is not a period.'],
      ['zone=Mars%2FOlympus', '“Mars/Olympus” is not a known time zone.'],
    ] as const) {
      await page.goto(`${server.url}/usage?${query}`);
      await expect(page.getByRole('alert'), query).toContainText(sentence);
      await expect(page.getByRole('navigation', { name: 'Period' }).getByRole('link', { name: '30 days' }), query).toHaveAttribute('aria-current', 'true');
      await expect(product(page, 'VAD'), query).toBeVisible();
    }
    await page.goto(`${server.url}/usage?range=custom&from=${daysAgo(3)}&to=${daysAgo(9)}`);
    await expect(form.getByLabel('From', { exact: true }), 'days in the wrong order are put right').toHaveValue(daysAgo(9));
    await page.goto(`${server.url}/usage?product=NEVER_HEARD`);
    await expect(page.getByRole('region', { name: 'NEVER_HEARD' })).toContainText('Not used in this period');
  });
}
