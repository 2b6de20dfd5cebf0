/** The live view against real servers: open pages show what happens, say when they cannot, and leave alone what a person is doing. */

import { asPerson, disclosure, expect, test, type Locator, type Page } from './fixtures.ts';
import { ADMIN, Server } from './harness.ts';
import { picture } from './measure.ts';
import { Installation, SILENT_WITHIN_MS } from './servers.world.ts';

/** What a page shows must be so within this time, milliseconds. */
const SHOWN_WITHIN = 15_000;
/** A server that does not answer is noticed within this time, milliseconds. */
const NOTICED_WITHIN = 35_000;
/** A server that stands still cuts what is under way. */
const CUT = /ERR_(CONNECTION_RE|INCOMPLETE|EMPTY|NETWORK|TIMED_OUT|ABORTED)/;

const pace = (page: Page): Locator => page.getByRole('banner').getByLabel('Auto-refresh');
const banner = (page: Page): Locator => page.getByText(/^No connection to the server since \d\d:\d\d:\d\d\. Trying again\.$/);

/** What a person reads in the page; words for times left out, as they go on by themselves. */
const content = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const main = document.querySelector('main')!.cloneNode(true) as HTMLElement;
    main.querySelectorAll('time').forEach((time) => time.remove());
    return main.textContent!.replace(/\d+ (s|min|h)(?![a-z])/g, '').replace(/\s+/g, ' ');
  });

/** Fetches that the page makes by itself. */
function fetches(page: Page): () => number {
  let count = 0;
  page.on('requestfinished', (request) => (count += request.headers()['x-leasehold-live'] ? 1 : 0));
  return () => count;
}

/** Opens a page that is live, and marks it so that a reload would be seen. */
async function open(page: Page, server: Server, path: string): Promise<void> {
  await asPerson(page, server, ADMIN);
  await page.goto(server.url + path);
  await expect(page.getByRole('banner').locator('.live-dot.open')).toBeVisible();
  await page.evaluate(() => Object.assign(window, { same: true }));
}
const isSame = (page: Page): Promise<boolean> => page.evaluate(() => 'same' in window);

test.describe('an installation of two servers', () => {
  test.describe.configure({ mode: 'serial', timeout: 240_000 });
  let world: Installation;
  test.beforeAll(async () => {
    world = await Installation.start();
    await world.use([world.primary, world.backup], 'Agent desk', 'TTS3', 2);
  });
  test.afterAll(async () => {
    world.primary.freeze(false);
    await world.stop();
  });

  test('a failover and the way back are shown by every open page, without a reload', async ({ another }) => {
    const fresh = await another({}, CUT);
    await asPerson(fresh, world.backup, ADMIN);
    const pages: { page: Page; path: string; before: string }[] = [];
    for (const path of ['/servers', '/', '/clients', '/licenses']) {
      const page = await another({}, CUT);
      await open(page, world.backup, path);
      pages.push({ page, path, before: '' });
    }
    const cookie = await world.backup.signIn(ADMIN);
    const here = async () => /,connected,.*,TTS3,2,/.test((await world.backup.ask('/clients.csv', { cookie })).text);
    for (const frozen of [true, false]) {
      for (const one of pages) one.before = await content(one.page);
      world.primary.freeze(frozen);
      await expect.poll(here, { timeout: 2 * SILENT_WITHIN_MS }).toBe(frozen);
      const arrived = Date.now();
      for (const { page, path, before } of pages) {
        await expect(async () => {
          const shown = await content(page);
          expect(shown).not.toBe(before);
          await fresh.goto(world.backup.url + path);
          expect(shown).toBe(await content(fresh));
        }).toPass({ timeout: Math.max(1, SHOWN_WITHIN - (Date.now() - arrived)), intervals: [200] });
        expect(await isSame(page)).toBe(true);
        console.log(`${path} showed ${frozen ? 'the failover' : 'the way back'} ${Date.now() - arrived} ms after the client had moved`);
      }
    }
  });

  test('the page of a server that stands still says so, and is right again when it goes on', async ({ another }) => {
    const pages: Page[] = [];
    for (const [theme, width] of [['light', 1280], ['dark', 1280], ['light', 390], ['dark', 390]] as const) {
      const page = await another({ colorScheme: theme, viewport: { width, height: 844 } }, CUT);
      await open(page, world.primary, width === 390 ? '/servers' : '/');
      pages.push(page);
    }
    world.primary.freeze(true);
    const frozen = Date.now();
    try {
      for (const [index, page] of pages.entries()) {
        await expect(banner(page)).toBeVisible({ timeout: NOTICED_WITHIN - (Date.now() - frozen) });
        console.log(`no connection was said after ${Date.now() - frozen} ms`);
        await expect(page.getByRole('banner').getByText('No connection', { exact: true })).toBeVisible();
        await expect(pace(page), 'nothing says Live').toBeHidden();
        await expect(page.getByText(/^What you see is \d+ (s|min) old\.$/)).toBeVisible();
        await expect(page.locator('html')).toHaveAttribute('data-live', 'lost');
        const elsewhere = page.getByRole('main').getByText(/^This page may be out of date\. Ask the backup: /);
        await expect(elsewhere, 'the way to the server that answers').toBeVisible();
        await expect(elsewhere.getByRole('link')).toHaveAttribute('href', /^https?:/);
        await page.screenshot({ path: picture(`live.lost.${['light', 'dark'][index % 2]}.${index < 2 ? 1280 : 390}`) });
      }
    } finally {
      world.primary.freeze(false);
    }
    const again = Date.now();
    for (const page of pages) {
      await expect(banner(page)).toBeHidden({ timeout: SHOWN_WITHIN });
      await expect(page.locator('html')).not.toHaveAttribute('data-live');
      await expect(pace(page)).toHaveValue('0');
      expect(await isSame(page)).toBe(true);
    }
    console.log(`all was right again after ${Date.now() - again} ms`);
    const timeline = pages[2].locator('#timeline');
    await expect(timeline, 'its own standstill is told as such').toContainText(/ stood still for \d+ s\. It answered no clients and no peers meanwhile\./);
    const blames = timeline.getByRole('listitem').filter({ hasText: /lic-02 stopped responding/ });
    await expect(blames, 'nobody else is blamed for it').toHaveCount(0);
  });

  test('ten updates touch nothing that a person is doing', async ({ page }) => {
    const fetched = fetches(page);
    await open(page, world.primary, '/servers');
    const reason = page.locator('form[action="/servers/drain"] input[name=reason]');
    const curl = disclosure(page, 'Show as curl');
    await curl.click();
    await reason.fill('new disks in both bays');
    await reason.evaluate((field: HTMLInputElement) => field.setSelectionRange(4, 9));
    await page.evaluate(() => window.scrollBy(0, 40));
    const state = () =>
      reason.evaluate((field: HTMLInputElement) => ({
        text: [field.value, field.selectionStart, field.selectionEnd],
        focused: document.activeElement === field,
        scroll: window.scrollY,
        top: field.getBoundingClientRect().top,
        open: document.querySelector<HTMLDetailsElement>('details.curl')!.open,
      }));
    const before = await state();
    for (let update = 1; update <= 10; update += 1) {
      const already = fetched();
      world.invite();
      await expect.poll(fetched, { timeout: SHOWN_WITHIN }).toBeGreaterThan(already);
      expect(await state(), `update ${update}`).toEqual(before);
    }
    expect(await isSame(page)).toBe(true);
  });
});

