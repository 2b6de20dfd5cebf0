/** The bars, on the steps of the set-up wizard: by hand without a node, and with a registration file and a node. */

import { writeFileSync } from 'node:fs';
import { disclosure, expect, expectPage, sending, test, type Page } from './fixtures.ts';
import { ADMIN, GUID_PASTED, NOWHERE, PLACEHOLDER, Server } from './harness.ts';
import { keepDocuments, measure } from './measure.ts';
import { LicensingNode, vendorAddress } from './world.ts';

test.describe.configure({ mode: 'parallel', timeout: 180_000 });
test.beforeEach(({ page }) => keepDocuments(page));

/** The steps before the identity, each measured if asked for. */
async function claim(page: Page, server: Server, measured: boolean): Promise<void> {
  const next = page.getByRole('button', { name: 'Continue' });
  const look = (name: string, state: 'empty' | 'error' | 'loaded') => (measured ? measure(page, name, state) : undefined);
  if (measured) {
    await page.goto(`${server.url}/setup`);
    await look('setup-token', 'empty');
    await page.getByLabel('Token', { exact: true }).fill('not the token');
    expect(await sending(page, () => next.click())).toBe(422);
    await look('setup-token', 'error');
  }
  await page.goto(server.setup);
  await look('setup-token', 'loaded');
  await next.click();
  await expectPage(page, 'Your account');
  await look('setup-administrator', 'loaded');
  const passwords = async (typed: string) => {
    for (const label of ['Password', 'Confirm password']) await page.getByLabel(label, { exact: true }).fill(typed);
  };
  if (measured) {
    await passwords('short');
    expect(await sending(page, () => next.click())).toBe(422);
    await look('setup-administrator', 'error');
  }
  await passwords(ADMIN.password);
  await next.click();
  await expectPage(page, "The server's GUID");
}

test('the setup by hand, with no node in reach', async ({ page }) => {
  const server = await Server.start();
  try {
    const next = page.getByRole('button', { name: 'Continue' });
    await claim(page, server, true);
    const guid = page.getByRole('textbox', { name: 'GUID' });
    await measure(page, 'setup-guid', 'empty');
    await guid.fill(PLACEHOLDER);
    expect(await sending(page, () => next.click())).toBe(422);
    await measure(page, 'setup-guid', 'error');
    await guid.fill(GUID_PASTED);
    expect(await sending(page, () => page.getByRole('button', { name: 'Check' }).click())).toBe(200);
    await measure(page, 'setup-guid', 'loaded');
    await next.click();
    await expectPage(page, 'Connection to the nodes');
    await measure(page, 'setup-connection', 'loaded');
    await disclosure(page, "Use other nodes").click();
    for (const label of ['Nodes for HTTP', 'Nodes for HTTPS']) await page.getByLabel(label, { exact: true }).fill('one.example;;two example');
    expect(await sending(page, () => next.click())).toBe(422);
    await measure(page, 'setup-connection', 'error');
    for (const label of ['Nodes for HTTP', 'Nodes for HTTPS']) await page.getByLabel(label, { exact: true }).fill(NOWHERE);
    await page.getByRole('button', { name: 'Check the nodes' }).click();
    await expect(page.getByText('No node can be reached on any port tried.')).toBeVisible();
    await measure(page, 'setup-connection-checked', 'empty');
    await next.click();
    await expectPage(page, "The vendor's key");
    await measure(page, 'setup-key', 'empty');
    await page.getByRole('button', { name: 'Register without a key' }).click();
    await expectPage(page, 'Review and save');
    await measure(page, 'setup-review', 'empty');
    writeFileSync(server.conf, `${server.file()}\n; meanwhile\n`);
    await expect(async () => {
      expect((await server.ask('/readyz')).status).toBe(200);
    }).toPass();
    expect(await sending(page, () => page.getByRole('button', { name: /finish$/ }).click())).toBe(409);
    await measure(page, 'setup-review', 'error');
    await page.getByRole('button', { name: /finish$/ }).click();
    await expectPage(page, 'Ready');
    await measure(page, 'setup-done', 'empty');
  } finally {
    await server.stop();
  }
});

test('the setup with a registration file; the node answers, and then does not', async ({ page }) => {
  const [node, server, second] = await Promise.all([LicensingNode.start(vendorAddress()), Server.start(), Server.start()]);
  try {
    const next = page.getByRole('button', { name: 'Continue' });
    const registration = node.addServer();
    const [host, port] = node.address.split(':');
    node.addLicense(registration.guid, 'TTS3', 100);
    await claim(page, server, false);
    await page.getByRole('textbox', { name: 'GUID' }).fill(registration.guid);
    await page.getByLabel('Auth string', { exact: true }).fill(registration.auth);
    await next.click();
    await disclosure(page, "Use other nodes").click();
    await page.getByLabel('Nodes for HTTP', { exact: true }).fill(`${host};${NOWHERE}`);
    await page.getByLabel('Nodes for HTTPS', { exact: true }).fill(NOWHERE);
    await page.getByRole('button', { name: 'Check the nodes' }).click();
    await disclosure(page, 'Each node and port').click();
    await measure(page, 'setup-connection-checked', 'loaded');
    await page.getByRole('button', { name: `Use HTTP, port ${port}` }).click();
    await next.click();
    await expectPage(page, "The vendor's key");
    await measure(page, 'setup-key', 'loaded');
    expect(await sending(page, () => page.getByRole('button', { name: 'Confirm the key' }).click())).toBe(422);
    await measure(page, 'setup-key', 'error');
    await page.getByLabel('Paste the fingerprint from the vendor', { exact: true }).fill(node.fingerprint);
    await page.getByRole('button', { name: 'Confirm the key' }).click();
    await expectPage(page, 'Review and save');
    await measure(page, 'setup-review', 'loaded');
    await page.getByRole('button', { name: /finish$/ }).click();
    await expectPage(page, 'Ready');
    await measure(page, 'setup-done', 'loaded');

    await page.context().clearCookies();
    const absent = node.addServer();
    await claim(page, second, false);
    await page.getByLabel('Registration file', { exact: true }).setInputFiles(absent.file);
    expect(await sending(page, () => page.getByRole('button', { name: 'Check' }).click())).toBe(200);
    await measure(page, 'setup-guid-file', 'loaded');
    await next.click();
    await next.click();
    await expect(page.getByText("The vendor's key is confirmed.")).toBeVisible();
    await measure(page, 'setup-key-confirmed', 'loaded');
    await node.stop();
    await next.click();
    await expect(page.getByText('No licensing node could be reached.')).toBeVisible();
    await measure(page, 'setup-key-tried', 'empty');
    await node.serve();
    await page.getByLabel('Auth string', { exact: true }).fill('MISTYPED');
    expect(await sending(page, () => page.getByRole('button', { name: 'Check again' }).click())).toBe(422);
    await measure(page, 'setup-key-tried', 'error');
    await page.getByLabel('Auth string', { exact: true }).fill(absent.auth);
    await page.getByRole('button', { name: 'Check again' }).click();
    await expectPage(page, 'Review and save');
    await node.stop();
    await page.getByRole('button', { name: /finish$/ }).click();
    await expectPage(page, 'Ready');
    await expect(page.getByText('the first sync failed')).toBeVisible();
    await measure(page, 'setup-done', 'error');
  } finally {
    await Promise.all([server.stop(), second.stop(), node.end()]);
  }
});
