/** What the license port and its pages promise about trust: words of applications stay words, and their secret stays theirs. */

import { Application } from './application.ts';
import { asPerson, expect, test } from './fixtures.ts';
import { ADMIN, VIEWER, type Person, type Server } from './harness.ts';
import { EVIL, harmless, routes } from './hostile.ts';
import { World } from './world.ts';

const OPERATOR: Person = { name: 'otto', password: 'five copper bells at noon' };
const FORMULA = '=2+2';
const MINUTE = 60_000;

let world: World;
let server: Server;
/** Everything it can name is hostile. */
let evil: Application;
let formula: Application;
/** The page of the hostile client. */
let path: string;

test.beforeAll(async () => {
  world = await World.start();
  server = world.server;
  server.cli(['user', 'add', OPERATOR.name, '--role', 'operator', '--password-stdin'], OPERATOR.password);
  evil = (await Application.connect(server, EVIL, { host: EVIL, software: EVIL })).keep();
  formula = (await Application.connect(server, FORMULA, { host: FORMULA, software: FORMULA })).keep();
  const now = Date.now();
  for (const [application, word] of [
    [evil, EVIL],
    [formula, FORMULA],
  ] as const) {
    await application.take('TTS3', 1, 3);
    const status = await application.record([
      { product: 'TTS3', user: word, host: word, from: now - 5 * MINUTE, to: now - 4 * MINUTE, outcome: 'returned' },
      { product: 'TTS3', user: word, host: word, from: now - 3 * MINUTE, outcome: 'denied' },
    ]);
    expect(status).toBe(200);
  }
  const { items } = JSON.parse((await server.ask('/api/v1/clients', { cookie: await server.signIn(ADMIN) })).text) as { items: { id: number; client: string }[] };
  path = `/clients/${items.find((item) => item.client === evil.client)!.id}`;
});
test.afterAll(async () => {
  for (const application of [evil, formula]) application.hush();
  await world.stop();
});

test('what applications say about themselves and their users stays text', async ({ page }) => {
  await asPerson(page, server, ADMIN);
  const usage = '/usage?product=TTS3';
  for (const [where, there] of [
    ['/clients', 3],
    [path, 3],
    [usage, 1],
    [`${usage}&tab=clients`, 2],
    [`${usage}&tab=users`, 2],
    [`${usage}&tab=refused`, 4],
    [`/usage?client=${encodeURIComponent(EVIL)}`, 2],
  ] as const) {
    await page.goto(server.url + where);
    await harmless(page, where);
    // It was really there to be seen.
    const seen = (await page.evaluate(() => document.body.textContent)).split('<script>alert(1)</script>').length - 1;
    expect(seen, where).toBeGreaterThanOrEqual(there);
  }
  await page.goto(server.url + path);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(EVIL);
  for (const where of ['/', '/licenses', '/audit']) {
    await page.goto(server.url + where);
    await harmless(page, where);
  }
});

