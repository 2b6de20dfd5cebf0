/** The bars, on the licenses of a machine: without one, refused, in force until a date, with hours; what a viewer sees. */

import { asConfirmed, asPerson, disclosure, expect, sending, test } from './fixtures.ts';
import { ADMIN, VIEWER } from './harness.ts';
import { keepDocuments, measure } from './measure.ts';
import { issue } from './servers.world.ts';
import { World } from './world.ts';

test.describe.configure({ mode: 'parallel', timeout: 180_000 });
test.beforeEach(({ page }) => keepDocuments(page));

test('the license of a machine', async ({ page }) => {
  const world = await World.start();
  const { server, node } = world;
  const url = `${server.url}/licenses`;
  try {
    await asConfirmed(page, server, ADMIN);
    await page.goto(url);
    await measure(page, 'licenses-machine', 'empty');
    await disclosure(page, 'Get a machine license').click();
    await page.getByLabel('The license', { exact: true }).fill('KEYSEC\nK_FINGER=00\n');
    expect(await sending(page, () => page.getByRole('button', { name: 'Install the license' }).click())).toBe(422);
    await measure(page, 'licenses-machine', 'refused');
    server.cli(['license', 'install', issue(node, server, { expires: '2099-12-31' })]);
    await page.goto(url);
    for (const words of ['Changes that void it, and changes it tolerates', 'Passphrases', 'Install another license']) await disclosure(page, words).click();
    await measure(page, 'licenses-machine', 'loaded');
    server.cli(['license', 'install', issue(node, server, { hours: 100 })]);
    await page.context().clearCookies();
    await asPerson(page, server, VIEWER);
    await page.goto(url);
    await expect(disclosure(page, 'Passphrases')).toHaveCount(0);
    await measure(page, 'licenses-machine', 'readonly');
  } finally {
    await world.stop();
  }
});
