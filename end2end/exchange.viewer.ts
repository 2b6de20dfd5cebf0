/** What a viewer may look at, and may not do. */

import { asPerson, expect, test } from './fixtures.ts';
import { VIEWER } from './harness.ts';
import type { World } from './world.ts';

const EXCHANGING = /needs the role operator or administrator/;
const CONFIGURING = /needs the role administrator/;

export function viewer(get: () => World): void {
  test('a viewer sees the exchange, with the reason beside each button that does nothing', async ({ page }) => {
    const { server, registration } = get();
    const { status_id: report } = JSON.parse(server.cli(['exchange', 'pull', '--json'])) as { status_id: string };
    await asPerson(page, server, VIEWER);
    for (const [path, button, reason] of [
      ['/exchange', 'Sync now', EXCHANGING],
      ['/exchange/hand', 'Create a report', EXCHANGING],
      ['/exchange/hand', 'Check the answer', EXCHANGING],
      ['/exchange/clusters', 'Add the cluster', CONFIGURING],
      ['/diagnostics', 'Check all nodes and ports', EXCHANGING],
    ] as const) {
      await page.goto(server.url + path);
      await expect(page.getByRole('button', { name: button }), path).toBeDisabled();
      await expect(page.getByText(reason).first(), path).toBeVisible();
    }
    await page.goto(`${server.url}/exchange/hand`);
    await expect(page.getByLabel('The answer', { exact: true })).toBeDisabled();

    // The report itself holds no secret, but its command does.
    await page.goto(`${server.url}/exchange/hand?report=${report}`);
    await expect(page.getByRole('note').filter({ hasText: `Report ${report} is not shown.` })).toBeVisible();
    await expect(page.getByRole('group', { name: 'The command' })).toHaveCount(0);
    expect(await page.content()).not.toContain(registration.auth);
    expect((await page.request.get(`${server.url}/exchange/report/${report}/download`)).status()).toBe(403);
    for (const path of ['/exchange/ledger', '/licenses', '/licenses.csv', '/diagnostics/firewall.txt', '/diagnostics/firewall.csv']) {
      expect((await page.request.get(server.url + path)).status(), path).toBe(200);
    }
  });
}
