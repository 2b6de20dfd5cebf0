/** The journeys of Alerts, each in one of the ways to use a page: channels with a test, rules by way of a review, what was told. */

import { addMail, addRule, addWebhook } from './alerts.forms.ts';
import { HookSink, MailSink } from './alerts.sinks.ts';
import { asPerson, disclosure, expect, expectPage, expectRefused, sending, test, told, type Locator, type Page } from './fixtures.ts';
import type { Way } from './exchange.ts';
import { ONE_A_PAGE } from './hands.ts';
import { ADMIN, VIEWER } from './harness.ts';
import { World } from './world.ts';

/** Rules are looked at every ten seconds. */
const LOOKED_WITHIN_MS = 30_000;
const SECRET = 'seven lamps sign';

/** A card by its heading. */
const card = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });

export function journeys({ script, hands }: Way): void {
  test.use({ javaScriptEnabled: script });
  // They build on one another.
  test.describe.configure({ mode: 'serial', timeout: 90_000 });
  let world: World;
  let mail: MailSink;
  let hook: HookSink;
  let broken: HookSink;
  const alerts = () => `${world.server.url}/alerts`;
  test.beforeAll(async () => {
    [world, mail, hook, broken] = await Promise.all([World.start(), MailSink.start(), HookSink.start(), HookSink.start(500)]);
  });
  test.afterAll(async () => {
    for (const sink of [mail, hook, broken]) sink.stop();
    await world.stop();
  });
  test.beforeEach(({ page }) => asPerson(page, world.server, ADMIN));

  test('a mail account is added, and its test says what the mail server said', ONE_A_PAGE, async ({ page }) => {
    await page.goto(world.server.url);
    await hands.press(page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Alerts' }));
    await expectPage(page, 'Alerts');
    await expect(page.getByRole('main')).toContainText('No alert rules yet.');
    await addMail(page, world.server, hands, 'On call', mail.port);
    await hands.press(page.getByRole('button', { name: 'Send a test to On call' }));
    await expect(told(page, '250 2.0.0 taken')).toBeVisible();
    expect(mail.mails).toHaveLength(1);
    expect(mail.mails[0]).toContain('To: oncall@example.com');
    await expect(card(page, 'Recent notifications').getByRole('listitem').first()).toContainText(/Test of alerts.*Delivered/);
  });

  test('a webhook that answers with an error is told as it is; its address and secret are never shown', ONE_A_PAGE, async ({ page }) => {
    await addWebhook(page, world.server, hands, 'Broken chat', `${broken.url}/T0P-S3CRET`, SECRET);
    await hands.press(page.getByRole('button', { name: 'Send a test to Broken chat' }));
    await expect(page.getByRole('main')).toContainText('500 Internal Server Error');
    await expect(card(page, 'Recent notifications').getByRole('listitem').first()).toContainText('Failed');
    expect(broken.posts[0].path).toBe('/T0P-S3CRET');
    for (const path of ['/alerts', '/alerts/channels/2', '/audit', '/logs', '/api/v1/alerts']) {
      const { text } = await world.server.ask(path, { cookie: await world.server.signIn(ADMIN) });
      expect(text, path).not.toMatch(/T0P-S3CRET|seven lamps sign/);
    }
    await hands.press(page.getByRole('link', { name: 'Broken chat' }));
    await expect(page.getByLabel('Signing secret')).toHaveValue('');
    // The address is kept when the field is left empty; the name changes.
    await hands.fill(page.getByLabel('Name', { exact: true }), 'Chat');
    await hands.fill(page.getByLabel('Address'), `${hook.url}/room`);
    await hands.press(page.getByRole('button', { name: 'Save the channel' }));
    await expect(told(page, 'The channel Chat was changed.')).toBeVisible();
    await hands.press(page.getByRole('button', { name: 'Send a test to Chat' }));
    await expect(card(page, 'Recent notifications').getByRole('listitem').first()).toContainText('Delivered');
    expect(hook.posts).toHaveLength(1);
    expect(Object.keys(hook.posts[0].headers).some((name) => name.includes('signature')), 'the post is signed').toBe(true);
  });

  test('a channel that could not work is refused with the reason, and nothing typed is lost but the secret', async ({ page }) => {
    await page.goto(`${alerts()}/channels/new?kind=webhook`);
    await hands.fill(page.getByLabel('Name', { exact: true }), 'Far');
    await hands.fill(page.getByLabel('Address'), 'http://hooks.example.com/x');
    await hands.fill(page.getByLabel('Signing secret'), SECRET);
    expect(await sending(page, () => hands.press(page.getByRole('button', { name: 'Add the channel' })))).toBe(422);
    await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Far');
    await expect(page.getByLabel('Address')).toHaveAccessibleDescription(/Without TLS, Leasehold posts only to this machine/);
    expect(await page.content()).not.toContain(SECRET);
  });

  test('all that is wrong with a channel is told at once, each beside its field', async ({ page }) => {
    await page.goto(`${alerts()}/channels/new?kind=email`);
    const typed: [Locator, string, RegExp][] = [
      [page.getByLabel('Port'), '99999', /Enter a port from 1 to 65535/],
      [page.getByLabel('Sender'), 'nobody', /Enter one address/],
      [page.getByLabel('Recipients'), 'oncall', /“oncall” is not a mail address/],
      [page.getByLabel('CA file'), 'company-ca.pem', /Enter the full path/],
    ];
    await hands.fill(page.getByLabel('Name', { exact: true }), 'Far');
    await hands.fill(page.getByLabel('Mail server'), 'mail.example.com');
    for (const [field, text] of typed) await hands.fill(field, text);
    expect(await sending(page, () => hands.press(page.getByRole('button', { name: 'Add the channel' })))).toBe(422);
    await expect(page.getByRole('alert')).toContainText('Please fix 4 fields.');
    for (const [field, text, wrong] of typed) {
      await expect(field).toHaveValue(text);
      await expect(field).toHaveAccessibleDescription(wrong);
    }
  });

  test('a rule is tried on the past before it is turned on, and what was typed can be changed', ONE_A_PAGE, async ({ page }) => {
    await page.goto(alerts());
    await hands.press(card(page, 'Rules').getByRole('link', { name: 'Add a rule' }).first());
    await expectPage(page, 'Add a rule');
    await hands.press(page.getByRole('link', { name: 'License expires soon' }));
    const days = page.locator('#number');
    await hands.fill(days, 'many');
    expect(await sending(page, () => hands.press(page.getByRole('button', { name: 'Review' })))).toBe(422);
    await expectRefused(page, days, 'many', /whole number|1 to/);
    await hands.fill(days, '3');
    await hands.tick(page.getByRole('checkbox', { name: 'Chat' }), false);
    await hands.press(page.getByRole('button', { name: 'Review' }));
    await expectPage(page, 'Review the rule');
    await expect(card(page, 'The rule')).toContainText('On call');
    await expect(card(page, 'The rule')).not.toContainText('Chat');
    await expect(card(page, 'Past alerts').getByRole('note')).toBeVisible();
    await hands.press(page.getByRole('button', { name: 'Back to editing' }));
    await expect(days).toHaveValue('3');
    await expect(page.getByRole('checkbox', { name: 'Chat' })).not.toBeChecked();
    await hands.fill(days, '30');
    await hands.press(page.getByRole('button', { name: 'Review' }));
    await expect(page.getByRole('main')).toContainText('A license expires within 30 days.');
    await expect(card(page, 'Right now').getByRole('note')).toContainText(/would be firing: .*A license for ASR_ENUS/);
    await hands.press(page.getByRole('button', { name: 'Turn the rule on' }));
    await expect(told(page, 'The rule is on.')).toBeVisible();
  });

  test('what fires is told, in words that say what to do, and the page says so', async ({ page }) => {
    await expect(async () => {
      await page.goto(alerts());
      await expect(page.getByRole('main')).toContainText('1 alert is firing.', { timeout: 500 });
    }).toPass({ timeout: LOOKED_WITHIN_MS });
    await expect(card(page, 'Firing now').getByRole('listitem').first()).toContainText(/A license for ASR_ENUS expires/);
    await expect(async () => expect(mail.mails.length).toBeGreaterThan(1)).toPass();
    const text = mail.mails.at(-1)!;
    for (const words of ['ASR_ENUS', 'What happens next:', 'What to do:', `${world.server.url}/licenses`]) expect(text).toContain(words);
    expect(hook.posts, 'who was not chosen hears nothing').toHaveLength(1);
  });

  test('what fires is acknowledged by name, and its rule silenced for a while', async ({ page }) => {
    await page.goto(alerts());
    const firing = card(page, 'Firing now');
    await hands.press(firing.getByRole('button', { name: /^Acknowledge ?: A license for ASR_ENUS/ }));
    await expect(told(page, 'No reminders until it resolves.')).toBeVisible();
    await expect(page.getByRole('main')).toContainText('1 alert is firing, acknowledged.');
    await expect(firing).toContainText(`Acknowledged by ${ADMIN.name}`);
    await expect(firing.getByRole('button', { name: /^Acknowledge/ })).toHaveCount(0);
    await hands.press(firing.getByRole('link', { name: /^Silence/ }));
    await expectPage(page, 'Change a rule');
    await hands.choose(page.getByLabel('From now, for'), '4 hours');
    await hands.press(page.getByRole('button', { name: 'Silence the rule' }));
    await expectPage(page, 'Alerts');
    await expect(card(page, 'Rules')).toContainText('Silenced until');
    await page.goto(`${alerts()}/rules/1`);
    await hands.press(page.getByRole('button', { name: 'End the silence' }));
    await expect(told(page, 'The rule sends notifications again.')).toBeVisible();
    await expect(card(page, 'Rules')).not.toContainText('Silenced until');
  });

  test('a rule is turned off at once, and on again by way of its review', async ({ page }) => {
    await page.goto(alerts());
    await hands.press(card(page, 'Rules').getByRole('button', { name: /^Turn off/ }));
    await expect(told(page, 'The rule is off.')).toBeVisible();
    await expect(page.getByRole('main')).toContainText('No alert rule is on.');
    await hands.press(card(page, 'Rules').getByRole('button', { name: /^Review and turn on/ }));
    await expectPage(page, 'Review the rule');
    await hands.press(page.getByRole('button', { name: 'Turn the rule on' }));
    await expect(card(page, 'Rules').getByRole('button', { name: /^Turn off/ })).toBeVisible();
  });

  test('rules and channels are removed, each saying what that means', async ({ page }) => {
    await addRule(page, world.server, hands, 'days_since_sync', { number: '5' }, 'Save it turned off');
    await hands.press(page.getByRole('link', { name: 'On call' }));
    await hands.press(disclosure(page, 'Remove On call'));
    await expect(page.getByRole('main')).toContainText('2 rules use it and will notify one channel fewer.');
    await hands.press(page.getByRole('button', { name: 'Remove On call' }));
    await expect(told(page, /removed/)).toBeVisible();
    await expect(card(page, 'Channels')).not.toContainText('On call');
    await hands.press(card(page, 'Rules').getByRole('link', { name: /^The last verified sync/ }));
    await hands.press(disclosure(page, 'Remove this rule'));
    await hands.press(page.getByRole('button', { name: 'Remove this rule' }));
    await expect(told(page, 'The rule was removed.')).toBeVisible();
    await expect(card(page, 'Rules').getByRole('link', { name: /^The last verified sync/ })).toHaveCount(0);
  });

  test('the suggested rules are added in one step', async ({ page }) => {
    await page.goto(alerts());
    await hands.press(card(page, 'Rules').getByRole('button', { name: /^Add \d+ suggested rules$/ }));
    await expect(told(page, /rules were added and turned on/)).toBeVisible();
    await expect(card(page, 'Rules').getByRole('link', { name: 'The audit chain is broken.' })).toBeVisible();
    await expect(page.getByRole('button', { name: /suggested rules/ })).toHaveCount(0);
  });

  test('who may only look sees how rules stand, and why nothing can be changed', async ({ page }) => {
    await page.context().clearCookies();
    await asPerson(page, world.server, VIEWER);
    await page.goto(alerts());
    await expect(card(page, 'Rules')).toContainText('Changing the configuration needs the role administrator.');
    await expect(page.getByRole('button', { name: /Turn off|Send a test/ })).toHaveCount(0);
    await page.goto(`${alerts()}/rules/1`);
    await expect(page.getByRole('button', { name: 'Review' })).toBeDisabled();
  });
}
