/** What the exchange promises about trust: who may do what, where secrets stay, and that words of others stay words. */

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asPerson, expect, expectPage, test } from './fixtures.ts';
import { ADMIN, NOWHERE, Server, VIEWER, type Person } from './harness.ts';
import { EVIL, harmless, routes } from './hostile.ts';
import { Vendor } from './vendor.ts';
import { LicensingNode, World } from './world.ts';

const OPERATOR: Person = { name: 'otto', password: 'five copper bells at noon' };
/** As long as the id of a license may be. */
const FORMULA = '=2+2<img src=x onerror=alert(2)><b id=evil></textarea><script>';
/** Something like the id of a report, of a cluster, of a revision. */
const SOME = '1';

/** Makes a report: its id and its text. */
function pulled(server: Server): { status_id: string; report: string; curl: string } {
  return JSON.parse(server.cli(['exchange', 'pull', '--json'])) as { status_id: string; report: string; curl: string };
}

/** What the console knows of exchanges and licenses: equal before and after what was refused. */
function state(server: Server): string {
  return server.cli(['exchange', 'ledger', '--json']) + server.cli(['licenses', '--json']) + server.file();
}

test.describe('a server and its node', () => {
  let world: World;
  let server: Server;
  test.beforeAll(async () => {
    world = await World.start();
    server = world.server;
    server.cli(['user', 'add', OPERATOR.name, '--role', 'operator', '--password-stdin'], OPERATOR.password);
  });
  test.afterAll(() => world.stop());

  test('no form of the console takes a request of another site', async () => {
    const admin = await server.signIn(ADMIN);
    const before = state(server);
    for (const route of routes('post')) {
      const path = route.replace(/\{\w+\}/g, SOME);
      for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }] as Record<string, string>[]) {
        const answer = await server.ask(path, { form: { intent: 'apply' }, headers, cookie: admin });
        expect(answer.status, `${path} ${JSON.stringify(headers)}`).toBe(403);
        expect(answer.cookies, path).toEqual([]);
      }
    }
    expect(state(server)).toBe(before);
  });

  test('what needs a role is refused without it, whatever the page shows', async () => {
    const { status_id: report } = pulled(server);
    const before = state(server);
    const forms = routes('post').filter((path) => /^\/(exchange|diagnostics)/.test(path));
    expect(forms.length).toBeGreaterThanOrEqual(10);
    const administratorOnly = ['/exchange/registration', '/exchange/registration/correct', '/exchange/clusters', '/exchange/clusters/{id}/remove', '/diagnostics/port'];
    const [viewer, operator] = [await server.signIn(VIEWER), await server.signIn(OPERATOR)];
    for (const route of forms) {
      const path = route.replace('{id}', SOME);
      const signedOut = await server.ask(path, { form: {} });
      expect([signedOut.status, signedOut.headers.location], path).toEqual([303, '/login']);
      expect((await server.ask(path, { form: {}, cookie: viewer })).status, path).toBe(403);
    }
    for (const route of administratorOnly) {
      expect(forms, 'a route that is gone tests nothing').toContain(route);
      expect((await server.ask(route.replace('{id}', SOME), { form: {}, cookie: operator })).status, route).toBe(403);
    }
    expect((await server.ask(`/exchange/report/${report}/download`, { cookie: viewer })).status).toBe(403);
    expect((await server.ask(`/exchange/report/${report}/download`, { cookie: operator })).status).toBe(200);
    for (const path of ['/api/v1/exchange/sync', '/api/v1/exchange/report', '/api/v1/exchange/response']) {
      const answer = await server.ask(path, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' }, cookie: viewer });
      expect(answer.status, path).toBe(403);
    }
    expect(state(server)).toBe(before);
  });

  test('the auth string is nowhere but in the command, and there only for those who may exchange', async ({ page }) => {
    const { auth } = world.registration;
    const { status_id: report } = pulled(server);
    const cluster = { name: 'East', uri: NOWHERE, deployment: world.registration.deployment, operator: world.registration.operator, auth, licensing_url: 'https://licensing.example/' };
    expect((await server.ask('/exchange/clusters', { form: cluster, cookie: await server.signIn(ADMIN) })).status).toBe(303);
    // The stream of news does not end.
    const pages = routes('get').filter((path) => path !== '/events').map((path) => path.replace(/(report|receipt)\/\{id\}/, `$1/${report}`).replace(/\{\w+\}/g, SOME));
    const command = `/exchange/hand?report=${report}`;
    const secrets = [auth, auth.toLowerCase(), encodeURIComponent(auth)];
    for (const person of [ADMIN, OPERATOR, VIEWER]) {
      const cookie = await server.signIn(person);
      for (const path of [...pages, command]) {
        const { text } = await server.ask(path, { cookie });
        const shown = secrets.some((secret) => text.includes(secret));
        const may = person !== VIEWER && path === command;
        expect(shown, `${path} for ${person.name}`).toBe(may);
      }
    }
    await asPerson(page, server, OPERATOR);
    await page.goto(server.url + command);
    await expect(page.getByRole('group', { name: 'The command' }).first()).toContainText(auth);
    const elsewhere = await page.evaluate(() => {
      const copy = document.documentElement.cloneNode(true) as Element;
      copy.querySelectorAll('[aria-labelledby="carry-title"]').forEach((lane) => lane.remove());
      return copy.outerHTML;
    });
    expect(elsewhere).not.toContain(auth);
    expect(server.logged(), 'nor in the log').not.toContain(auth);
  });

  test('what was typed into a refused form comes back as text', async ({ page }) => {
    await asPerson(page, server, ADMIN);
    const answer = page.getByLabel('The answer', { exact: true });
    await page.goto(`${server.url}/exchange/hand`);
    await answer.fill(`${EVIL}\n${EVIL}`);
    await page.getByRole('button', { name: 'Check the answer' }).click();
    await expect(page.getByRole('alert').first()).toBeVisible();
    await expect(answer).toHaveValue(`${EVIL}\n${EVIL}`);
    await harmless(page, 'the answer');

    const fields = { Name: EVIL.slice(0, 64), 'Address of its reporting API': EVIL, 'Deployment id': EVIL, 'Operator id': EVIL, 'Where its reports are sent': EVIL };
    await page.goto(`${server.url}/exchange/clusters`);
    for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value);
    await page.getByText('Its certificate is from a private authority').click();
    await page.getByLabel('Certificate of the authority', { exact: true }).fill(EVIL);
    await page.getByRole('button', { name: 'Add the cluster' }).click();
    await expect(page.getByRole('alert').first()).toBeVisible();
    for (const [label, value] of Object.entries(fields)) await expect(page.getByLabel(label, { exact: true })).toHaveValue(value);
    await expect(page.getByLabel('Certificate of the authority', { exact: true })).toHaveValue(EVIL);
    await harmless(page, 'the cluster');

    const name = '<b id=evil><img src=x onerror=alert(1)></title><script>';
    const { deployment, operator } = world.registration;
    const form = { name, uri: NOWHERE, deployment, operator, auth: '', licensing_url: 'https://licensing.example/<b>' };
    const added = await server.ask('/exchange/clusters', { form, cookie: await server.signIn(ADMIN) });
    expect(added.status).toBe(303);
    for (const path of ['/exchange/clusters', String(added.headers.location), '/audit', '/']) {
      await page.goto(server.url + path);
      await expect(page.getByRole('main'), path).toContainText(name);
      await harmless(page, path);
    }
    await page.goto(server.url + String(added.headers.location));
    await page.getByRole('button', { name: 'Fetch the report' }).click();
    await harmless(page, 'a failed fetch');
    for (const path of [`/licenses?q=${encodeURIComponent(EVIL)}&state=${encodeURIComponent(EVIL)}&sort=${encodeURIComponent(EVIL)}`, `/exchange/hand?report=${encodeURIComponent(EVIL)}`, `/exchange/ledger?state=${encodeURIComponent(EVIL)}&before=${encodeURIComponent(EVIL)}`]) {
      await page.goto(server.url + path);
      await harmless(page, path);
    }
  });
});

