/** What the console promises about trust, asked of the real server. */

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asPerson, expect, expectPage, test } from './fixtures.ts';
import { ADMIN, Server, VIEWER } from './harness.ts';
import { CLOCK } from './program.ts';

/** Larger than any form may be, but for the answer of a node. */
const TOO_LARGE = 4 * 1024 * 1024;

const FORM = 'application/x-www-form-urlencoded';

let server: Server;
let admin: string;
let viewer: string;
test.beforeAll(async () => {
  server = await Server.claimed();
  admin = await server.signIn(ADMIN);
  viewer = await server.signIn(VIEWER);
});
test.afterAll(() => server.stop());

test('every answer carries its headers, and each page a nonce of its own', async () => {
  const nonces = new Set<string>();
  for (const [path, cookie] of [['/login', ''], ['/login', ''], ['/', admin], ['/configuration/text', admin], ['/nothing', ''], ['/api/v1/status', admin], ['/livez', '']]) {
    const { headers, text } = await server.ask(path, { cookie });
    expect(headers['x-content-type-options'], path).toBe('nosniff');
    expect(headers['cache-control'], path).toBe('no-store');
    expect(headers['referrer-policy'], path).toBe('same-origin');
    expect(headers['x-frame-options'], path).toBe('DENY');
    expect(headers['cross-origin-opener-policy'], path).toBe('same-origin');
    expect(headers['cross-origin-resource-policy'], path).toBe('same-origin');
    expect(headers['x-request-id'], path).toMatch(/^[0-9a-f]{32}$/);
    expect(headers.server, path).toBeUndefined();
    const policy = String(headers['content-security-policy']);
    for (const part of ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]) expect(policy, path).toContain(part);
    expect(policy, path).not.toMatch(/unsafe-inline|'unsafe-eval'|\*/);
    if (!String(headers['content-type']).startsWith('text/html')) continue;
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? '';
    expect(nonce.length, path).toBeGreaterThanOrEqual(20);
    expect(nonces.has(nonce), 'a nonce is used once').toBe(false);
    nonces.add(nonce);
    expect(policy).toContain("'strict-dynamic'");
    for (const [tag] of text.matchAll(/<script\b[^>]*>/g)) expect(tag, path).toContain(`nonce="${nonce}"`);
    expect(text, `${path} has inline styles`).not.toMatch(/<[^>]+\sstyle=|<style/);
    expect(text, `${path} has inline handlers`).not.toMatch(/<[^>]+\son[a-z]+=/);
  }
});

test('what browsers may keep is named by its content', async () => {
  const { text } = await server.ask('/login');
  const files = [...new Set(text.match(/\/pkg\/[\w.-]+\.(css|js|wasm|svg)/g))];
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    const { status, headers } = await server.ask(file, { headers: { 'accept-encoding': 'br' } });
    expect(status, file).toBe(200);
    expect(headers['cache-control'], file).toBe('public, max-age=31536000, immutable');
    expect(headers['content-encoding'], file).toBe('br');
    expect(headers['x-content-type-options'], file).toBe('nosniff');
  }
});

test('the session cookie is closed to script and other sites, and new at each sign-in', async () => {
  const form = { name: ADMIN.name, password: ADMIN.password };
  const first = await server.ask('/login', { form });
  expect(first.cookies[0]).toMatch(/^leasehold-[0-9a-f]{8}=/);
  for (const flag of ['HttpOnly', 'SameSite=Lax', 'Path=/']) expect(first.cookies[0]).toContain(flag);
  const old = first.cookies[0].split(';')[0];
  const second = await server.ask('/login', { form, cookie: old });
  const renewed = second.cookies[0].split(';')[0];
  expect(renewed).not.toBe(old);
  expect((await server.ask('/', { cookie: old })).headers.location).toBe('/login');
  expect((await server.ask('/', { cookie: renewed })).status).toBe(200);
  expect((await server.ask('/logout', { form: {}, cookie: renewed })).status).toBe(303);
  expect((await server.ask('/', { cookie: renewed })).headers.location, 'a session that was ended stays ended').toBe('/login');
});

test('the session of the wizard is not the one of the administrator', async () => {
  const fresh = await Server.start();
  try {
    const token = new URL(fresh.setup).searchParams.get('token')!;
    const shown = (await fresh.ask('/setup', { form: { token } })).cookies[0].split(';')[0];
    const form = { name: ADMIN.name, password: ADMIN.password, password_again: ADMIN.password };
    expect((await fresh.ask('/setup/administrator', { form })).headers.location, 'the token comes first').toBe('/setup');
    const claimed = await fresh.ask('/setup/administrator', { form, cookie: shown });
    expect(claimed.status).toBe(303);
    expect(claimed.cookies[0].split(';')[0]).not.toBe(shown);
    expect((await fresh.ask('/', { cookie: shown })).headers.location).toBe('/login');
    expect((await fresh.ask('/setup', { form: { token } })).headers.location, 'the token is spent').not.toBe('/setup/administrator');
  } finally {
    await fresh.stop();
  }
});

