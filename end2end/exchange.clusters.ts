/** Another cluster, over its reporting API: asked, its report carried, the answer handed over. */

import { asPerson, disclosure, expect, expectPage, expectRefused, sending, test, told, type Page } from './fixtures.ts';
import type { Way } from './exchange.ts';
import { carried } from './exchange.hand.ts';
import { ONE_A_PAGE, type Hands } from './hands.ts';
import { ADMIN, NOWHERE, Server } from './harness.ts';
import type { Registration, World } from './world.ts';

const NAME = 'Speech “East” & West';

async function add(page: Page, hands: Hands, name: string, address: string, node: string, registration: Registration): Promise<number> {
  for (const [label, value] of [
    ['Name', name],
    ['Address of its reporting API', address],
    ['Deployment id', registration.deployment],
    ['Operator id', registration.operator],
    ['Auth string', registration.auth],
    ['Where its reports are sent', `http://${node}/`],
  ]) {
    await hands.fill(page.getByLabel(label, { exact: true }), value);
  }
  await hands.tick(page.getByRole('checkbox', { name: 'Use TLS' }), false);
  return sending(page, () => hands.press(page.getByRole('button', { name: 'Add the cluster' })));
}

export function clusters({ hands }: Way, get: () => World): void {
  let other: Server;
  let registration: Registration;
  test.beforeAll(async () => {
    const { node } = get();
    registration = node.addServer();
    node.addLicense(registration.guid, 'TTS3', 3);
    other = await Server.start({ reporting: '127.0.0.1:0' });
    other.cli(['register', '--file', registration.file]);
  });
  test.afterAll(() => other.stop());

  test('a cluster is added, asked, its report carried, the answer handed over; then it is removed', ONE_A_PAGE, async ({ page }) => {
    const { server, node } = get();
    const main = page.getByRole('main');
    await asPerson(page, server, ADMIN);
    await page.goto(`${server.url}/exchange/clusters`);
    await expect(page.getByText('No other clusters')).toBeVisible();
    const address = page.getByLabel('Address of its reporting API', { exact: true });
    expect(await add(page, hands, NAME, 'https://somewhere/', node.address, registration)).toBe(422);
    await expectRefused(page, address, 'https://somewhere/', /Enter a host and a port/);
    await expect(page.getByLabel('Name', { exact: true }), 'what is typed is kept').toHaveValue(NAME);
    await expect(page.getByRole('checkbox', { name: 'Use TLS' })).not.toBeChecked();
    expect(await page.content(), 'the auth string is not shown again').not.toContain(registration.auth);
    expect(await add(page, hands, NAME, other.reporting, node.address, registration)).toBe(303);
    await expectPage(page, NAME);
    await expect(told(page, `The cluster ${NAME} was added.`)).toBeVisible();
    expect(await page.content()).not.toContain(registration.auth);

    await hands.press(page.getByRole('button', { name: 'Fetch usage' }));
    await expect(page.getByRole('region', { name: 'Usage' })).toContainText(/No usage|Count/);
    await hands.press(page.getByRole('button', { name: 'Fetch the report' }));
    const command = page.getByRole('region', { name: '2. Carry' }).getByRole('group', { name: 'The command' });
    await expect(command).toContainText(`x-auth-string: ${registration.auth}`);
    await expect(page.getByRole('table', { name: 'The fields of the report' })).toContainText(registration.deployment);
    const answer = carried(await command.innerText());

    const field = page.getByLabel('The answer', { exact: true });
    const over = page.getByRole('button', { name: 'Deliver the answer' });
    await hands.fill(field, '<html>no</html>');
    expect(await sending(page, () => hands.press(over))).toBe(422);
    await expectRefused(page, field, '<html>no</html>', /not a licensing node's answer.* Nothing was sent\./);
    await hands.fill(field, answer);
    expect(await sending(page, () => hands.press(over))).toBe(200);
    await expect(told(page, 'The cluster accepted the answer.')).toBeVisible();
    await hands.fill(field, answer);
    expect(await sending(page, () => hands.press(over)), 'the cluster refuses what it has').toBe(502);
    await expect(main).toContainText('has already been used; each works once');

    await hands.press(disclosure(page, `Remove ${NAME}`));
    await expect(main).toContainText('The cluster keeps running and keeps its licenses.');
    await hands.press(page.getByRole('button', { name: `Remove ${NAME}` }));
    await expect(told(page, 'The cluster was removed.')).toBeVisible();
    await expect(page.getByText('No other clusters')).toBeVisible();
  });

  test('a cluster that cannot be reached says where the connection ended', async ({ page }) => {
    const { server, node } = get();
    await asPerson(page, server, ADMIN);
    await page.goto(`${server.url}/exchange/clusters`);
    expect(await add(page, hands, 'Gone', NOWHERE, node.address, registration)).toBe(303);
    for (const button of ['Fetch usage', 'Fetch the report']) {
      expect(await sending(page, () => hands.press(page.getByRole('button', { name: button })))).toBe(502);
      await expect(page.getByRole('main').getByText(/Can't reach the reporting API at 127\.0\.0\.1:1: connecting \(TCP\)/)).toBeVisible();
    }
  });
}