test('what a vendor says stays text, even when its signature is good', async ({ page }) => {
  const server = await Server.claimed({ registered: false });
  const vendor = new Vendor();
  try {
    const file = join(mkdtempSync(join(tmpdir(), 'leasehold-file-')), 'registration.json');
    writeFileSync(file, vendor.registration([NOWHERE], EVIL));
    server.cli(['register', '--file', file, '--no-sync']);
    await asPerson(page, server, ADMIN);
    const answer = page.getByLabel('The answer', { exact: true });
    const check = page.getByRole('button', { name: 'Check the answer' });

    await page.goto(`${server.url}/exchange/hand`);
    await answer.fill(vendor.answer(pulled(server).report, { error: true, message: EVIL }));
    await check.click();
    await expect(page.getByRole('alert').first()).toContainText(`The vendor refused the report: ${EVIL}`);
    await harmless(page, 'a refusal');

    const { report, status_id: id } = pulled(server);
    await answer.fill(vendor.answer(report, { customer: EVIL, notices: [EVIL], id: FORMULA, version: `=1+1,"${EVIL}` }));
    await check.click();
    await expect(page.getByText('The answer is valid. Nothing has changed yet.')).toBeVisible();
    await expect(page.getByRole('note').filter({ hasText: EVIL })).toBeVisible();
    await harmless(page, 'the checked answer');
    await page.getByRole('button', { name: 'Apply the answer' }).click();
    await expectPage(page, 'Exchange receipt');
    for (const path of ['/', '/licenses', '/exchange', '/exchange/ledger', `/exchange/receipt/${id}`, '/exchange/hand', '/audit', '/diagnostics', '/account', '/settings']) {
      await page.goto(server.url + path);
      await harmless(page, path);
    }
    // It was really there to be seen.
    await page.goto(`${server.url}/licenses`);
    await expect(page.getByRole('main')).toContainText('<script>alert(1)</script>');
    await page.goto(`${server.url}/exchange`);
    await expect(page.getByRole('note').filter({ hasText: EVIL })).toBeVisible();

    const { text } = await server.ask('/licenses.csv', { cookie: await server.signIn(ADMIN) });
    expect(text, 'a table program takes no cell for a formula').toContain(`\n'${FORMULA},`);
    expect(text).not.toMatch(/(^|,)"?=/m);
  } finally {
    await server.stop();
  }
});

test('a registration file with markup in it stays text in the wizard', async ({ page }) => {
  const server = await Server.start();
  try {
    const next = page.getByRole('button', { name: 'Continue' });
    await page.goto(server.setup);
    await next.click();
    for (const label of ['Password', 'Confirm password']) await page.getByLabel(label, { exact: true }).fill(ADMIN.password);
    await next.click();
    await expectPage(page, "The server's GUID");
    await page.getByText('Paste its text instead').click();
    const text = page.getByLabel('Text of the registration file', { exact: true });
    const vendor = new Vendor();
    await text.fill(`{"format": "${EVIL}`);
    await next.click();
    await expect(page.getByRole('alert').first()).toBeVisible();
    await harmless(page, 'a file that is none');
    await text.fill(vendor.registration([NOWHERE], EVIL));
    await page.getByRole('button', { name: 'Check' }).click();
    await expect(page.getByRole('region', { name: 'Read from the registration file' })).toContainText(EVIL);
    await harmless(page, 'the customer');
    expect(await page.content()).not.toContain(vendor.auth);
  } finally {
    await server.stop();
  }
});

test('a fingerprint that no node shows brings no trust, and can be put right where it was typed', async ({ page }) => {
  const [node, server] = await Promise.all([LicensingNode.start(), Server.claimed({ registered: false })]);
  try {
    const registration = node.addServer();
    server.cli(['register', '--guid', registration.guid, '--auth', registration.auth, '--no-sync']);
    server.cli(['config', 'set', 'FLEX_NODE_LIST', node.address]);
    await asPerson(page, server, ADMIN);
    await page.goto(`${server.url}/exchange`);
    const fingerprint = page.getByLabel("Fingerprint of the vendor's key", { exact: true });
    const register = page.getByRole('button', { name: 'Register', exact: true });
    const wrong = node.fingerprint.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    await fingerprint.fill(wrong);
    await register.click();
    await expect(page.getByRole('alert').first()).toContainText('does not match this fingerprint');
    await expect(fingerprint).toHaveValue(wrong);
    await fingerprint.fill(node.fingerprint);
    await page.getByLabel('Password of your account', { exact: true }).fill(ADMIN.password);
    await register.click();
    await expect(page.getByRole('status').filter({ hasText: 'Registered as' })).toBeVisible();
    await expect(async () => {
      await page.goto(`${server.url}/exchange`);
      await expect(page.getByRole('main')).toContainText('Connected: last synced', { timeout: 500 });
    }).toPass();
    await expect(page.getByRole('region', { name: 'Trusted keys' }).getByRole('listitem')).toHaveCount(1);
  } finally {
    await Promise.all([server.stop(), node.end()]);
  }
});