test('forged cookies lead to the sign-in', async () => {
  const [name, value] = admin.split(/=(.*)/s);
  const flipped = (value[0] === 'A' ? 'B' : 'A') + value.slice(1);
  const cut = value.slice(0, -2);
  for (const forged of [flipped, cut, value + 'A', 'x', '', '../../etc/passwd', '%00', encodeURIComponent(value) + '%ff']) {
    const answer = await server.ask('/audit', { cookie: `${name}=${forged}` });
    expect(answer.status, forged).toBe(303);
    expect(answer.headers.location, forged).toBe('/login?next=%2Faudit');
  }
});

test('a session ends after 30 minutes without use, and after 12 hours in any case', async () => {
  test.skip(!CLOCK, 'libfaketime is not installed');
  const clock = join(mkdtempSync(join(tmpdir(), 'leasehold-clock-')), 'clock');
  writeFileSync(clock, '+0');
  const moved = await Server.claimed({ env: { LD_PRELOAD: CLOCK!, FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' } });
  try {
    let cookie = await moved.signIn(ADMIN);
    const status = async (minutes: number) => {
      writeFileSync(clock, `+${minutes * 60}`);
      return (await moved.ask('/', { cookie })).status;
    };
    expect(await status(0)).toBe(200);
    expect(await status(29)).toBe(200);
    expect(await status(29 + 31)).toBe(303);
    cookie = await moved.signIn(ADMIN);
    for (let minutes = 60 + 25; minutes < 60 + 12 * 60; minutes += 25) expect(await status(minutes), `${minutes - 60} min`).toBe(200);
    expect(await status(60 + 12 * 60 + 1)).toBe(303);
  } finally {
    await moved.stop();
  }
});

test('a request from another site is refused', async () => {
  const before = server.file();
  const form = { name: ADMIN.name, password: ADMIN.password };
  for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }] as Record<string, string>[]) {
    for (const path of ['/login', '/logout', '/theme', '/configuration/save', '/configuration/restore', '/account/password']) {
      const answer = await server.ask(path, { form, headers, cookie: admin });
      expect(answer.status, `${path} ${JSON.stringify(headers)}`).toBe(403);
      expect(answer.cookies, path).toEqual([]);
    }
    const api = await server.ask('/api/v1/config', { method: 'PUT', body: '{}', headers: { ...headers, 'content-type': 'application/json' }, cookie: admin });
    expect(api.status).toBe(403);
    expect(api.headers['content-type']).toBe('application/problem+json');
  }
  expect((await server.ask('/theme', { form: { theme: 'dark' }, headers: { origin: server.url } })).status).toBe(303);
  expect(server.file()).toBe(before);
});

test('a name that is not ours is not answered', async () => {
  for (const host of ['evil.example', '127.0.0.1.evil.example:8084']) {
    expect((await server.ask('/login', { headers: { host } })).status, host).toBe(421);
    expect((await server.ask('/api/v1/status', { headers: { host } })).headers['content-type'], host).toBe('application/problem+json');
  }
});

test('bodies: what is no form, too large or broken is refused in plain words', async () => {
  for (const type of ['application/json', 'text/plain', '']) {
    const answer = await server.ask('/configuration', { body: 'base=1', headers: type ? { 'content-type': type } : {}, cookie: admin });
    expect(answer.status, type).toBe(415);
    expect(answer.text).toMatch(/Nothing (was )?changed/);
  }
  // Parts that never come: it broke off on its way.
  for (const path of ['/configuration', '/exchange/hand/response']) {
    const broken = await server.ask(path, { body: 'base=1', headers: { 'content-type': 'multipart/form-data; boundary=x' }, cookie: admin });
    expect([400, 413], path).toContain(broken.status);
    expect(broken.text, path).toMatch(/Nothing (was )?changed/);
  }
  for (const [bytes, status] of [[TOO_LARGE + 1, 422], [4 * TOO_LARGE, 413]]) {
    const body = `--x\r\nContent-Disposition: form-data; name="response"\r\n\r\n${'a'.repeat(bytes)}\r\n--x--\r\n`;
    const answer = await server.ask('/exchange/hand/response', { body, headers: { 'content-type': 'multipart/form-data; boundary=x' }, cookie: admin });
    expect(answer.status, `${bytes} bytes`).toBe(status);
    expect(answer.text).toMatch(/Nothing (was )?changed/);
  }
  const large = await server.ask('/configuration/text', { body: `text=${'a'.repeat(TOO_LARGE)}`, headers: { 'content-type': FORM }, cookie: admin });
  expect(large.status).toBe(413);
  expect(large.text).toMatch(/Nothing (was )?changed/);
  const api = (body: string, headers: Record<string, string> = {}) =>
    server.ask('/api/v1/config', { method: 'PUT', body, headers: { 'content-type': 'application/json', 'if-match': '"1"', ...headers }, cookie: admin });
  expect((await api('{"changes":')).status).toBe(400);
  expect((await api('x'.repeat(TOO_LARGE))).status).toBe(413);
  expect((await api('{"changes":{}}', { 'content-type': 'text/plain' })).status).toBe(415);
  for (const answer of [await api('{"changes":'), await api('[]'), await api('{"change":{}}')]) {
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.headers['content-type']).toBe('application/problem+json');
  }
});