test('what is typed into the address of these pages stays text', async ({ page }) => {
  await asPerson(page, server, ADMIN);
  const hostile = encodeURIComponent(EVIL);
  for (const name of ['product', 'client', 'context', 'range', 'zone', 'step', 'tab', 'before', 'range=custom&to=2026-01-31&from', 'range=custom&from=2026-01-31&to']) {
    await page.goto(`${server.url}/usage?${name}=${hostile}`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Usage');
    await harmless(page, `usage ${name}`);
  }
  await page.goto(`${server.url}/clients?${['q', 'product', 'state', 'sort', 'dir', 'every'].map((name) => `${name}=${hostile}`).join('&')}`);
  await expect(page.getByRole('searchbox', { name: 'Name, host or address' })).toHaveValue(EVIL);
  await harmless(page, 'clients');
  const cookie = await server.signIn(ADMIN);
  for (const file of ['usage.csv', 'usage.json']) {
    const { status, headers } = await server.ask(`/${file}?product=${encodeURIComponent('../../"\r\nx: y')}`, { cookie });
    expect(status, file).toBe(200);
    expect(headers['content-disposition'], file).toMatch(/^attachment; filename="leasehold-usage[\w.-]*"$/);
    expect(headers.x, file).toBeUndefined();
  }
});

test('the port refuses what no application may say', async () => {
  for (const [call, body] of [
    ['refresh', { epoch: 1, sequence: 1_000_000, products: { [EVIL]: { held: 1, want: 1, version: 0, usage_count: 0, usage_ms: 0, denied: 0 } } }],
    ['hello', { name: 'line\nbreak' }],
    ['hello', { name: 'x', client: EVIL }],
    ['hello', { name: 'x', run: EVIL }],
    ['hello', { name: 'x'.repeat(129) }],
    ['records', { epoch: 1, first: 1, now: Date.now(), records: [{ product: EVIL, from: Date.now(), outcome: 'denied' }] }],
  ] as const) {
    const { status, body: said } = await evil.post<{ type: string }>(call, body);
    expect([status, said.type], `${call} ${JSON.stringify(body).slice(0, 60)}`).toEqual([422, 'malformed']);
  }
  const cookie = await server.signIn(ADMIN);
  const kept = (await server.ask('/usage.csv', { cookie })).text.trimEnd().split('\r\n').slice(1);
  expect(kept.map((line) => line.split(',')[0]), 'nothing of it was kept').toEqual(['TTS3']);
});

test('a table program takes no cell of the files for a formula', async () => {
  const cookie = await server.signIn(ADMIN);
  for (const file of ['/clients.csv', '/usage.csv?product=TTS3&tab=clients', '/usage.csv?product=TTS3&tab=users', '/usage.csv?product=TTS3&tab=refused']) {
    const { text } = await server.ask(file, { cookie });
    expect(text, file).toContain(`'${FORMULA}`);
    expect(text, file).not.toMatch(/(^|,)"?[=+@-]/m);
  }
});

test('only those who may release a client can, and only from the console itself', async () => {
  const release = `${path}/release`;
  const refused = async (why: string, expected: number, ask: Parameters<Server['ask']>[1]) => {
    expect((await server.ask(release, { method: 'POST', form: {}, ...ask })).status, why).toBe(expected);
    expect((await evil.refresh()).TTS3.limit, why).toBe(3);
  };
  const [admin, operator, viewer] = [await server.signIn(ADMIN), await server.signIn(OPERATOR), await server.signIn(VIEWER)];
  const sites: Record<string, string>[] = [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }];
  for (const headers of sites) await refused(JSON.stringify(headers), 403, { headers, cookie: admin });
  await refused('viewer', 403, { cookie: viewer });
  await refused('signed out', 303, {});
  const linked = await server.ask(release, { cookie: admin });
  expect([linked.status, linked.headers.location], 'a link leads to the page, and releases nothing').toEqual([303, path]);
  expect((await evil.refresh()).TTS3.limit).toBe(3);
  for (const other of ['999', '0', '-1', 'x', '1%2F..', '99999999999999999999']) {
    const answer = await server.ask(`/clients/${other}/release`, { method: 'POST', form: {}, cookie: admin });
    expect(answer.status, other).toBeLessThan(500);
    expect((await evil.refresh()).TTS3.limit, other).toBe(3);
  }
  const done = await server.ask(release, { method: 'POST', form: {}, cookie: operator });
  expect([done.status, done.headers.location]).toEqual([303, path]);
  expect((await evil.refresh()).TTS3).toMatchObject({ limit: 1, why: 'released' });
});

test('the secret of a client is on no page, in no file, not in the API, the log or the audit', async () => {
  const id = path.split('/').pop()!;
  // The stream of news does not end.
  const pages = routes('get').filter((route) => route !== '/events').map((route) => route.replace(/\{\w+\}/g, id));
  for (const known of [path, '/clients', '/clients.csv', '/usage', '/usage.json', '/api/v1/clients', '/api/v1/usage', '/audit']) expect(pages).toContain(known);
  const views = ['clients', 'users', 'refused'].flatMap((tab) => ['/usage', '/usage.csv', '/usage.json'].map((page) => `${page}?product=TTS3&tab=${tab}`));
  let seen = 0;
  for (const person of [ADMIN, OPERATOR, VIEWER]) {
    const cookie = await server.signIn(person);
    for (const where of [...pages, ...views]) {
      const { text, headers } = await server.ask(where, { cookie });
      for (const { run } of [evil, formula]) expect(text.includes(run) || JSON.stringify(headers).includes(run), `${where} for ${person.name}`).toBe(false);
      seen += Number(text.includes(evil.client));
    }
  }
  expect(seen, 'the id of the client, which is no secret, was looked through').toBeGreaterThan(3);
  for (const { run } of [evil, formula]) expect(server.logged()).not.toContain(run);
  // Who has the id alone cannot speak for the client: another run takes its place only by saying hello, and that is seen.
  const { status } = await evil.post('refresh', { run: 'a-guess', epoch: 1, sequence: 1_000, products: {} });
  expect([404, 409]).toContain(status);
});
