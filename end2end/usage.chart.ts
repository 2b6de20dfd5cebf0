/** Usage: the chart is read out by pointer, touch and keys; what is chosen on it is the period. */

import { asPerson, expect, test, type Page } from './fixtures.ts';
import { tabTo } from './hands.ts';
import { ADMIN } from './harness.ts';
import { daysAgo } from './usage.periods.ts';
import type { World } from './world.ts';

/** A day as the chart says it. */
function said(day: string): string {
  return new Date(day).toLocaleDateString('en-GB', { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).replace(',', '');
}

export function chart(get: () => World): void {
  const reader = (page: Page) => page.getByRole('application', { name: 'Peak of ASR_ENUS for each day' });
  const DAYS = 60;
  const address = () => `${get().server.url}/usage?product=ASR_ENUS&range=custom&from=${daysAgo(DAYS - 1)}&to=${daysAgo(0)}&zone=UTC`;
  const period = (from: number, to: number) => new RegExp(`range=custom&from=${daysAgo(from)}&to=${daysAgo(to)}&zone=UTC#product$`);

  test('arrow keys read the chart aloud, Shift chooses a period, Enter leads to the denials of a day', async ({ page }) => {
    await asPerson(page, get().server, ADMIN);
    await page.goto(address());
    const aloud = page.getByRole('status').filter({ hasText: /Peak \d/ });
    await tabTo(page, reader(page));
    await expect(aloud).toContainText(`${said(daysAgo(0))}. Peak `);
    await page.keyboard.press('ArrowLeft');
    await expect(aloud).toContainText(new RegExp(`^${said(daysAgo(1))}\\. Peak \\d+\\. Licensed \\d+\\. .*Denied [\\d,]+\\. UTC$`));
    await expect(reader(page), 'what is read aloud is also seen').toContainText(said(daysAgo(1)));
    for (let more = 0; more < 3; more += 1) await page.keyboard.press('Shift+ArrowLeft');
    await expect(reader(page)).toContainText(`${said(daysAgo(4))}to ${said(daysAgo(1))}`);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(period(4, 1));
    await expect(page.getByRole('img', { name: /: \d+ columns\./ })).toBeVisible();

    await page.goto(address());
    const day = new URL((await page.getByRole('region', { name: 'Peak for each day' }).locator('td a').first().getAttribute('href'))!, page.url()).searchParams.get('from')!;
    await tabTo(page, reader(page));
    await page.keyboard.press('Home');
    const steps = Math.round((Date.parse(day) - Date.parse(daysAgo(DAYS - 1))) / 86_400_000);
    for (let step = 0; step < steps; step += 1) await page.keyboard.press('ArrowRight');
    await expect(reader(page)).toContainText(said(day));
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(new RegExp(`from=${day}&to=${day}&zone=UTC&tab=refused`));
    await expect(page.getByRole('table', { name: /^Denied requests for ASR_ENUS/ })).toBeVisible();
  });

  test('a pointer reads the chart and drags over a period; a finger reads, and opens with a second tap', async ({ page }) => {
    await asPerson(page, get().server, ADMIN);
    await page.goto(address());
    const over = reader(page);
    await over.scrollIntoViewIfNeeded();
    const at = async (column: number) => {
      const { x, y, width, height } = (await over.boundingBox())!;
      return [x + ((column + 0.5) / DAYS) * width, y + height / 2] as const;
    };
    await page.mouse.move(...(await at(DAYS - 1)));
    await expect(over).toContainText(said(daysAgo(0)));
    await page.mouse.move(...(await at(10)));
    await expect(over).toContainText(said(daysAgo(DAYS - 11)));
    await page.mouse.move(0, 0);
    await expect(over.getByText(said(daysAgo(DAYS - 11)))).toBeHidden();

    const tap = async (column: number) => {
      const [clientX, clientY] = await at(column);
      for (const name of ['pointerdown', 'pointerup']) await over.dispatchEvent(name, { pointerType: 'touch', isPrimary: true, button: 0, clientX, clientY });
    };
    const before = page.url();
    await tap(20);
    await expect(over).toContainText(said(daysAgo(DAYS - 21)));
    expect(page.url(), 'one tap reads').toBe(before);
    await tap(20);
    await expect(page).toHaveURL(new RegExp(`from=${daysAgo(DAYS - 21)}&to=${daysAgo(DAYS - 21)}&`));

    await page.goto(address());
    await over.scrollIntoViewIfNeeded();
    await page.mouse.move(...(await at(30)));
    await page.mouse.down();
    await page.mouse.move(...(await at(40)), { steps: 4 });
    await expect(over).toContainText(`${said(daysAgo(DAYS - 31))}to ${said(daysAgo(DAYS - 41))}`);
    await page.mouse.up();
    await expect(page).toHaveURL(period(DAYS - 31, DAYS - 41));
  });
}
