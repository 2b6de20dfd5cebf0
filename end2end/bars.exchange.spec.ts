/** The bars, on the pages of licenses, exchange and diagnostics, in every state a server can be in. */

import { asPerson, disclosure, expect, expectPage, expectRefused, sending, signIn, test, told, type Page } from './fixtures.ts';
import { carried } from './exchange.hand.ts';
import { ADMIN, NOWHERE, Server, VIEWER } from './harness.ts';
import { keepDocuments, measure, picture, visit } from './measure.ts';
import { CLOCK, clockAt } from './program.ts';
import { vendorAddress, World } from './world.ts';

test.describe.configure({ mode: 'parallel', timeout: 180_000 });
test.beforeEach(({ page }) => keepDocuments(page));

const PAGES = { overview: '/', licenses: '/licenses', exchange: '/exchange', hand: '/exchange/hand' };

/** Makes a report and gives its id. */
function pulled(server: Server): { status_id: string; curl: string } {
  return JSON.parse(server.cli(['exchange', 'pull', '--json'])) as { status_id: string; curl: string };
}

/** Checks all nodes and waits until the page shows the result. */
async function checked(page: Page, server: Server): Promise<void> {
  await page.goto(`${server.url}/diagnostics`);
  await page.getByRole('button', { name: 'Check all nodes and ports' }).click();
  await expect(page.getByRole('main').getByText(/^Checked /)).toBeVisible({ timeout: 20_000 });
  for (const summary of await disclosure(page, /^Why .* failed/).all()) if (await summary.isVisible()) await summary.click();
}

/** Fills the form for another cluster. */
async function addCluster(page: Page, server: Server, fields: Record<string, string>): Promise<number> {
  await page.goto(`${server.url}/exchange/clusters`);
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value);
  await page.getByRole('checkbox', { name: 'Use TLS' }).uncheck();
  return sending(page, () => page.getByRole('button', { name: 'Add the cluster' }).click());
}

test('not registered', async ({ page }) => {
  const server = await Server.claimed({ registered: false });
  try {
    await asPerson(page, server, ADMIN);
    await visit(page, server, 'unregistered', { ...PAGES, ledger: '/exchange/ledger', clusters: '/exchange/clusters', diagnostics: '/diagnostics' });
  } finally {
    await server.stop();
  }
});

test('registered, and nothing exchanged yet', async ({ page }) => {
  const world = await World.start({ synced: false });
  try {
    await asPerson(page, world.server, ADMIN);
    await page.goto(`${world.server.url}/exchange`);
    await expect(page.getByRole('region', { name: 'Last attempt' })).toContainText('Failed');
    await visit(page, world.server, 'never', PAGES);
  } finally {
    await world.stop();
  }
});

