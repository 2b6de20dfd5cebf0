/** What the pages of the servers, the alerts and the license of a machine promise about trust: names stay words, who may not does not. */

import { Application } from './application.ts';
import { asConfirmed, asPerson, expect, test } from './fixtures.ts';
import { ADMIN, VIEWER, type Person, type Server } from './harness.ts';
import { EVIL, harmless, routes } from './hostile.ts';
import { Installation, SILENT_WITHIN_MS } from './servers.world.ts';

const OPERATOR: Person = { name: 'otto', password: 'five copper bells at noon' };
/** Turns the direction of what follows; isolates; and is as long as it may be. */
const TURNED = `\u202eevil\u2066${'w'.repeat(180)}`;
/** Names of servers hold no blanks. */
const SERVER = '</script><script>alert(1)</script><b/id=evil>';

let world: Installation;
let primary: Server;
let client: Application;

test.describe.configure({ timeout: 120_000 });
test.beforeAll(async () => {
  world = await Installation.start({ joined: false });
  primary = world.primary;
  primary.cli(['user', 'add', OPERATOR.name, '--role', 'operator', '--password-stdin'], OPERATOR.password);
  world.join(SERVER);
  client = (await Application.connect(primary, EVIL, { host: TURNED, software: EVIL })).keep();
  await client.take('TTS3', 1);
  await world.logIn([primary], `${SERVER}${TURNED}`.slice(0, 100));
});
test.afterAll(async () => {
  client.hush();
  await world.stop();
});

/** What sticks out of the screen to the right, where the page is wider than it. */
function tooWide(width: number): string[] {
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = Array.from(document.querySelectorAll('body *')).filter((element) => element.getBoundingClientRect().right > width + 1);
  return wide.slice(-4).map((element) => `${element.tagName}.${element.className} ${element.parentElement?.className}`);
}

test('names of servers and clients, and reasons, stay text and break no page', async ({ page }) => {
  await asConfirmed(page, primary, ADMIN);
  await expect(async () => {
    await page.goto(`${primary.url}/servers`);
    await expect(page.getByRole('main')).toContainText('on standby', { timeout: 500 });
  }).toPass({ timeout: SILENT_WITHIN_MS });
  const looks = async (where: string) => {
    await harmless(page, where);
    for (const width of [1280, 390, 320]) {
      await page.setViewportSize({ width, height: 844 });
      expect.soft(await page.evaluate(tooWide, width), `${where} at ${width} px`).toEqual([]);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  };
  await looks('servers');
  const text = await page.evaluate(() => document.body.textContent);
  expect(text.split('<script>alert(1)</script>').length - 1, 'it was really there to be seen').toBeGreaterThan(2);
  await page.getByLabel('Reason').fill(`${EVIL}${TURNED}`);
  await page.getByRole('button', { name: 'Drain to backup' }).click();
  await looks('servers, asked');
  await page.locator('#ask').getByRole('button', { name: 'Drain to backup' }).click();
  await page.goto(`${primary.url}/servers`);
  await expect(page.getByRole('region', { name: 'Draining', exact: true })).toContainText('<img src=x onerror=alert(2)>');
  await looks('servers, draining');
  await page.getByRole('button', { name: 'Take clients back' }).click();
  for (const path of ['/', '/audit', '/clients', '/logs', '/alerts', '/licenses']) {
    await page.goto(primary.url + path);
    await looks(path);
  }
});

test('names of channels stay text, in the lists and in the form of a rule', async ({ page }) => {
  await asPerson(page, primary, ADMIN);
  await page.goto(`${primary.url}/alerts/channels/new?kind=webhook`);
  await page.getByLabel('Name', { exact: true }).fill(EVIL.slice(0, 60));
  await page.getByLabel('Address').fill('http://127.0.0.1:1/');
  await page.getByRole('button', { name: 'Add the channel' }).click();
  for (const path of ['/alerts', '/alerts/rules/new?kind=peer_down', '/alerts/channels/1']) {
    await page.goto(primary.url + path);
    await expect(page.getByRole('main')).toContainText('<script>');
    await harmless(page, path);
  }
  await page.goto(`${primary.url}/alerts/rules/new?kind=${encodeURIComponent(EVIL)}`);
  await harmless(page, 'an unknown kind');
});

test('what changes something is refused to who may not, and from elsewhere', async () => {
  const mine = /^\/(servers\/|alerts\/|licenses\/machine)/;
  const changes = routes('post').filter((route) => mine.test(route)).map((route) => route.replace(/\{\w+\}/g, '1'));
  expect(changes.length).toBeGreaterThan(12);
  const [admin, operator, viewer] = [await primary.signIn(ADMIN), await primary.signIn(OPERATOR), await primary.signIn(VIEWER)];
  const before = await primary.ask('/api/v1/servers', { cookie: admin });
  for (const path of changes) {
    const asked = async (ask: Parameters<Server['ask']>[1]) => (await primary.ask(path, { method: 'POST', form: {}, ...ask })).status;
    expect(await asked({}), `${path}, signed out`).toBe(303);
    expect(await asked({ cookie: viewer }), `${path}, viewer`).toBe(403);
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }] as Record<string, string>[]) {
      expect(await asked({ cookie: admin, headers }), `${path}, ${JSON.stringify(headers)}`).toBe(403);
    }
    if (!/drain|drill|take-back|acknowledge|silence/.test(path)) expect(await asked({ cookie: operator }), `${path}, operator`).toBe(403);
    // As a link it leads to a page, and does nothing: never back to where the form is sent.
    const linked = await primary.ask(path, { cookie: admin });
    expect(linked.status === 303 ? linked.headers.location : '', `${path} as a link`).not.toBe(path);
    expect([200, 303, 404], `${path} as a link`).toContain(linked.status);
  }
  const servers = (text: string) => (JSON.parse(text) as { items: { name: string }[] }).items.map(({ name }) => name);
  expect(servers((await primary.ask('/api/v1/servers', { cookie: admin })).text)).toEqual(servers(before.text));
});

test('a code to join is on the page that made it, and nowhere else', async ({ page }) => {
  await asConfirmed(page, primary, ADMIN);
  await page.goto(`${primary.url}/servers`);
  await page.locator('#join > details > summary').click();
  await page.getByRole('button', { name: 'Make a code' }).click();
  const code = (await page.locator('.invitation .copyable code').first().innerText()).trim();
  expect(code.length).toBeGreaterThan(40);
  const cookie = await primary.signIn(ADMIN);
  for (const path of ['/servers', '/audit', '/logs', '/logs.txt', '/api/v1/servers', '/api/v1/audit', '/settings']) {
    expect((await primary.ask(path, { cookie })).text.includes(code), path).toBe(false);
  }
  expect(primary.logged()).not.toContain(code);
});