test.describe('one server', () => {
  let server: Server;
  test.beforeAll(async () => {
    server = await Server.claimed();
  });
  test.afterAll(() => server.stop());

  test('islands that come with an update live', async ({ page }) => {
    const fetched = fetches(page);
    await open(page, server, '/');
    const copy = page.getByRole('main').getByRole('button', { name: /^Copy / }).first();
    await expect(copy).toBeVisible();
    await page.evaluate(() => document.querySelectorAll('main leptos-island').forEach((island) => island.remove()));
    await expect(copy).toHaveCount(0);
    const already = fetched();
    server.cli(['user', 'add', 'zoe', '--role', 'viewer', '--password-stdin'], 'ten green bottles on a wall');
    await expect.poll(fetched).toBeGreaterThan(already);
    await copy.click();
    await expect(page.getByRole('status').filter({ hasText: 'Copied.' })).toBeAttached();
    expect(await isSame(page)).toBe(true);
  });

  test('an open menu and an open dialog stay open', async ({ page }) => {
    const fetched = fetches(page);
    await open(page, server, '/audit');
    await page.getByRole('banner').locator('summary').click();
    await page.keyboard.press('Control+k');
    const palette = page.getByRole('dialog', { name: 'Search' });
    await palette.getByRole('combobox').fill('serv');
    const already = fetched();
    server.cli(['user', 'add', 'yan', '--role', 'viewer', '--password-stdin'], 'ten green bottles on a wall');
    await expect.poll(fetched).toBeGreaterThan(already);
    await expect(page.getByRole('main')).toContainText('yan');
    await expect(palette.getByRole('combobox')).toHaveValue('serv');
    await expect(palette.getByRole('combobox')).toBeFocused();
    await expect(page.locator('details.menu')).toHaveAttribute('open');
  });

  test('a page of somebody who was signed out says so and keeps what was typed', async ({ page }) => {
    await open(page, server, '/configuration');
    const hour = page.getByLabel('Sync hour', { exact: true });
    await hour.fill('7');
    const elsewhere = await server.signIn(ADMIN);
    await server.ask('/account/sessions/revoke-others', { cookie: elsewhere, form: {} });
    await expect(page.getByText('You have been signed out.')).toBeVisible({ timeout: SHOWN_WITHIN });
    await expect(page.getByRole('banner').getByText('Signed out', { exact: true })).toBeVisible();
    await expect(hour).toHaveValue('7');
    page.once('dialog', (dialog) => void dialog.accept());
    await page.getByRole('banner').getByRole('link', { name: 'Sign in' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in');
  });

  test('a page that does not refresh says as of when, and asks for nothing', async ({ page }) => {
    const fetched = fetches(page);
    await open(page, server, '/audit');
    await pace(page).selectOption('off');
    await expect(page.getByRole('banner').getByText(/^As of \d\d:\d\d:\d\d$/)).toBeVisible();
    const already = fetched();
    server.cli(['user', 'add', 'xia', '--role', 'viewer', '--password-stdin'], 'ten green bottles on a wall');
    await page.waitForTimeout(3_000);
    expect(fetched()).toBe(already);
    await pace(page).selectOption('0');
    await expect(page.getByRole('main')).toContainText('xia');
  });

  test('without script there is a link to refresh', async ({ another }) => {
    const page = await another({ javaScriptEnabled: false });
    await asPerson(page, server, ADMIN);
    await page.goto(`${server.url}/audit?who=ada`);
    server.cli(['user', 'add', 'wim', '--role', 'viewer', '--password-stdin'], 'ten green bottles on a wall');
    await page.getByRole('banner').getByRole('link', { name: 'Refresh' }).click();
    await expect(page).toHaveURL(/\/audit\?who=ada$/);
  });
});