test('a node that refuses, and a correction that no node can check', async ({ page }) => {
  const world = await World.start();
  const { server, registration } = world;
  try {
    server.cli(['register', '--guid', registration.guid, '--auth', 'MISTYPED', '--no-sync']);
    await asPerson(page, server, ADMIN);
    await page.goto(`${server.url}/exchange`);
    await page.getByRole('button', { name: 'Sync now' }).click();
    await expect(page.getByRole('main')).toContainText('A licensing node refused the last sync.');
    await measure(page, 'exchange-refused', 'loaded');
    const [auth, save] = [page.getByLabel('New auth string', { exact: true }), page.getByRole('button', { name: 'Check and save' })];
    await auth.fill('MISTYPED-AGAIN');
    await page.getByLabel('Your password', { exact: true }).fill(ADMIN.password);
    expect(await sending(page, () => save.click())).toBe(422);
    await expectRefused(page, auth, '', /^The node .* refused: The auth string doesn't belong to this GUID/);
    await measure(page, 'exchange-correction', 'error');
    await world.node.stop();
    await auth.fill(registration.auth);
    expect(await sending(page, () => save.click())).toBe(200);
    await expect(page.getByRole('button', { name: 'Keep without the check' })).toBeVisible();
    await measure(page, 'exchange-correction', 'loaded');
    await world.node.serve();
    await save.click();
    await expect(told(page, /^Registration corrected\. Synced[.:]/)).toBeVisible();
  } finally {
    await world.stop();
  }
});

test('synced with the vendor: licenses, network, ledger, diagnostics', async ({ page }) => {
  const world = await World.start({ node: vendorAddress() });
  const { server } = world;
  try {
    const { status_id: answered, curl } = pulled(server);
    const license = world.addLicense('SESSION_USAGE', 12);
    server.cli(['exchange', 'push', '-'], carried(curl));
    for (let report = 0; report < 3; report += 1) pulled(server);
    world.node.cli(['license', 'remove', license]);
    server.cli(['sync']);
    await asPerson(page, server, ADMIN);
    await visit(page, server, 'loaded', {
      overview: '/',
      licenses: '/licenses',
      exchange: '/exchange',
      ledger: '/exchange/ledger',
      receipt: `/exchange/receipt/${answered}`,
    });
    await visit(page, server, 'empty', { licenses: '/licenses?q=nothing+like+this', ledger: '/exchange/ledger?state=lost', clusters: '/exchange/clusters', diagnostics: '/diagnostics' });
    server.cli(['config', 'set', 'FLEX_NODE_LIST', `${world.node.address.split(':')[0]};no-such-node.invalid`]);
    server.cli(['config', 'set', 'FLEX_NODE_LIST_HTTPS', NOWHERE]);
    await checked(page, server);
    await measure(page, 'diagnostics', 'loaded');
    await page.emulateMedia({ media: 'print' });
    await page.goto(`${server.url}/exchange/receipt/${answered}`);
    await expect(page.getByRole('navigation', { name: 'Pages' }), 'paper has no menu').toBeHidden();
    await page.screenshot({ path: picture('receipt-print'), fullPage: true });
  } finally {
    await world.stop();
  }
});

test('synced with the vendor: by hand, and other clusters', async ({ page }) => {
  const world = await World.start({ reporting: '127.0.0.1:0' });
  const { server, node, registration } = world;
  try {
    await asPerson(page, server, ADMIN);
    const answer = page.getByLabel('The answer', { exact: true });
    const { status_id: report, curl } = pulled(server);
    await page.goto(`${server.url}/exchange/hand?report=${report}`);
    await disclosure(page, 'As a QR code').click();
    await measure(page, 'hand', 'loaded');
    await answer.fill('<html>Sign in to the guest network</html>');
    expect(await sending(page, () => page.getByRole('button', { name: 'Check the answer' }).click())).toBe(422);
    await measure(page, 'hand', 'refused');
    world.addLicense('SESSION_USAGE', 12);
    await answer.fill(carried(curl));
    expect(await sending(page, () => page.getByRole('button', { name: 'Check the answer' }).click())).toBe(200);
    await measure(page, 'hand-checked', 'loaded');

    const fields = {
      Name: 'Speech platform of the customer service centre, eastern region',
      'Address of its reporting API': 'https://nowhere',
      'Deployment id': registration.deployment,
      'Operator id': registration.operator,
      'Auth string': registration.auth,
      'Where its reports are sent': `http://${node.address}/`,
    };
    expect(await addCluster(page, server, fields)).toBe(422);
    await measure(page, 'clusters', 'refused');
    expect(await addCluster(page, server, { ...fields, Name: 'Gone', 'Address of its reporting API': NOWHERE })).toBe(303);
    expect(await sending(page, () => page.getByRole('button', { name: 'Fetch the report' }).click())).toBe(502);
    await measure(page, 'cluster', 'error');
    // Any server with a reporting API is a cluster; this one asks itself.
    expect(await addCluster(page, server, { ...fields, 'Address of its reporting API': server.reporting })).toBe(303);
    await measure(page, 'cluster', 'empty');
    await page.getByRole('button', { name: 'Fetch the report' }).click();
    await expect(page.getByRole('region', { name: 'Report contents' })).toBeVisible();
    await disclosure(page, /^Remove /).click();
    await measure(page, 'cluster', 'loaded');
    await visit(page, server, 'loaded', { clusters: '/exchange/clusters' });
  } finally {
    await world.stop();
  }
});

test('while no node answers, and once the contact lapsed', async ({ page }) => {
  test.skip(!CLOCK, 'libfaketime is not installed');
  const world = await World.start();
  try {
    await world.node.stop();
    for (const [offset, state, label] of [
      ['+35d', 'away', 'Reminder'],
      ['+61d', 'lapsed', 'Lapsed'],
    ] as const) {
      world.server = await world.server.again({ env: clockAt(offset) });
      await asPerson(page, world.server, ADMIN);
      await page.goto(`${world.server.url}/exchange`);
      await expect(page.getByRole('banner').getByRole('link', { name: /^Attention/ })).toContainText(label);
      await expect(page.getByRole('region', { name: 'Last attempt' })).toContainText('Failed');
      await visit(page, world.server, state, PAGES);
    }
    world.server.cli(['config', 'set', 'FLEX_NODE_LIST_HTTPS', NOWHERE]);
    await checked(page, world.server);
    await measure(page, 'diagnostics', 'away');
  } finally {
    await world.stop();
  }
});

test('what a viewer sees of the exchange', async ({ page }) => {
  const world = await World.start();
  const { server } = world;
  try {
    const { status_id: report } = pulled(server);
    await asPerson(page, server, ADMIN);
    expect(
      await addCluster(page, server, {
        Name: 'East',
        'Address of its reporting API': NOWHERE,
        'Deployment id': world.registration.deployment,
        'Operator id': world.registration.operator,
        'Where its reports are sent': 'https://licensing.example/',
      }),
    ).toBe(303);
    // A page that is left open would go on asking for news.
    await page.goto('about:blank');
    await page.context().clearCookies();
    await signIn(page, server, VIEWER);
    await visit(page, server, 'readonly', {
      licenses: '/licenses',
      exchange: '/exchange',
      hand: `/exchange/hand?report=${report}`,
      clusters: '/exchange/clusters',
      cluster: '/exchange/clusters/1',
      diagnostics: '/diagnostics',
    });
    await page.goto(`${server.url}/exchange/receipt/${report}`);
    await expectPage(page, 'Page not found');
  } finally {
    await world.stop();
  }
});