test('the API: nobody gets in, a token does, and a late writer is told', async () => {
  for (const path of ['/api/v1/status', '/api/v1/config', '/api/v1/config/history', '/api/v1/audit', '/api/v1/openapi.json', '/events']) {
    const answer = await server.ask(path);
    expect(answer.status, path).toBe(401);
    expect(answer.headers['content-type'], path).toBe('application/problem+json');
    expect(JSON.parse(answer.text), path).toMatchObject({ status: 401, request_id: answer.headers['x-request-id'] });
  }
  const bearer = (word: string) => ({ authorization: `Bearer ${word}` });
  const made = JSON.parse(server.cli(['token', 'create', '--name', 'writer', '--role', 'administrator', '--json'])) as { token: string };
  expect((await server.ask('/api/v1/status', { headers: bearer(`${made.token.slice(0, -1)}0`) })).status).toBe(401);
  const config = await server.ask('/api/v1/config', { headers: bearer(made.token) });
  expect(config.status).toBe(200);
  const put = (etag: string, minute: number) =>
    server.ask('/api/v1/config', {
      method: 'PUT',
      body: JSON.stringify({ changes: { FLEX_DESIRED_SYNC_MINUTE: minute } }),
      headers: { ...bearer(made.token), 'if-match': etag, 'content-type': 'application/json' },
    });
  const etag = String(config.headers.etag);
  expect((await put(etag, 11)).status).toBe(200);
  const late = await put(etag, 12);
  expect(late.status).toBe(412);
  expect(late.headers['content-type']).toBe('application/problem+json');
  expect(server.file()).toContain('FLEX_DESIRED_SYNC_MINUTE = 11');
  expect((await server.ask('/account', { headers: bearer(made.token) })).status, 'a token is no person').toBe(403);
});

test('addresses: unknown ones, tricks, other methods, the setup afterwards', async () => {
  const signedOut = await server.ask('/nothing/here');
  expect(signedOut.status).toBe(404);
  expect(signedOut.text).toContain('Page not found');
  for (const path of ['/setup', '/setup/administrator', '/setup/guid', '/setup/connection', '/setup/review', '/setup/done']) {
    expect.soft((await server.ask(path)).status, `${path}, signed out`).toBe(404);
    expect.soft((await server.ask(path, { cookie: admin })).status, path).toBe(404);
  }
  expect((await server.ask('/setup', { form: { token: 'x' } })).status).toBe(404);
  for (const path of ['/pkg/../license_server.conf', '/pkg/..%2flicense_server.conf', '/pkg/%2e%2e/%2e%2e/etc/passwd', '/configuration/history/..%2f..', '/configuration/history/999999999999999999999', '/configuration/history/-1', '//etc/passwd']) {
    const answer = await server.ask(path, { cookie: admin });
    expect(answer.status, path).toBe(404);
    expect(answer.text, path).not.toMatch(/root:|LICENSE_SERVER_GUID =/);
  }
  expect((await server.ask('/login', { method: 'DELETE' })).status).toBe(405);
  const api = await server.ask('/api/v1/nothing', { cookie: admin });
  expect(api.status).toBe(404);
  expect(api.headers['content-type']).toBe('application/problem+json');
});

test('the way back after signing in never leaves the console', async () => {
  const form = { name: ADMIN.name, password: ADMIN.password };
  for (const next of ['//evil.example', '/\\evil.example', 'https://evil.example', '/%0d%0aLocation:x', 'javascript:alert(1)', '/\t/evil.example', '///evil.example']) {
    const answer = await server.ask('/login', { form: { ...form, next } });
    expect(answer.status, next).toBe(303);
    const location = new URL(String(answer.headers.location), server.url);
    expect(location.origin, next).toBe(server.url);
    expect(new URL(String((await server.ask('/theme', { form: { theme: 'dark', next } })).headers.location), server.url).origin, next).toBe(server.url);
  }
  expect((await server.ask('/login', { form: { ...form, next: '/audit?who=ada' } })).headers.location).toBe('/audit?who=ada');
});

