/** People: invited, signing in in two steps, managed by an administrator; tokens. */

import { createHmac } from 'node:crypto';
import { asConfirmed, expect, expectPage, expectRefused, sending, signIn, test, told, type Page } from './fixtures.ts';
import { ADMIN, Server, VIEWER } from './harness.ts';

const GRACE = { name: 'grace', password: 'five tall ships in harbour' };

/** The code that an authenticator app shows for a secret, so many steps from now (RFC 6238). */
function code(secret: string, steps = 0): string {
  const bits = [...secret.replaceAll(/[^A-Z2-7]/g, '')].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const digest = createHmac('sha1', key).update(step).digest();
  const at = digest[digest.length - 1] & 0xf;
  return String((digest.readUInt32BE(at) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}

/** The link that a page or a command shows, as a path of this server. */
const pathOf = (link: string): string => new URL(link.trim()).pathname;

async function enterCode(page: Page, typed: string): Promise<number> {
  await page.getByLabel('Code', { exact: true }).fill(typed);
  return sending(page, () => page.getByRole('button', { name: 'Sign in', exact: true }).click());
}

test.describe('people', () => {
  let server: Server;
  test.beforeEach(async () => {
    server = await Server.claimed({ registered: false });
  });
  test.afterEach(() => server.stop());

  test('an invitation is made, used once, and the new person changes role and goes', async ({ page, another }) => {
    await asConfirmed(page, server, ADMIN);
    await page.goto(`${server.url}/users`);
    await expectPage(page, 'Users');
    await page.getByLabel('Role', { exact: true }).selectOption('viewer');
    await page.getByLabel('For', { exact: true }).fill('Grace');
    await page.getByRole('button', { name: 'Create an invitation' }).click();
    const shown = page.getByRole('region', { name: 'Invitation as viewer' });
    const link = pathOf(await shown.getByText(/\/invite\//).innerText());
    await page.goto(`${server.url}/users`);
    await expect(page.getByRole('main')).not.toContainText(link);
    await expect(page.getByRole('region', { name: 'Open invitations' })).toContainText('Grace');

    const guest = await another();
    await guest.goto(server.url + link);
    await expectPage(guest, 'Welcome');
    const [first, again] = [guest.getByLabel('Password', { exact: true }), guest.getByLabel('Confirm password', { exact: true })];
    await guest.getByLabel('Name', { exact: true }).fill(GRACE.name);
    await first.fill(GRACE.password);
    await again.fill('another one altogether');
    expect(await sending(guest, () => guest.getByRole('button', { name: 'Create my account' }).click())).toBe(422);
    await expectRefused(guest, again, '', /do not match/);
    await first.fill(GRACE.password);
    await again.fill(GRACE.password);
    await guest.getByRole('button', { name: 'Create my account' }).click();
    await expectPage(guest, 'Overview');
    expect((await server.ask(link)).status, 'the link is spent').toBe(404);

    await page.goto(`${server.url}/users`);
    await page.getByRole('region', { name: 'Users', exact: true }).getByRole('link', { name: GRACE.name }).click();
    await expectPage(page, GRACE.name);
    await page.getByLabel('Role', { exact: true }).selectOption('operator');
    await page.getByRole('button', { name: 'Change the role' }).click();
    await expect(told(page, 'grace is now operator, and signed out everywhere.')).toBeVisible();
    await guest.goto(`${server.url}/account`);
    await expectPage(guest, 'Sign in');
    await signIn(guest, server, GRACE);
    await guest.goto(`${server.url}/audit`);
    await expectPage(guest, 'Audit');

    await page.reload();
    await page.getByRole('button', { name: 'Remove grace' }).click();
    const dialog = page.getByRole('dialog', { name: 'Remove grace?' });
    await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
    await dialog.getByRole('button', { name: 'Remove grace' }).click();
    await expect(told(page, 'grace is removed.')).toBeVisible();
    await guest.goto(`${server.url}/account`);
    await expectPage(guest, 'Sign in');
  });

  test('two-step sign-in: set up, a code, a recovery code, a lost phone', async ({ page, another }) => {
    await signIn(page, server, VIEWER);
    await page.goto(`${server.url}/account`);
    await page.getByRole('link', { name: 'Set up two-step sign-in' }).click();
    await expectPage(page, 'Two-step sign-in');
    await page.getByRole('button', { name: 'Set up two-step sign-in' }).click();
    await expectPage(page, 'Confirm your password');
    await page.getByLabel('Password', { exact: true }).fill(VIEWER.password);
    await page.getByRole('button', { name: 'Confirm and continue' }).click();
    await expect(page.getByRole('img', { name: 'QR code for the authenticator app' })).toBeVisible();
    const secret = await page.getByText(/^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/).innerText();
    const field = page.getByLabel('Code', { exact: true });
    await field.fill('no code');
    expect(await sending(page, () => page.getByRole('button', { name: 'Turn on two-step sign-in' }).click())).toBe(422);
    await expectRefused(page, field, 'no code', /Wrong code/);
    await field.fill(code(secret));
    await page.getByRole('button', { name: 'Turn on two-step sign-in' }).click();
    const codes = await page.getByRole('region', { name: 'Your recovery codes' }).getByRole('listitem').allInnerTexts();
    expect(codes).toHaveLength(10);

    const phone = await another();
    await phone.goto(`${server.url}/login?next=%2Fusage`);
    const first = async () => {
      await phone.getByLabel('Name', { exact: true }).fill(VIEWER.name);
      await phone.getByLabel('Password', { exact: true }).fill(VIEWER.password);
      await phone.getByRole('button', { name: 'Sign in' }).click();
      await expectPage(phone, 'Enter your code');
    };
    await first();
    expect(await enterCode(phone, 'no code')).toBe(422);
    await expectRefused(phone, phone.getByLabel('Code', { exact: true }), 'no code', /Wrong code/);
    expect(await enterCode(phone, code(secret, 1))).toBe(303);
    await expectPage(phone, 'Usage');

    // A page that is open would ask on without its session.
    await phone.goto('about:blank');
    await phone.context().clearCookies();
    await phone.goto(`${server.url}/login`);
    await first();
    expect(await enterCode(phone, codes[0])).toBe(303);
    await expect(told(phone, 'You used a recovery code; 9 recovery codes are left.')).toBeVisible();

    // A page that is open would ask on without its session.
    await phone.goto('about:blank');
    await phone.context().clearCookies();
    server.cli(['user', 'totp-reset', VIEWER.name]);
    await signIn(phone, server, VIEWER);
    await expectPage(phone, 'Overview');
  });

  test('a token is limited, shown once and revoked', async ({ page }) => {
    await asConfirmed(page, server, ADMIN);
    await page.goto(`${server.url}/users/tokens`);
    await page.getByLabel('Name', { exact: true }).fill('log-reader');
    await page.getByLabel('Role', { exact: true }).selectOption('operator');
    await page.getByLabel("Read the server's log", { exact: true }).check();
    await page.getByRole('button', { name: 'Create the token' }).click();
    const token = await page.getByRole('region', { name: 'Token log-reader' }).getByText(/^lhk_/).innerText();
    const status = async (path: string) => (await server.ask(path, { headers: { authorization: `Bearer ${token.trim()}` } })).status;
    expect(await status('/api/v1/logs')).toBe(200);
    expect(await status('/api/v1/audit')).toBe(403);
    await page.goto(`${server.url}/users/tokens`);
    await expect(page.getByRole('main')).not.toContainText(token.trim());
    await expect(page.getByRole('row', { name: /log-reader/ })).toContainText('127.0.0.1');
    await page.getByRole('button', { name: 'Revoke log-reader' }).click();
    await page.getByRole('dialog', { name: 'Revoke log-reader?' }).getByRole('button', { name: 'Revoke log-reader' }).click();
    await expect(told(page, 'Token log-reader is revoked.')).toBeVisible();
    expect(await status('/api/v1/logs')).toBe(401);
  });
});
