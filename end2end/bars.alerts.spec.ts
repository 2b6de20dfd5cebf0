/** The bars, on the pages of the alerts: with nothing, with rules that fire and messages told, when something is refused. */

import { HookSink, MailSink } from './alerts.sinks.ts';
import { addMail, addRule, addWebhook } from './alerts.forms.ts';
import { asPerson, disclosure, expect, sending, test } from './fixtures.ts';
import { pointer } from './hands.ts';
import { ADMIN, Server, VIEWER } from './harness.ts';
import { keepDocuments, measure, visit } from './measure.ts';
import { World } from './world.ts';

test.describe.configure({ mode: 'parallel', timeout: 180_000 });
test.beforeEach(({ page }) => keepDocuments(page));

test('alerts before there are any', async ({ page }) => {
  const server = await Server.claimed();
  try {
    await asPerson(page, server, ADMIN);
    await visit(page, server, 'empty', {
      alerts: '/alerts',
      'alert-kinds': '/alerts/rules/new',
      'alert-rule': '/alerts/rules/new?kind=hours_left',
      'alert-mail': '/alerts/channels/new?kind=email',
      'alert-webhook': '/alerts/channels/new?kind=webhook',
    });
    await page.goto(`${server.url}/alerts/rules/new?kind=hours_left`);
    await page.getByRole('button', { name: 'Review' }).click();
    await measure(page, 'alert-review', 'empty');
    await visit(page, server, 'error', { 'alert-rule': '/alerts/rules/99' });
    await page.context().clearCookies();
    await asPerson(page, server, VIEWER);
    await visit(page, server, 'readonly', { alerts: '/alerts', 'alert-rule': '/alerts/rules/new?kind=hours_left' });
  } finally {
    await server.stop();
  }
});

test('alerts that fire, and what was told; forms that are refused', async ({ page }) => {
  const [world, mail, broken] = await Promise.all([World.start(), MailSink.start(), HookSink.start(500)]);
  const { server } = world;
  try {
    await asPerson(page, server, ADMIN);
    await addMail(page, server, pointer, 'On call', mail.port);
    await addWebhook(page, server, pointer, 'Operations chat', `${broken.url}/T0P`);
    for (const name of ['On call', 'Operations chat']) await page.getByRole('button', { name: `Send a test to ${name}` }).click();
    // One of the usual licenses ends within 20 days.
    await addRule(page, server, pointer, 'license_expires', { number: '30' });
    await addRule(page, server, pointer, 'peer_down', {});
    await addRule(page, server, pointer, 'days_since_sync', { number: '3' }, 'Save it turned off');
    await expect(async () => {
      await page.goto(`${server.url}/alerts`);
      await expect(page.getByRole('main')).toContainText('1 alert is firing.', { timeout: 500 });
      await expect(page.getByRole('region', { name: 'Recent notifications' })).toContainText('expires soon', { timeout: 500 });
    }).toPass({ timeout: 30_000 });
    await measure(page, 'alerts', 'loaded');
    await page.goto(`${server.url}/alerts/rules/1`);
    await disclosure(page, 'Remove this rule').click();
    await measure(page, 'alert-rule', 'loaded');
    await page.getByLabel('Remind every').fill('-1');
    await page.getByLabel('Notify after').fill('soon');
    expect(await sending(page, () => page.getByRole('button', { name: 'Review' }).click())).toBe(422);
    await measure(page, 'alert-rule', 'refused');
    await page.goto(`${server.url}/alerts/rules/1`);
    await page.getByRole('button', { name: 'Review' }).click();
    await measure(page, 'alert-review', 'loaded');
    await page.goto(`${server.url}/alerts`);
    await page.getByRole('link', { name: 'On call' }).click();
    await disclosure(page, 'Remove On call').click();
    await page.getByLabel('Mail server').fill('mail.example.com');
    await page.getByLabel('Recipients').fill('nobody at all');
    expect(await sending(page, () => page.getByRole('button', { name: 'Save the channel' }).click())).toBe(422);
    await measure(page, 'alert-mail', 'refused');
    await page.goto(`${server.url}/alerts/channels/new?kind=webhook`);
    await page.getByLabel('Name', { exact: true }).fill('Chat');
    await page.getByLabel('Address').fill('http://hooks.example.com/T0P');
    expect(await sending(page, () => page.getByRole('button', { name: 'Add the channel' }).click())).toBe(422);
    await measure(page, 'alert-webhook', 'refused');
  } finally {
    for (const sink of [mail, broken]) sink.stop();
    await world.stop();
  }
});
