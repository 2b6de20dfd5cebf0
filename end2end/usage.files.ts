/** Usage: the table behind the chart, the same as files, and the list of refusals. */

import { readFileSync } from 'node:fs';
import { asPerson, disclosure, expect, test, type Locator, type Page } from './fixtures.ts';
import type { Way } from './exchange.ts';
import type { Hands } from './hands.ts';
import { ADMIN } from './harness.ts';
import type { World } from './world.ts';

/** Time in use as pages tell it. */
function timeWords(ms: number): string {
  const hours = ms / 3_600_000;
  if (ms === 0) return '0';
  if (ms < 1_000) return '<1 s';
  if (ms < 60_000) return `${Math.floor(ms / 1_000)} s`;
  if (hours < 1) return `${Math.floor(ms / 60_000)} min`;
  return hours < 10 ? `${(Math.floor(hours * 10) / 10).toFixed(1)} h` : `${Math.floor(hours).toLocaleString('en-GB')} h`;
}

/** A number as pages write it; what is not known as a dash. */
function grouped(cell: string): string {
  return cell === '' ? '–' : Number(cell).toLocaleString('en-GB');
}

/** Follows a link to a file and gives its text. */
export async function fetched(page: Page, hands: Hands, link: Locator): Promise<string> {
  const downloading = page.waitForEvent('download');
  await hands.press(link);
  return readFileSync(await (await downloading).path(), 'utf8');
}

/** The cells of a CSV file without quotes in it. It begins with the mark by which Excel knows UTF-8. */
export function cells(csv: string): string[][] {
  expect(csv.codePointAt(0)).toBe(0xfeff);
  return csv.slice(1).trimEnd().split('\r\n').map((line) => line.split(','));
}

/** The rows of a table as people see them, without the headings. */
async function shown(table: Locator): Promise<string[][]> {
  return (await table.getByRole('row').allInnerTexts()).slice(1).map((row) => row.split('\t').map((cell) => cell.trim()));
}

export function files({ hands }: Way, get: () => World): void {
  test('the table behind the chart, CSV and JSON hold the same numbers in the zone that was chosen', async ({ page }) => {
    const { server } = get();
    await asPerson(page, server, ADMIN);
    for (const [zone, offset, step] of [
      ['Asia/Tokyo', '+09:00', 'day'],
      ['UTC', '+00:00', 'week'],
    ]) {
      await page.goto(`${server.url}/usage?product=ASR_ENUS&zone=${encodeURIComponent(zone)}&step=${step}`);
      const course = page.getByRole('region', { name: `Peak for each ${step}` });
      await hands.press(disclosure(course, 'Show as a table'));
      const table = course.getByRole('table', { name: `ASR_ENUS for each ${step}` });
      await expect(table).toBeVisible();
      const seen = await shown(table);
      const [heading, ...rows] = cells(await fetched(page, hands, course.getByRole('link', { name: 'CSV' })));
      expect(heading.join()).toBe('from,taken,use_ms,refused,peak,licensed,peak_before');
      expect(rows.length).toBeGreaterThanOrEqual(step === 'day' ? 30 : 5);
      expect(rows.some((row) => row[1] !== '0')).toBe(true);
      for (const [from] of rows) expect(from).toMatch(step === 'day' ? `T00:00:00${offset}` : offset);
      expect(seen).toEqual(
        rows.map(([from, taken, ms, refused, peak, licensed, before]) =>
          [from.slice(0, 10), grouped(peak), grouped(licensed), grouped(before), grouped(taken), timeWords(Number(ms)), grouped(refused)],
        ),
      );

      const json = JSON.parse(await fetched(page, hands, course.getByRole('link', { name: 'JSON' }))) as Record<string, unknown> & { items: Record<string, unknown>[] };
      expect([json.product, json.client, json.zone]).toEqual(['ASR_ENUS', null, zone]);
      expect(json.items.map((item) => heading.map((name) => String(item[name] ?? '')))).toEqual(rows);
    }
  });

  test('the products, clients and users of a period are files too, with the rows of the page', async ({ page }) => {
    const { server } = get();
    await asPerson(page, server, ADMIN);
    await page.goto(`${server.url}/usage?product=VAD&range=90d`);
    const products = page.getByRole('region', { name: 'Products' });
    const [heading, ...rows] = cells(await fetched(page, hands, products.getByRole('link', { name: 'CSV' })));
    expect(heading.slice(0, 5)).toEqual(['product', 'taken', 'use_ms', 'refused', 'peak']);
    const seen = await shown(products.getByRole('table'));
    expect(seen.map((row) => [row[0], ...row.slice(2, 5)])).toEqual(rows.map(([name, taken, ms, refused]) => [name, grouped(taken), timeWords(Number(ms)), grouped(refused)]));
    for (const [tab, region] of [
      ['Clients', 'By client'],
      ['Users', 'By user'],
    ] as const) {
      await hands.press(page.getByRole('navigation', { name: 'Views of the product' }).getByRole('link', { name: tab }));
      const block = page.getByRole('region', { name: region });
      await expect(block.getByRole('table')).toBeVisible();
      const who = (await shown(block.getByRole('table'))).map((row) => [row[0], row[1], row[3]]);
      const [, ...lines] = cells(await fetched(page, hands, block.getByRole('link', { name: 'CSV' })));
      // The page has the longest fifty.
      expect(who).toEqual(lines.slice(0, 50).map(([name, taken, ms]) => [name, timeWords(Number(ms)), grouped(taken)]));
    }
  });

  test('refusals are read page by page, newest first, and add up', async ({ page }) => {
    const { server } = get();
    await asPerson(page, server, ADMIN);
    await page.goto(`${server.url}/usage?product=ASR_ENUS&range=90d`);
    const tab = page.getByRole('navigation', { name: 'Views of the product' }).getByRole('link', { name: /^Denied/ });
    const total = Number(/\((.*)\)/.exec(await tab.innerText())?.[1].replaceAll(',', ''));
    await hands.press(tab);
    const block = page.getByRole('region', { name: 'Denied requests' });
    const table = block.getByRole('table', { name: /^Denied requests for ASR_ENUS, newest first/ });
    await expect(table).toBeVisible();
    const file = cells(await fetched(page, hands, block.getByRole('link', { name: 'CSV' }))).slice(1);
    const more = page.getByRole('navigation', { name: 'More entries' });
    const read = await shown(table);
    let pages = 1;
    for (; await more.getByRole('link', { name: 'Older' }).isVisible(); pages += 1) {
      const before = page.url();
      await hands.press(more.getByRole('link', { name: 'Older' }));
      await expect(page).not.toHaveURL(before);
      await expect(table).toBeVisible();
      read.push(...(await shown(table)));
    }
    expect(pages).toBe(Math.ceil(file.length / 50));
    expect(pages).toBeGreaterThan(1);
    expect(read.map(([, user, client, host, count]) => [user, client, host, count])).toEqual(file.map((row) => row.slice(2)));
    const sum = (numbers: string[]) => numbers.reduce((all, number) => all + Number(number), 0);
    expect(sum(read.map((row) => row[4]))).toBe(total);
    // One row for each minute of a user: within a minute there is no order.
    const times = file.map((row) => row[0].slice(0, 16));
    expect(times).toEqual([...times].sort().reverse());
    await hands.press(more.getByRole('link', { name: 'Newest' }));
    await expect(more.getByRole('link', { name: 'Newest' })).toBeHidden();
  });
}
