/** The set-up wizard with a licensing node: by its registration file, and by hand. */

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { disclosure, expect, expectPage, expectRefused, sending, test, told, type Page } from './fixtures.ts';
import type { Way } from './exchange.ts';
import { ONE_A_PAGE, type Hands } from './hands.ts';
import { ADMIN, NOWHERE, Server } from './harness.ts';
import { CUSTOMER, LicensingNode, type Registration } from './world.ts';

/** Of the right form, and nobody's. */
const MISTYPED = 'MISTYPED7890MISTYPED7890MISTYPED';

/** Token and administrator: the steps before a server is registered. */
export async function claim(page: Page, server: Server, hands: Hands): Promise<void> {
  const next = page.getByRole('button', { name: 'Continue' });
  await page.goto(server.setup);
  await hands.press(next);
  await expectPage(page, 'Your account');
  await hands.fill(page.getByLabel('Name', { exact: true }), ADMIN.name);
  for (const label of ['Password', 'Confirm password']) await hands.fill(page.getByLabel(label, { exact: true }), ADMIN.password);
  await hands.press(next);
  await expectPage(page, "The server's GUID");
}

/** A fingerprint as pages show it: groups of four. */
export function grouped(fingerprint: string): string {
  return fingerprint.replace('SHA256:', '').toUpperCase().match(/.{4}/g)!.join(' ');
}

