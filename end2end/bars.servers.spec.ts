/** The bars, on the page of the servers: alone, with a backup on standby, with one that serves, when joining is refused. */

import { Application } from './application.ts';
import { asPerson, disclosure, expect, expectPage, sending, test, type Locator, type Page } from './fixtures.ts';
import { ADMIN, Server, VIEWER } from './harness.ts';
import { keepDocuments, measure, visit } from './measure.ts';
import { until } from './servers.ts';
import { Installation } from './servers.world.ts';

test.describe.configure({ mode: 'parallel', timeout: 180_000 });
test.beforeEach(({ page }) => keepDocuments(page));

/** What is wrong with how this is seen without scrolling: it is outside, or something lies over it. */
async function unseen(page: Page, what: string, target: Locator): Promise<string[]> {
  await expect(target, what).toBeVisible();
  const said = await target.evaluate((element) => {
    const box = element.getBoundingClientRect();
    const at = [box.left + 2, box.left + box.width / 2, box.right - 2].flatMap((x) => [box.top + 2, box.bottom - 2].map((y) => [x, y] as const));
    if (box.left < 0 || box.top < 0 || box.right > innerWidth || box.bottom > innerHeight) return `is outside: ${Math.round(box.top)}–${Math.round(box.bottom)} of ${innerHeight}`;
    const over = at.map(([x, y]) => document.elementFromPoint(x, y)).find((seen) => seen && !element.contains(seen) && !seen.contains(element));
    return over ? `lies under ${over.tagName}.${over.className}, ${Math.round(box.top)}–${Math.round(box.bottom)}` : '';
  });
  return said ? [`${what} ${said}`] : [];
}

/** On a telephone: who serves, hours left, until when, what to do now, all on the first screen. */
async function atOneGlance(page: Page, url: string): Promise<void> {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(url);
  const now = page.locator('.servers > .statement');
  const wrong = [
    await unseen(page, 'who serves', now.getByText(/^\S+ is serving \d+ client/)),
    await unseen(page, 'the hours left', now.locator('.figure')),
    await unseen(page, 'until when', now.getByText(/last until \w{3} \d+ \w{3}/).first()),
    await unseen(page, 'what to do', now.getByRole('listitem').getByText(/start the service/)),
    await unseen(page, 'the command', now.getByRole('listitem').locator('code')),
  ].flat();
  expect(await page.evaluate(() => scrollY)).toBe(0);
  expect(wrong).toEqual([]);
  await expect(now.locator('.figure')).toHaveText(/^99 h 5\d min$/);
  await expect(now.getByText(/last until \w{3} \d+ \w{3}/).first()).toContainText(/, \d\d:\d\d/);
  await page.setViewportSize({ width: 1280, height: 800 });
}

test('a server that stands alone; joining refused', async ({ page }) => {
  const server = await Server.claimed();
  try {
    await asPerson(page, server, ADMIN);
    await visit(page, server, 'empty', { servers: '/servers' });
    await page.getByLabel('Address of the other server').fill('http://127.0.0.1:1');
    await page.getByLabel('Code', { exact: true }).fill('AAAA-BBBB');
    expect(await sending(page, () => page.getByRole('button', { name: 'Join' }).click())).toBe(401);
    await measure(page, 'confirm-password', 'loaded');
    await page.getByLabel('Password', { exact: true }).fill('not the password at all');
    expect(await sending(page, () => page.getByRole('button', { name: 'Confirm and continue' }).click())).toBe(422);
    await measure(page, 'confirm-password', 'refused');
    await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
    expect(await sending(page, () => page.getByRole('button', { name: 'Confirm and continue' }).click())).toBe(422);
    await expectPage(page, 'Servers');
    await measure(page, 'servers', 'refused');
    await page.context().clearCookies();
    await asPerson(page, server, VIEWER);
    await visit(page, server, 'readonly', { servers: '/servers' });
  } finally {
    await server.stop();
  }
});

test('two servers: standby, a drill, the backup serves', async ({ page }) => {
  const world = await Installation.start();
  const { primary, backup } = world;
  try {
    const desk = (await Application.connect(primary, 'Agent desk', { host: 'desk-4.example' })).keep();
    await desk.take('TTS3', 2);
    await asPerson(page, primary, ADMIN);
    await until(page, primary, /of backup hours left, not running/);
    await disclosure(page, /^Add a server/).click();
    await measure(page, 'servers-standby', 'loaded');
    expect(await sending(page, () => page.getByRole('button', { name: 'Make a code' }).click())).toBe(401);
    await measure(page, 'confirm-password', 'loaded');
    await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
    await page.getByRole('button', { name: 'Confirm and continue' }).click();
    await measure(page, 'servers-code', 'loaded');
    await page.goto(`${primary.url}/servers`);
    await page.getByRole('checkbox', { name: 'Agent desk' }).check();
    await page.getByRole('button', { name: 'Start the drill' }).click();
    await measure(page, 'servers-asked', 'loaded');
    await page.locator('#ask').getByRole('button', { name: 'Start the drill' }).click();
    await page.goto(`${primary.url}/servers`);
    await measure(page, 'servers-drill', 'loaded');
    await page.getByRole('button', { name: 'Take clients back' }).click();
    await page.goto(`${primary.url}/servers`);
    await page.getByLabel('Duration, minutes').first().fill('0');
    expect(await sending(page, () => page.getByRole('button', { name: 'Drain to backup' }).click())).toBe(422);
    await measure(page, 'servers-drain', 'refused');
    desk.hush();
    await primary.crash();
    await world.logIn([backup], 'charon-1');
    await asPerson(page, backup, ADMIN);
    await until(page, backup, /has not responded for/);
    await atOneGlance(page, `${backup.url}/servers`);
    await page.goto(`${backup.url}/servers`);
    await measure(page, 'servers-serving', 'loaded');
  } finally {
    await world.stop();
  }
});