test('a viewer sees what may not be done, with the reason, and cannot do it', async ({ page }) => {
  await asPerson(page, server, VIEWER);
  const reason = 'Changing the configuration needs the role administrator.';
  for (const path of ['/configuration', '/configuration/text']) {
    await page.goto(server.url + path);
    await expect(page.getByRole('button', { name: 'Review changes' })).toBeDisabled();
    await expect(page.getByText(reason)).toBeVisible();
  }
  await expect(page.getByLabel('The text of the file', { exact: true })).toBeDisabled();
  await page.goto(`${server.url}/configuration/history/1`);
  await expect(page.getByRole('button', { name: /^Restore/ })).toBeDisabled();
  await expect(page.getByText('Restoring an earlier configuration needs the role administrator.')).toBeVisible();
  expect((await page.goto(`${server.url}/audit`))?.status()).toBe(403);
  await expectPage(page, 'Not allowed');
  await expect(page.getByRole('main')).toContainText('Reading the audit log needs the role operator or administrator.');

  const before = server.file();
  for (const path of ['/configuration', '/configuration/text', '/configuration/save', '/configuration/restore', '/configuration/outside']) {
    expect((await server.ask(path, { form: { revision: '1', FLEX_DESIRED_SYNC_HOUR: '9', text: '' }, cookie: viewer })).status, path).toBe(403);
  }
  for (const [method, path] of [['PUT', '/api/v1/config'], ['POST', '/api/v1/config/restore']]) {
    expect((await server.ask(path, { method, body: '{}', headers: { 'content-type': 'application/json' }, cookie: viewer })).status, path).toBe(403);
  }
  expect((await server.ask('/api/v1/audit', { cookie: viewer })).status).toBe(403);
  expect(server.file()).toBe(before);
});

test('markup in what people and files say stays text', async ({ page }) => {
  const evil = `"'><script>alert(1)</script><img src=x onerror=alert(2)></textarea></title><b id=evil>`;
  const attacked = await Server.claimed();
  try {
    await attacked.ask('/login', { form: { name: evil, password: 'no' }, headers: { 'user-agent': evil } });
    const cookie = await attacked.signIn(ADMIN, { 'user-agent': evil });
    expect(await attacked.save(cookie, { FLEX_DESIRED_SYNC_HOUR: '2' }, evil)).toBe(303);
    attacked.cli(['token', 'create', '--name', 'harmless']);
    writeFileSync(attacked.conf, attacked.file().replace(/FLEX_NODE_LIST = .*/, `FLEX_NODE_LIST = ${evil}`).replace(/LOGGING_VERBOSITY = .*/, `LOGGING_VERBOSITY = ${evil}`) + `; ${evil}\n${evil} = ${evil}\n`);
    await expect.poll(async () => (await attacked.ask('/', { cookie })).text).toContain('was changed outside Leasehold');
    await asPerson(page, attacked, ADMIN);
    page.on('dialog', (dialog) => {
      // The browser's own question, when a form that was filled in is left.
      if (dialog.type() === 'beforeunload') return void dialog.accept();
      throw new Error(`script ran: ${dialog.message()}`);
    });
    const query = encodeURIComponent(evil);
    const shown = ['/', '/configuration', `/configuration?q=${query}`, '/configuration/text', '/configuration/history', '/configuration/history/3', '/configuration/history/4', '/configuration/outside', '/audit', `/audit?who=${query}&what=${query}`, '/account', '/settings', `/nothing/${query}`, `/login?next=${query}`];
    for (const path of shown) {
      await page.goto(attacked.url + path);
      expect(await page.evaluate(() => [document.querySelectorAll('#evil, img, b script').length, document.title.includes('<')]), path).toEqual([0, false]);
    }
    // It was really there to be seen.
    for (const path of ['/configuration/history', '/configuration/outside', '/account']) {
      await page.goto(attacked.url + path);
      await expect(page.getByRole('main'), path).toContainText('<script>alert(1)</script>');
    }
    // Typed into a refused form, it comes back as text.
    await page.goto(`${attacked.url}/configuration`);
    await page.getByLabel('Sync hour', { exact: true }).fill(evil);
    await page.getByRole('button', { name: 'Review changes' }).click();
    await expect(page.getByLabel('Sync hour', { exact: true })).toHaveValue(evil);
    await expect(page.getByRole('alert').first()).toBeVisible();
    expect(await page.evaluate(() => document.querySelectorAll('#evil, img').length)).toBe(0);
  } finally {
    await attacked.stop();
  }
});
