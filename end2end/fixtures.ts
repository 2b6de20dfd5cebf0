/** The browser of the tests: whatever it complains about fails the test. */

import { chromium, expect, test as base, type BrowserContext, type BrowserContextOptions, type Locator, type Page } from '@playwright/test';
import type { Person, Server } from './harness.ts';

export { chromium, expect };
export type { Locator, Page };

/** Collects what goes wrong in a context: console errors, exceptions, warnings of hydration, broken content policy. */
function watch(context: BrowserContext, tolerated?: RegExp): string[] {
  const complaints: string[] = [];
  // A page that is answered with 4xx on purpose, or with 502 because another server is away, is reported by Chromium as a
  // failed resource; the tests check its status.
  const refused = new Set<string>();
  context.on('response', (response) => {
    const onPurpose = (response.status() >= 400 && response.status() < 500) || response.status() === 502;
    if (response.request().isNavigationRequest() && onPurpose) refused.add(response.url());
  });
  context.on('console', (message) => {
    const text = message.text();
    const failedPage = text.startsWith('Failed to load resource') && refused.has(message.location().url);
    // A server that is stopped at the end of a test cuts the stream of a page still open, which then asks for itself; the live view
    // copes, and has a test.
    const asked = message.location().url;
    const live = asked.includes('/events') || asked === message.page()?.url().split('#')[0];
    const cutStream = live && /ERR_(CONNECTION_RE|INCOMPLETE|EMPTY)/.test(text);
    const bad = message.type() === 'error' || /hydrat|Content Security Policy|panicked|WASM function/i.test(text);
    if (bad && !failedPage && !cutStream && !tolerated?.test(text)) complaints.push(`console ${message.type()}: ${text} (${message.location().url})`);
  });
  context.on('weberror', (error) => complaints.push(`page error: ${error.error().message}`));
  return complaints;
}

interface Fixtures {
  /** A further browser: its own cookies, watched like the first. What matches `tolerated` is no complaint. */
  another: (options?: BrowserContextOptions, tolerated?: RegExp) => Promise<Page>;
}

export const test = base.extend<Fixtures>({
  context: async ({ context }, use) => {
    const complaints = watch(context);
    await use(context);
    expect(complaints, 'the browser complained').toEqual([]);
  },
  another: async ({ browser, contextOptions }, use) => {
    const opened: { context: BrowserContext; complaints: string[] }[] = [];
    await use(async (options = {}, tolerated) => {
      const context = await browser.newContext({ ...contextOptions, ...options });
      context.setDefaultTimeout(7_500);
      opened.push({ context, complaints: watch(context, tolerated) });
      return context.newPage();
    });
    for (const { context, complaints } of opened) {
      await context.close();
      expect(complaints, 'the browser complained').toEqual([]);
    }
  },
});

/** Opens the sign-in page, signs in, and waits for the page behind it. */
export async function signIn(page: Page, server: Server, person: Person): Promise<void> {
  await page.goto(`${server.url}/login`);
  await page.getByLabel('Name', { exact: true }).fill(person.name);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { level: 1 })).not.toHaveText('Sign in');
}

/** Signs in behind the scenes, where signing in is not what is tested. */
export async function asPerson(page: Page, server: Server, person: Person): Promise<void> {
  const [name, value] = (await server.signIn(person)).split(/=(.*)/s);
  await page.context().addCookies([{ name, value, url: server.url, httpOnly: true, sameSite: 'Lax' }]);
}

/** The same, with the password confirmed a moment ago, where being asked for it again is not what is tested. */
export async function asConfirmed(page: Page, server: Server, person: Person): Promise<void> {
  await asPerson(page, server, person);
  const cookie = (await page.context().cookies(server.url)).map(({ name, value }) => `${name}=${value}`).join('; ');
  const answer = await server.ask('/api/v1/account/confirm', { cookie, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ password: person.password }) });
  expect(answer.status, answer.text).toBe(200);
}

/** Does something that sends a form, and gives the status of the form's own answer. */
export async function sending(page: Page, act: () => Promise<void>): Promise<number> {
  const answered = page.waitForResponse((response) => response.request().isNavigationRequest() && response.request().method() === 'POST');
  await act();
  const status = (await answered).status();
  await page.waitForLoadState('domcontentloaded');
  return status;
}

/** The one heading of the page. */
export async function expectPage(page: Page, title: string | RegExp): Promise<void> {
  await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible();
}

/** The menu behind the person's name. A `summary` has no role, so it is found in its landmark. */
export function userMenu(page: Page): Locator {
  return page.getByRole('banner').locator('summary');
}

/** A refused field: marked, explained to assistive technology, focused, and linked from the summary on top. */
export async function expectRefused(page: Page, field: Locator, typed: string, reason: RegExp): Promise<void> {
  await expect(field).toHaveValue(typed);
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expect(field).toHaveAccessibleDescription(reason);
  await expect(field).toBeFocused();
  const link = page.getByRole('alert').getByRole('link', { name: reason });
  await expect(link).toHaveAttribute('href', `#${await field.getAttribute('id')}`);
}

/** What opens a disclosure. A `summary` has no role, so it is found by its words. */
export function disclosure(scope: Page | Locator, words: string | RegExp): Locator {
  return scope.locator('summary').filter({ hasText: words });
}

/** The line that answers the last action. */
export function told(page: Page, words: string | RegExp): Locator {
  return page.getByRole('status').filter({ hasText: words });
}

/** The sentence a page opens with; it is the first of the content. */
export function opening(page: Page, words: string | RegExp): Locator {
  return page.getByRole('main').getByText(words).first();
}
