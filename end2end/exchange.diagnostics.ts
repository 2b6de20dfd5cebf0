/** Which nodes answer at which ports, the port to take instead, and the request to hand over. */

import { readFileSync } from 'node:fs';
import { asPerson, disclosure, expect, sending, test, told } from './fixtures.ts';
import type { Way } from './exchange.ts';
import { ONE_A_PAGE } from './hands.ts';
import { ADMIN, NOWHERE } from './harness.ts';
import type { World } from './world.ts';

/** A check asks each node at five ports, some of which do not answer at all. */
const CHECKED_WITHIN_MS = 25_000;

export function diagnostics({ hands }: Way, get: () => World): void {
  test('a check shows how far each connection came; a port that works is taken with one press', ONE_A_PAGE, async ({ page }) => {
    const { server, node } = get();
    const [host, port] = node.address.split(':');
    const main = page.getByRole('main');
    // Nodes without a port of their own, so that the port is a matter of the configuration.
    server.cli(['config', 'set', 'FLEX_NODE_LIST', `${host};no-such-node.invalid`]);
    server.cli(['config', 'set', 'FLEX_NODE_LIST_HTTPS', NOWHERE]);
    await asPerson(page, server, ADMIN);
    await page.goto(`${server.url}/diagnostics`);
    await expect(main).toContainText('In use now: HTTP, port 80.');
    expect(await sending(page, () => hands.press(page.getByRole('button', { name: 'Check all nodes and ports' })))).toBe(303);
    // The page looks again by itself, until all have answered or failed.
    await expect(main).toContainText(`No node can be reached as configured, but HTTP, port ${port} works.`, { timeout: CHECKED_WITHIN_MS });
    const matrix = page.getByRole('table', { name: /each node got over HTTP, by port/ });
    const columns = await matrix.getByRole('columnheader').allInnerTexts();
    // The node's name heads the row, so its cells begin with the second column.
    const cell = (at: string) => matrix.getByRole('row', { name: new RegExp(`^${host} `) }).getByRole('cell').nth(columns.indexOf(`Port ${at}`) - 1);
    await expect(cell(port)).toContainText(/Reached ?HTTP/);
    await expect(cell('80')).toContainText(/Failed ?TCP/);
    await expect(matrix.getByRole('row', { name: /^no-such-node\.invalid/ }).getByRole('cell', { name: /Failed ?DNS/ })).toHaveCount(5);
    const why = matrix.getByText(/DNS server/);
    await expect(why).toBeHidden();
    await hands.press(disclosure(matrix, /: no-such-node\.invalid$/));
    await expect(why).toBeVisible();

    await hands.press(page.getByRole('button', { name: `Use HTTP, port ${port}` }));
    await expect(told(page, new RegExp(`now uses HTTP, port ${port} for the licensing nodes \\(revision \\d+\\)`))).toBeVisible();
    await expect(page.getByRole('region', { name: 'Working ports' })).toContainText('In use');
    expect(server.file()).toContain(`FLEX_REPORTING_PORT = ${port}`);
    await page.goto(`${server.url}/exchange`);
    await hands.press(page.getByRole('button', { name: 'Sync now' }));
    await expect(told(page, /^Synced: /)).toBeVisible();
  });

  test('the firewall request is shown, and handed over as text and as a table', async ({ page }) => {
    const { server, node } = get();
    const [host, port] = node.address.split(':');
    server.cli(['config', 'set', 'FLEX_NODE_LIST', `${host};node.example:4711`]);
    await asPerson(page, server, ADMIN);
    await page.goto(`${server.url}/diagnostics`);
    const request = page.getByRole('region', { name: 'Firewall request' });
    await expect(request.getByRole('table', { name: /outbound, ports .*43038/ })).toContainText(host);
    await expect(request.getByRole('table', { name: /outbound, port 4711/ })).toContainText('node.example');
    const handed = async (name: string) => {
      const downloading = page.waitForEvent('download');
      await hands.press(request.getByRole('link', { name }));
      return readFileSync(await (await downloading).path(), 'utf8');
    };
    const text = await handed('Download as text');
    for (const words of [host, 'node.example', '4711', port]) expect(text).toContain(words);
    await hands.press(disclosure(request, 'The request as text'));
    const asText = await request.getByRole('group', { name: 'The firewall request' }).innerText();
    // The moment of writing differs.
    const lines = (words: string) => words.trimEnd().split('\n').filter((line) => !line.startsWith('Written'));
    expect(lines(asText), 'what is shown is what is handed over').toEqual(lines(text));
    const csv = await handed('Download as CSV');
    expect(csv.split('\r\n')[0]).toContain(',');
    expect(csv).toContain('node.example');
  });
}
