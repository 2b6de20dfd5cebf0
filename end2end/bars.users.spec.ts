/** The bars, on users, tokens, two-step sign-in and one-time links. */

import { asConfirmed, asPerson, expect, sending, test } from './fixtures.ts';
import { ADMIN, Server, VIEWER } from './harness.ts';
import { keepDocuments, measure, visit } from './measure.ts';

test.describe.configure({ mode: 'parallel', timeout: 180_000 });
test.beforeEach(({ page }) => keepDocuments(page));

test('users and tokens', async ({ page }) => {
  const server = await Server.claimed({ registered: false });
  try {
    await asConfirmed(page, server, ADMIN);
    await visit(page, server, 'empty', { users: '/users', tokens: '/users/tokens', 'two-step': '/account/two-step' });
    server.cli(['user', 'invite', '--role', 'operator', '--for', 'Grace, who answers the phone at night and on every other weekend']);
    server.cli(['user', 'disable', VIEWER.name]);
    server.cli(['token', 'create', '--name', 'sync-job', '--role', 'operator', '--only', 'exchange,handle_alerts']);
    server.cli(['token', 'create', '--name', 'old-job']);
    server.cli(['token', 'revoke', 'old-job']);
    await visit(page, server, 'loaded', { users: '/users', user: '/users/1', 'user-disabled': '/users/2', tokens: '/users/tokens' });
    await page.goto(`${server.url}/users/tokens`);
    await page.getByLabel('Name', { exact: true }).fill('no name');
    expect(await sending(page, () => page.getByRole('button', { name: 'Create the token' }).click())).toBe(422);
    await measure(page, 'tokens', 'refused');
    await page.goto(`${server.url}/account/two-step`);
    await page.getByRole('button', { name: 'Set up two-step sign-in' }).click();
    await expect(page.getByRole('img', { name: 'QR code for the authenticator app' })).toBeVisible();
    await measure(page, 'two-step', 'loaded');
    await page.getByLabel('Code', { exact: true }).fill('no code');
    expect(await sending(page, () => page.getByRole('button', { name: 'Turn on two-step sign-in' }).click())).toBe(422);
    await measure(page, 'two-step', 'refused');
  } finally {
    await server.stop();
  }
});

test('one-time links, and what a viewer sees', async ({ page }) => {
  const server = await Server.claimed({ registered: false });
  try {
    const path = new URL(server.cli(['user', 'invite']).trim()).pathname;
    await visit(page, server, 'loaded', { invite: path });
    await visit(page, server, 'error', { 'invite-spent': '/invite/made-up' });
    await asPerson(page, server, VIEWER);
    await visit(page, server, 'error', { 'users-forbidden': '/users' });
  } finally {
    await server.stop();
  }
});
