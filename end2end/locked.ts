/** The journeys of locked records, each in one of the ways to use a page: the monitor license ran out, and the data comes back. */

import { setTimeout as pause } from 'node:timers/promises';
import { Application } from './application.ts';
import { asPerson, expect, expectPage, sending, test, type Locator, type Page } from './fixtures.ts';
import type { Way } from './exchange.ts';
import { ONE_A_PAGE } from './hands.ts';
import { ADMIN, VIEWER } from './harness.ts';
import { CLOCK, clockAt } from './program.ts';
import { World } from './world.ts';

/** Beyond the five days of grace. */
const LATER = '+6d';
const USERS = ['ann', 'bob'];

const day = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

/** Gives the server a monitor license. */
export function license(world: World, from: number, to: number, users: number): void {
  const words = ['monitor-license', 'add', '--server', world.registration.guid, '--from', day(from), '--to', day(to), '--users', String(users)];
  world.node.cli(words);
}

/** A server whose monitor license ran out more than five days ago, with one locked record of each user. */
export async function lockedWorld(): Promise<World> {
  const world = await World.start();
  try {
    license(world, -30, -1, 50);
    world.server.cli(['sync']);
    // The five days pass.
    await world.node.stop();
    await world.node.serve(clockAt(LATER));
    world.server = await world.server.again({ env: clockAt(LATER) });
    world.server.cli(['sync']);
    const application = await Application.connect(world.server, 'ivr', { host: 'ws-12' });
    const from = Date.now();
    await pause(20);
    const checkOut = (user: string) => ({ product: 'TTS3', user, host: 'ws-12', from, to: Date.now(), outcome: 'returned' as const });
    expect(await application.record(USERS.map(checkOut))).toBe(200);
    await application.goodbye();
  } catch (error) {
    await world.stop();
    throw error;
  }
  return world;
}

const region = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });

export function journeys({ script, hands }: Way): void {
  test.use({ javaScriptEnabled: script });
  test.skip(!CLOCK, 'libfaketime is not installed');
  let world: World;
  test.beforeAll(async () => {
    if (CLOCK) world = await lockedWorld();
  });
  test.afterAll(async () => await world?.stop());

  test('who may only look is told which role unlocks', async ({ page }) => {
    await asPerson(page, world.server, VIEWER);
    await page.goto(`${world.server.url}/database`);
    const locked = region(page, 'Locked records');
    await expect(locked).toContainText('Unlocking records needs the role operator or administrator.');
    await expect(locked.getByRole('button', { name: 'Check what can be unlocked' })).toBeDisabled();
  });

  test('the license ran out: the page says which license brings the data back, and with it everything is there', ONE_A_PAGE, async ({ page }) => {
    await asPerson(page, world.server, ADMIN);
    await page.goto(world.server.url);
    await expect(page.getByRole('banner').getByRole('link', { name: /^Attention/ })).toContainText('Records locked');
    await hands.press(page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: /^Database/ }));
    await expectPage(page, 'Database');
    await expect(region(page, 'Monitor license')).toContainText('No monitor license is in force. Usage records have been locked since');
    await expect(region(page, 'Monitor license').getByRole('table', { name: 'Monitor licenses', exact: true })).toContainText('Ended');
    const locked = region(page, 'Locked records');
    await expect(locked).toContainText('2 records in 1 file are locked: kept, but missing from the Usage reports.');
    const row = locked.getByRole('table', { name: 'Files with locked records' }).getByRole('row').last();
    await expect(row).toContainText('Expired');
    await expect(row).toContainText('Not covered');
    await expect(locked.locator('.copyable code')).toHaveText(
      new RegExp(`^A monitor license that starts on or before ${day(6)}, ends on or after ${day(6)} and is for at least 2 users\\.$`),
    );
    await expect(locked.getByRole('button', { name: 'Copy the license that is needed' })).toHaveCount(script ? 1 : 0);
    await hands.press(locked.getByRole('button', { name: 'Check what can be unlocked' }));
    await expect(locked).toContainText('No record can be unlocked now. 2 records need a license that covers them.');
    await expect(locked.getByRole('button', { name: /^Unlock/ })).toHaveCount(0);

    license(world, -1, 400, 60);
    await page.goto(`${world.server.url}/exchange`);
    expect(await sending(page, () => hands.press(page.getByRole('button', { name: 'Sync now' })))).toBe(303);
    await expect(async () => {
      await page.goto(`${world.server.url}/database`);
      await expect(region(page, 'Monitor license')).toContainText('Licensed for 60 users until', { timeout: 500 });
      await expect(row).toContainText('Covered', { timeout: 500 });
    }).toPass();
    await hands.press(locked.getByRole('button', { name: 'Check again' }));
    await expect(locked).toContainText('2 records can be unlocked.');
    await hands.press(locked.getByRole('button', { name: 'Unlock 2 records' }));
    await expect(locked).toContainText('2 records unlocked; the Usage reports have them now.');
    await expect(locked).toContainText('No records are locked.');
    await page.goto(`${world.server.url}/usage`);
    const used = page.getByRole('table', { name: /^Use by product/ }).getByRole('row', { name: /TTS3/ });
    await expect(used.getByRole('cell').nth(1)).toHaveText('2');
    const csv = await world.server.ask('/audit.csv', { cookie: await world.server.signIn(ADMIN) });
    expect(csv.text).toContain('locked.unlock');
  });
}
