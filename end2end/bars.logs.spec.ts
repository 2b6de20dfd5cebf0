/** The bars, on the pages of the log: with nothing, with lines of every kind, and when something is wrong. */

import { asPerson, expect, test } from './fixtures.ts';
import { ADMIN, Server, VIEWER } from './harness.ts';
import { withLog, written } from './logs.ts';
import { keepDocuments, visit } from './measure.ts';

test.describe.configure({ mode: 'parallel', timeout: 180_000 });
test.beforeEach(({ page }) => keepDocuments(page));

test('the log of a server that has logged nothing', async ({ page }) => {
  const server = await Server.claimed({ registered: false });
  try {
    await asPerson(page, server, ADMIN);
    await visit(page, server, 'empty', { logs: '/logs', 'logs-filtered': '/logs?q=nothing+like+this', 'logs-place': '/logs?at=1.2.3' });
    await page.context().clearCookies();
    await asPerson(page, server, VIEWER);
    await visit(page, server, 'readonly', { logs: '/logs' });
  } finally {
    await server.stop();
  }
});

test('the log of a server that has run for days', async ({ page }) => {
  const long = `2026-11-22 00:00:00 INFO  SERVER   ${'a-word-that-never-ends'.repeat(60)}\nno form at all, said by another program\n`;
  const server = await withLog(written(150) + long);
  try {
    await asPerson(page, server, ADMIN);
    await visit(page, server, 'loaded', { logs: '/logs', 'logs-filtered': '/logs?level=warn&q=node' });
    await page.goto(`${server.url}/logs?q=number%3D75`);
    const href = await page.getByRole('region', { name: 'Lines' }).getByRole('listitem').first().getByRole('link').getAttribute('href');
    await visit(page, server, 'loaded', { 'logs-place': href!.replace('#line', '') });
    await visit(page, server, 'error', { logs: '/logs?from=yesterday&level=loud' });
  } finally {
    await server.stop();
  }
});

test('the log when it is off', async ({ page }) => {
  const server = await Server.claimed({ registered: false, env: { LEASEHOLD_LICENSE_LOG: 'off' } });
  try {
    await asPerson(page, server, ADMIN);
    await visit(page, server, 'error', { 'logs-off': '/logs' });
    await expect(page.getByRole('main')).toContainText('license_log = off');
  } finally {
    await server.stop();
  }
});