export function wizard({ hands }: Way): void {
  let node: LicensingNode;
  let registration: Registration;
  let server: Server;
  test.beforeAll(async () => {
    node = await LicensingNode.start();
  });
  test.beforeEach(async () => {
    registration = node.addServer();
    node.addLicense(registration.guid, 'TTS3', 100);
    node.addLicense(registration.guid, 'ASR_ENUS', 50);
    server = await Server.start();
  });
  test.afterEach(() => server.stop());
  test.afterAll(() => node.end());

  test('the registration file is all it takes: registered, in touch, the licenses listed', async ({ page }) => {
    const before = server.file();
    const next = page.getByRole('button', { name: 'Continue' });
    await claim(page, server, hands);

    const other = join(mkdtempSync(join(tmpdir(), 'leasehold-file-')), 'other.json');
    writeFileSync(other, '{"guid": "not a registration"}');
    const file = page.getByLabel('Registration file', { exact: true });
    await hands.give(file, other);
    expect(await sending(page, () => hands.press(next))).toBe(422);
    await expectRefused(page, file, '', /registration file/);

    await hands.give(file, registration.file);
    expect(await sending(page, () => hands.press(page.getByRole('button', { name: 'Check' })))).toBe(200);
    const read = page.getByRole('region', { name: 'Read from the registration file' });
    for (const words of [registration.guid, CUSTOMER, 'production', node.address]) await expect(read).toContainText(words);
    await expect(page.getByRole('region', { name: /lines? of the file will change/ })).toContainText(registration.guid);
    expect(await page.content(), 'the auth string stays secret').not.toContain(registration.auth);
    await hands.press(next);

    await expectPage(page, 'Connection to the nodes');
    await expect(page.getByLabel('Nodes for HTTP', { exact: true })).toHaveValue(node.address);
    await hands.press(next);
    await expectPage(page, "The vendor's key");
    await expect(page.getByRole('main')).toContainText("The vendor's key is confirmed.");
    await hands.press(next);
    await expectPage(page, 'Review and save');
    await expect(page.getByRole('region', { name: 'Your choices' })).toContainText(grouped(node.fingerprint));
    expect(server.file(), 'nothing is written until the last step').toBe(before);
    await hands.press(page.getByRole('button', { name: /finish$/ }));

    await expectPage(page, 'Ready');
    await expect(page.getByRole('main')).toContainText('This server is registered and connected to the vendor.');
    await expect(page.getByRole('main')).toContainText('2 licenses are loaded.');
    expect(server.file()).toContain(`FLEX_NODE_LIST = ${node.address}`);
    await hands.press(page.getByRole('link', { name: 'Show licenses' }));
    await expectPage(page, 'Licenses');
    const loaded = page.getByRole('table', { name: 'Loaded licenses' });
    await expect(loaded.getByRole('row', { name: /TTS3 .* 100 / })).toBeVisible();
    await expect(loaded.getByRole('row', { name: /ASR_ENUS .* 50 / })).toBeVisible();
    for (const gone of ['/setup/key', '/setup/connection', '/setup/done']) expect((await server.ask(gone)).status, gone).toBe(404);
  });

  test('by hand: GUID, a mistyped auth string, nodes that are checked, a key that is compared', ONE_A_PAGE, async ({ page }) => {
    const next = page.getByRole('button', { name: 'Continue' });
    const main = page.getByRole('main');
    await claim(page, server, hands);
    const auth = page.getByLabel('Auth string', { exact: true });
    await hands.fill(page.getByRole('textbox', { name: 'GUID' }), registration.guid.slice(1).toLowerCase());
    await hands.fill(auth, `x-auth-string: ${registration.auth}`);
    expect(await sending(page, () => hands.press(next))).toBe(422);
    await expectRefused(page, auth, '', /more than the auth string/);
    await hands.fill(auth, MISTYPED);
    await hands.press(next);

    await expectPage(page, 'Connection to the nodes');
    await hands.press(disclosure(page, "Use other nodes"));
    const nodes = page.getByLabel('Nodes for HTTP', { exact: true });
    await hands.fill(nodes, `${NOWHERE};${node.address}`);
    await hands.fill(page.getByLabel('Nodes for HTTPS', { exact: true }), NOWHERE);
    expect(await sending(page, () => hands.press(page.getByRole('button', { name: 'Check the nodes' })))).toBe(200);
    await expect(main).toContainText('1 of 2 nodes can be reached as configured. One is enough.');
    await expect(main).toContainText('Each node has its own port in the node list; there is none to choose.');
    await expect(nodes, 'what is typed is kept').toHaveValue(`${NOWHERE};${node.address}`);
    await hands.press(disclosure(page, 'Each node and port'));
    const reached = page.getByRole('table', { name: /each node got over HTTP, by port/ });
    await expect(reached.getByRole('cell', { name: new RegExp(`${node.address.split(':')[1]} Reached HTTP`) })).toBeVisible();
    await expect(reached.getByRole('cell', { name: /1 Failed TCP/ })).toBeVisible();
    await hands.press(next);

    await expectPage(page, "The vendor's key");
    const compare = page.getByRole('region', { name: 'Compare this fingerprint' });
    await expect(compare).toContainText(new RegExp(grouped(node.fingerprint).replaceAll(' ', '\\s*')));
    const confirm = page.getByRole('button', { name: 'Confirm the key' });
    const box = page.getByRole('checkbox', { name: /^I compared it/ });
    expect(await sending(page, () => hands.press(confirm)), 'the box stands for a comparison').toBe(422);
    await expect(box).toHaveAttribute('aria-invalid', 'true');
    await expect(page.getByRole('alert').getByRole('link', { name: /Compare the fingerprint/ })).toHaveAttribute('href', '#compared');

    const paste = page.getByLabel('Paste the fingerprint from the vendor', { exact: true });
    const wrong = node.fingerprint.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    await hands.fill(paste, wrong);
    expect(await sending(page, () => hands.press(confirm))).toBe(422);
    await expectRefused(page, paste, wrong, /does not match this fingerprint/);
    await hands.fill(paste, '');
    await hands.tick(box);
    // Now the node can be asked: it says what is wrong, where it can be put right.
    expect(await sending(page, () => hands.press(confirm))).toBe(422);
    await expectRefused(page, auth, '', /^The node .* refused: The auth string doesn't belong to this GUID/);
    await hands.fill(auth, registration.auth);
    await hands.press(page.getByRole('button', { name: 'Check again' }));
    await expectPage(page, 'Review and save');
    const chosen = page.getByRole('region', { name: 'Your choices' });
    await expect(chosen).toContainText(grouped(node.fingerprint));

    // The same, with the vendor's fingerprint pasted as it stands in a letter.
    await hands.press(page.getByRole('link', { name: 'Back' }));
    await expect(main).toContainText("The vendor's key is confirmed.");
    await hands.press(disclosure(page, 'The vendor gave a different fingerprint'));
    const instead = page.getByRole('button', { name: 'Use this fingerprint instead' });
    await hands.fill(paste, wrong);
    expect(await sending(page, () => hands.press(instead))).toBe(422);
    await expectRefused(page, paste, wrong, /does not match this fingerprint/);
    await hands.fill(paste, grouped(node.fingerprint).toLowerCase().replaceAll(' ', ':'));
    await hands.press(instead);
    await expectPage(page, 'Review and save');
    await expect(chosen).toContainText(grouped(node.fingerprint));
    expect(await page.content(), 'the auth string stays secret').not.toContain(registration.auth);
    await hands.press(page.getByRole('button', { name: /finish$/ }));
    await expectPage(page, 'Ready');
    await expect(main).toContainText('This server is registered and connected to the vendor.');
    await expect(main).toContainText('2 licenses are loaded.');

    // What is left to set up stays on the overview until it is done or dismissed.
    await hands.press(page.getByRole('link', { name: 'Go to the overview' }));
    const steps = page.getByRole('region', { name: 'What to do next' }).getByRole('listitem');
    const left = steps.filter({ has: page.getByRole('button', { name: /^(Dismiss|Mark as done) ?: / }) });
    await expect(left).toHaveCount(5);
    await hands.press(left.filter({ hasText: 'Back up the data folder' }).getByRole('button', { name: 'Mark as done' }));
    await expect(left).toHaveCount(4);
    await hands.press(page.getByRole('button', { name: 'Dismiss what is left to set up' }));
    await expect(left).toHaveCount(0);
  });

  test('without a key nothing is sent; it is given later, and the exchange begins', async ({ page }) => {
    const next = page.getByRole('button', { name: 'Continue' });
    const main = page.getByRole('main');
    await claim(page, server, hands);
    await hands.fill(page.getByRole('textbox', { name: 'GUID' }), registration.guid);
    await hands.fill(page.getByLabel('Auth string', { exact: true }), registration.auth);
    await hands.press(next);
    await expectPage(page, 'Connection to the nodes');
    await hands.press(disclosure(page, "Use other nodes"));
    await hands.fill(page.getByLabel('Nodes for HTTP', { exact: true }), node.address);
    await hands.press(next);
    await expectPage(page, "The vendor's key");
    await hands.press(page.getByRole('button', { name: 'Register without a key' }));
    await expectPage(page, 'Review and save');
    await expect(page.getByRole('region', { name: 'Your choices' })).toContainText('none yet: nothing is sent until one is confirmed');
    await hands.press(page.getByRole('button', { name: /finish$/ }));
    await expectPage(page, 'Ready');
    await expect(main).toContainText('This server is registered. Nothing has been sent to the nodes yet.');
    await hands.press(page.getByRole('link', { name: 'Go to the overview' }));
    await expect(main).toContainText('This server is registered. No vendor key is confirmed yet.');
    const step = page.getByRole('region', { name: 'What to do next' }).getByRole('listitem').first();
    await expect(step).toContainText("Confirm the vendor's key");
    await hands.press(step.getByRole('link', { name: 'Show the key' }));
    await expectPage(page, 'Online exchange');
    await expect(main).toContainText("Nothing is sent until the vendor's key is confirmed.");
    await expect(page.getByRole('button', { name: 'Sync now' })).toBeHidden();
    expect(JSON.parse(node.cli(['report', 'list', '--server', registration.guid, '--json'])), 'the node has heard nothing').toEqual({ items: [] });

    const register = page.getByRole('button', { name: 'Register', exact: true });
    const file = page.getByLabel('Registration file', { exact: true });
    await hands.give(file, node.addServer().file);
    expect(await sending(page, () => hands.press(register))).toBe(422);
    await expectRefused(page, file, '', /^This file is for .* but license_server\.conf names/);
    const fingerprint = page.getByLabel("Fingerprint of the vendor's key", { exact: true });
    await hands.fill(fingerprint, 'five blue bottles');
    expect(await sending(page, () => hands.press(register))).toBe(422);
    await expectRefused(page, fingerprint, 'five blue bottles', /fingerprint/i);
    await hands.fill(fingerprint, grouped(node.fingerprint));
    await hands.fill(page.getByLabel('Password of your account', { exact: true }), ADMIN.password);
    expect(await sending(page, () => hands.press(register))).toBe(303);
    await expect(told(page, `Registered as ${registration.guid}.`)).toBeVisible();
    await expect(async () => {
      await page.goto(`${server.url}/licenses`);
      await expect(main).toContainText('2 licenses are in service.', { timeout: 500 });
    }).toPass();
  });
}
