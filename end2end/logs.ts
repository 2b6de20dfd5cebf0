/** The journeys of Logs, each in one of the ways to use a page. */

import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asPerson, expect, expectPage, test, type Locator, type Page } from './fixtures.ts';
import type { Way } from './exchange.ts';
import { ONE_A_PAGE } from './hands.ts';
import { ADMIN, Server, VIEWER } from './harness.ts';

/** Lines of a program that has run for some days; the newest last. The last one means harm. */
export function written(lines: number): string {
  const parts = ['EXCHANGE', 'LEASES', 'AUDIT', 'CONSOLE', 'VE'];
  const said = [
    ['INFO ', 'exchanged: 2 licenses added node=flexlicense1.lumenvox.com:80 status_id=5f3c0a51'],
    ['WARN ', 'no answer from a licensing node: nothing listens at this port. node=flexlicense2.lumenvox.com:80 stage=tcp'],
    ['INFO ', 'Ann signed in. audit.seq=17 who=ann action=session.login outcome=done'],
    ['ERROR', 'the database did not respond to a client request error="database is locked" request=0198f2c47b1d7f2ea3'],
    ['DEBUG', 'closed a connection to the license port peer=10.1.4.9:51000 reason="the client went away"'],
    ['INFO ', 'Found available license ID: 01.00000001.002.045.'],
  ];
  const text: string[] = [];
  for (let number = 0; number < lines; number += 1) {
    const minute = Math.floor((number * 3 * 24 * 60) / lines);
    const at = new Date(Date.UTC(2026, 10, 19, 0, minute)).toISOString().slice(0, 19).replace('T', ' ');
    const [level, words] = said[number % said.length];
    text.push(`${at} ${level} ${parts[number % parts.length].padEnd(8)} ${words} number=${number}`);
  }
  text.push(`2026-11-21 23:59:59 FATAL VE       \u001b[31m</pre><script>alert(1)</script><b id=evil> VE://10.1.1.1:8083/1111-2222-3333-4444`);
  return `${text.join('\n')}\n`;
}

/** A server that begins with the log of an earlier start. */
export async function withLog(text: string): Promise<Server> {
  const data = mkdtempSync(join(tmpdir(), 'leasehold-e2e-'));
  writeFileSync(join(data, 'license.log'), text);
  return Server.claimed({ data, registered: false });
}

/** A card by its heading. */
const card = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });
/** The lines that are listed. */
const lines = (page: Page): Locator => card(page, 'Lines').getByRole('listitem');

