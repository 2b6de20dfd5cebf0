/** Filling the forms of the alerts, with the pointer or with the keyboard. */

import { expect, expectPage, type Page } from './fixtures.ts';
import type { Hands } from './hands.ts';
import type { Server } from './harness.ts';

/** Adds a mail account on this machine. */
export async function addMail(page: Page, server: Server, hands: Hands, name: string, port: number): Promise<void> {
  await page.goto(`${server.url}/alerts`);
  await hands.press(page.getByRole('region', { name: 'Channels' }).getByRole('link', { name: 'Add mail' }));
  await expectPage(page, 'Add mail');
  await hands.fill(page.getByLabel('Name', { exact: true }), name);
  await hands.fill(page.getByLabel('Mail server'), '127.0.0.1');
  await hands.fill(page.getByLabel('Port'), String(port));
  await hands.choose(page.getByLabel('Encryption'), 'No TLS (this machine only)');
  await hands.fill(page.getByLabel('Sender'), 'leasehold@example.com');
  await hands.fill(page.getByLabel('Recipients'), 'oncall@example.com');
  await hands.press(page.getByRole('button', { name: 'Add the channel' }));
  await expectPage(page, 'Alerts');
  await expect(page.getByRole('status').filter({ hasText: `The channel ${name} was added.` })).toBeVisible();
}

/** Adds a webhook, signed with a secret. */
export async function addWebhook(page: Page, server: Server, hands: Hands, name: string, url: string, secret = 'a signing secret'): Promise<void> {
  await page.goto(`${server.url}/alerts`);
  await hands.press(page.getByRole('region', { name: 'Channels' }).getByRole('link', { name: 'Add a webhook' }));
  await expectPage(page, 'Add a webhook');
  await hands.fill(page.getByLabel('Name', { exact: true }), name);
  await hands.fill(page.getByLabel('Address'), url);
  await hands.fill(page.getByLabel('Signing secret'), secret);
  await hands.press(page.getByRole('button', { name: 'Add the channel' }));
  await expectPage(page, 'Alerts');
}

/** Goes by way of the review of a rule, and ends it with this button. */
export async function addRule(page: Page, server: Server, hands: Hands, kind: string, fields: { number?: string; wait?: string; remind?: string }, end = 'Turn the rule on'): Promise<void> {
  await page.goto(`${server.url}/alerts/rules/new?kind=${kind}`);
  if (fields.number) await hands.fill(page.locator('#number'), fields.number);
  if (fields.wait) await hands.fill(page.getByLabel('Notify after'), fields.wait);
  if (fields.remind) await hands.fill(page.getByLabel('Remind every'), fields.remind);
  await hands.press(page.getByRole('button', { name: 'Review' }));
  await expectPage(page, 'Review the rule');
  await hands.press(page.getByRole('button', { name: end }));
  await expectPage(page, 'Alerts');
}
