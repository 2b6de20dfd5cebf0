/** The exchange by hand: a report goes out as a command or a file, its one answer comes back. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asPerson, disclosure, expect, expectPage, expectRefused, sending, test, told, type Page } from './fixtures.ts';
import type { Way } from './exchange.ts';
import { ONE_A_PAGE, type Hands } from './hands.ts';
import { ADMIN } from './harness.ts';
import type { World } from './world.ts';

/** What a portal of the network answers in place of the node. */
const LOGIN_PAGE = '<!DOCTYPE html>\n<html><head><title>Guest network</title></head><body><form>Sign in</form></body></html>\n';

/** Runs a command as it is shown, and gives what it prints. */
export function carried(command: string): string {
  const done = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
  expect(done.status, done.stderr).toBe(0);
  return done.stdout;
}

/** Makes a report and gives its id and the command that carries it. */
async function reported(page: Page, world: World, hands: Hands): Promise<{ id: string; command: string }> {
  await page.goto(`${world.server.url}/exchange/hand`);
  await hands.press(page.getByRole('button', { name: 'Create a report' }));
  await expect(page).toHaveURL(/report=/);
  const id = new URL(page.url()).searchParams.get('report')!;
  const lane = page.getByRole('region', { name: '2. Carry' });
  return { id, command: await lane.getByRole('group', { name: 'The command' }).innerText() };
}

/** A file that holds this. */
function file(name: string, content: string | Buffer): string {
  const path = join(mkdtempSync(join(tmpdir(), 'leasehold-file-')), name);
  writeFileSync(path, content);
  return path;
}

/** The answer to a report made on the command line: as `curl` gets it. */
function answered(world: World): string {
  const { curl } = JSON.parse(world.server.cli(['exchange', 'pull', '--json'])) as { curl: string };
  return carried(curl);
}