export function journeys({ script, hands }: Way): void {
  test.use({ javaScriptEnabled: script });
  let server: Server;
  test.beforeAll(async () => {
    server = await withLog(written(500));
  });
  test.afterAll(() => server.stop());
  test.beforeEach(({ page }) => asPerson(page, server, ADMIN));

  test('the newest line is on top, older ones are a page away, and what is hostile is text', async ({ page }) => {
    await page.goto(server.url);
    await hands.press(page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Logs' }));
    await expectPage(page, 'Logs');
    await expect(page.getByRole('main')).toContainText('Only errors and sync reminders are logged');
    await expect(lines(page).first()).toContainText('\\u{1b}[31m</pre><script>alert(1)</script><b id=evil> VE://10.1.1.1:8083/[hidden]');
    expect(await page.locator('#evil').count()).toBe(0);
    await expect(card(page, 'Lines').getByRole('heading', { name: 'Saturday, 21 November 2026' })).toBeVisible();
    await expect(lines(page)).toHaveCount(100);
    const seen = await lines(page).last().innerText();
    await hands.press(page.getByRole('link', { name: 'Older' }));
    await expect(page).toHaveURL(/before=/);
    await expect(lines(page).first()).not.toHaveText(seen);
    await expect(lines(page).first()).toContainText('number=400');
    await hands.press(page.getByRole('link', { name: 'Newest' }));
    await expect(lines(page).first()).toContainText('FATAL');
  });

  test('the filter is in the address, marks what it found, and can be cleared', ONE_A_PAGE, async ({ page }) => {
    await page.goto(`${server.url}/logs`);
    await hands.fill(page.getByRole('searchbox', { name: 'Text' }), 'DATABASE is locked');
    await hands.choose(page.getByLabel('Level'), 'Errors');
    await hands.press(page.getByRole('button', { name: 'Filter' }));
    await expect(page).toHaveURL(/q=DATABASE\+is\+locked&level=error/);
    await expect(lines(page).first()).toContainText('number=495');
    await expect(lines(page).locator('mark').first()).toHaveText('database is locked');
    await page.goto(`${server.url}/logs?from=2026-11-20T10:00&to=2026-11-20T11:00&component=LEASES`);
    await expect(page.getByLabel('From')).toHaveValue('2026-11-20T10:00');
    const count = await lines(page).count();
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(10);
    await page.goto(`${server.url}/logs?q=zebra`);
    await expect(card(page, 'Lines')).toContainText('No lines match');
    await hands.press(card(page, 'Lines').getByRole('link', { name: 'Clear filters' }));
    await expect(lines(page)).toHaveCount(100);
    await page.goto(`${server.url}/logs?from=yesterday`);
    await expect(page.getByLabel('From')).toHaveValue('yesterday');
    await expect(page.getByLabel('From')).toHaveAccessibleDescription(/Not a time/);
  });

  test('a line has an address of its own that shows it in its place, also after a restart', async ({ page }) => {
    await page.goto(`${server.url}/logs?q=number%3D250`);
    await hands.press(lines(page).first().getByRole('link'));
    await expectPage(page, 'Log line');
    const marked = card(page, 'Context').locator('[aria-current="true"]');
    await expect(marked).toContainText('number=250');
    await expect(card(page, 'Context').getByRole('listitem')).toHaveCount(61);
    await expect(card(page, 'Line').getByRole('button', { name: 'Copy the link' })).toHaveCount(script ? 1 : 0);
    const link = await card(page, 'Line').locator('.copyable code').innerText();
    expect(link).toBe(page.url());
    server = await server.again();
    // Away from the page, so that the address is asked for again.
    await page.goto(`${server.url}/logs`);
    await page.goto(link.replace(/^http:\/\/[^/]+/, server.url));
    await expect(marked).toContainText('number=250');
    await expect(card(page, 'Line')).toContainText('license.log.2');
    await page.goto(`${server.url}/logs?at=1.2.3`);
    await expect(page.getByRole('main')).toContainText('Line not found');
  });

  test('files can be carried away, whole or without what tells who and where', async ({ page }) => {
    const cookie = await server.signIn(ADMIN);
    await page.goto(`${server.url}/logs?level=warn`);
    const get = async (target: Locator) => server.ask((await target.getAttribute('href'))!, { cookie });
    const some = await get(page.getByRole('link', { name: 'Download text', exact: true }));
    expect(some.headers['content-disposition']).toBe('attachment; filename="leasehold-log.txt"');
    expect(some.text.trim().split('\n').every((line) => /^\S+ \S+ (WARN |ERROR|FATAL) /.test(line))).toBe(true);
    expect(some.text).toContain('flexlicense2.lumenvox.com:80');
    expect(some.text).not.toContain('1111-2222');
    const redacted = await get(page.getByRole('link', { name: 'Download redacted text' }));
    expect(redacted.text).toContain('node=host-1:80');
    expect(redacted.text).not.toMatch(/lumenvox|10\.1\.1\.1|0198f2c4/);
    const row = card(page, 'Files').getByRole('row').last();
    const whole = await get(row.getByRole('link', { name: /^Download license\.log\.\d$/ }));
    expect(whole.text.trim().split('\n')).toHaveLength(501);
    const carried = await get(row.getByRole('link', { name: /redacted$/ }));
    expect(carried.text).toContain('peer=address-');
    expect(carried.text).toContain('who=user-1');
    expect(carried.text).not.toMatch(/10\.1\.4\.9|who=ann|1111-2222/);
  });

  test('the page follows the log', async ({ page }) => {
    await page.goto(`${server.url}/logs?level=error`);
    const refresh = page.getByRole('banner').getByRole('link', { name: 'Refresh' });
    if (script) await expect(page.getByRole('banner').locator('.live-dot.open')).toBeVisible();
    appendFileSync(join(server.data, 'license.log'), '2026-11-22 08:00:00 ERROR SERVER   just now\n');
    if (!script) await hands.press(refresh);
    await expect(lines(page).first()).toContainText('just now');
    await expect(page, 'the filter stays').toHaveURL(/\/logs\?level=error$/);
  });

  test('who may not read the log is told what it needs', async ({ page }) => {
    await page.context().clearCookies();
    await asPerson(page, server, VIEWER);
    await page.goto(server.url);
    await expect(page.getByRole('navigation', { name: 'Pages' })).toContainText('Logs: Reading the log needs the role operator or administrator.');
    const answer = await page.goto(`${server.url}/logs`);
    expect(answer?.status()).toBe(403);
    await expect(page.getByRole('main')).toContainText('Reading the log needs the role operator or administrator.');
  });
}