export function hand({ hands, script }: Way, get: () => World): void {
  test('a report is carried as a command; its answer is checked, then applied, and proved by a receipt', ONE_A_PAGE, async ({ page, context }) => {
    const world = get();
    await asPerson(page, world.server, ADMIN);
    const { id, command } = await reported(page, world, hands);
    expect(command).toContain(`x-auth-string: ${world.registration.auth}`);
    expect(command).toContain(`curl http://${world.node.address}`);
    const contents = page.getByRole('table', { name: 'The fields of the report' });
    await expect(contents.getByRole('row', { name: /^status_id/ })).toContainText(id);
    if (script) {
      await context.grantPermissions(['clipboard-read', 'clipboard-write']);
      await hands.press(page.getByRole('region', { name: '2. Carry' }).getByRole('button', { name: 'Copy the command' }));
      await expect(told(page, 'Copied.')).toBeAttached();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(command);
    }

    const license = world.addLicense('SESSION_USAGE', 12);
    const answer = carried(command);
    const before = world.server.cli(['licenses', '--json']);
    await hands.fill(page.getByLabel('The answer', { exact: true }), answer);
    expect(await sending(page, () => hands.press(page.getByRole('button', { name: 'Check the answer' })))).toBe(200);
    await expect(page.getByRole('main')).toContainText('The answer is valid. Nothing has changed yet.');
    await expect(page.getByRole('region', { name: 'Changes' })).toContainText('SESSION_USAGE: 12 concurrent licenses added.');
    expect(world.server.cli(['licenses', '--json']), 'checking changes nothing').toBe(before);
    await hands.press(page.getByRole('button', { name: 'Apply the answer' }));

    await expectPage(page, 'Exchange receipt');
    await expect(told(page, 'Answer applied: 1 added.')).toBeVisible();
    const receipt = page.getByRole('article', { name: 'Receipt' });
    for (const words of ['SESSION_USAGE: 12 concurrent licenses added.', id, 'by ada', 'offline, in the console']) await expect(receipt).toContainText(words);
    await expect(page.getByRole('region', { name: 'Proof' })).toContainText(world.node.fingerprint.slice('SHA256:'.length, 'SHA256:'.length + 4).toUpperCase());
    expect(world.server.cli(['licenses', '--json'])).toContain(license);

    // Each answer counts once.
    await page.goto(`${world.server.url}/exchange/hand`);
    const field = page.getByLabel('The answer', { exact: true });
    await hands.fill(field, answer);
    expect(await sending(page, () => hands.press(page.getByRole('button', { name: 'Check the answer' })))).toBe(409);
    await expectRefused(page, field, answer, /has already been used; each works once\..* Nothing changed\./);
  });

  test('a report is downloaded and its answer given as a file, whatever wrote the file', async ({ page }) => {
    const world = get();
    await asPerson(page, world.server, ADMIN);
    const { id } = await reported(page, world, hands);
    const downloading = page.waitForEvent('download');
    await hands.press(page.getByRole('link', { name: 'Download' }));
    const download = await downloading;
    expect(download.suggestedFilename()).toBe(`leasehold-report-${id}.json`);
    const report = await download.path();
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({ status_id: id });
    const picture = page.getByRole('img', { name: 'QR code that holds the report' });
    await expect(picture).toBeHidden();
    await hands.press(disclosure(page, 'As a QR code'));
    await expect(picture).toBeVisible();

    const answer = carried(`curl -s http://${world.node.address}/ -H 'x-auth-string: ${world.registration.auth}' -H 'Content-Type: application/json' --data-binary @${report}`);
    const field = page.getByLabel('Or upload it as a file', { exact: true });
    const check = page.getByRole('button', { name: 'Check the answer' });
    await hands.give(field, file('answer.html', LOGIN_PAGE));
    expect(await sending(page, () => hands.press(check))).toBe(422);
    await expectRefused(page, field, '', /This is a web page, not a node's answer/);
    // As a shell of Windows writes it: UTF-16, with a mark and other line ends.
    await hands.give(field, file('answer.json', Buffer.from(`\uFEFF${answer}\r\n`, 'utf16le')));
    expect(await sending(page, () => hands.press(check))).toBe(200);
    await hands.press(page.getByRole('button', { name: 'Apply the answer' }));
    await expectPage(page, 'Exchange receipt');
    await expect(page.getByRole('article', { name: 'Receipt' })).toContainText('The licenses were already up to date.');
  });

  test('what is no answer to a report of this server is refused with the reason, and keeps what was typed', async ({ page }) => {
    const world = get();
    const other = world.node.addServer();
    const { server, node } = world;
    const good = answered(world);
    const older = answered(world);
    world.addLicense('TTS3_ENUS_CHRIS', 25);
    server.cli(['sync']);
    const instance = '3f1d2c9a-8f5b-4a55-9f0e-6a8d0c1b2e3f';
    const report = JSON.stringify({ ...(JSON.parse(pulled(world)) as object), cluster_guid: other.deployment, instance_uuid: instance, status_id: instance });
    const others = carried(`curl -s http://${node.address}/ -H 'x-auth-string: ${other.auth}' -H 'Content-Type: application/json' -d '${report}'`);
    await asPerson(page, server, ADMIN);
    await page.goto(`${server.url}/exchange/hand`);
    const before = server.cli(['licenses', '--json']);
    const field = page.getByLabel('The answer', { exact: true });
    for (const [status, text, reason] of [
      [422, '', /The answer is empty\./],
      [422, LOGIN_PAGE, /This is a web page, not a node's answer/],
      [422, 'curl: (7) Failed to connect', /Invalid JSON at line 1, column \d+/],
      [422, pulled(world), /This is JSON, but not a node's answer/],
      [422, good.trim().slice(0, -20), /The answer is cut off/],
      [422, good.replace('Success', 'Sucsess'), /The signature is invalid/],
      [422, others, new RegExp(`for the server ${other.guid.replace(/[{}]/g, '\\$&')}`)],
      [409, older, /These licenses are older/],
    ] as const) {
      await hands.fill(field, text);
      expect(await sending(page, () => hands.press(page.getByRole('button', { name: 'Check the answer' }))), String(reason)).toBe(status);
      // A form sends line ends of its own, and space around an answer says nothing.
      await expectRefused(page, field, text.trim(), reason);
      await expect(field).toHaveAccessibleDescription(/Nothing changed\./);
    }
    expect(server.cli(['licenses', '--json'])).toBe(before);
  });
}

/** The text of a new report. */
function pulled(world: World): string {
  return (JSON.parse(world.server.cli(['exchange', 'pull', '--json'])) as { report: string }).report;
}
