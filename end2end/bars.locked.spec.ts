/** The bars, on the page Database while records are locked, checked and unlocked. */

import { asPerson, expect, test } from './fixtures.ts';
import { ADMIN, VIEWER } from './harness.ts';
import { license, lockedWorld } from './locked.ts';
import { keepDocuments, visit } from './measure.ts';
import { CLOCK } from './program.ts';

test.describe.configure({ timeout: 180_000 });
test.beforeEach(({ page }) => keepDocuments(page));

test('the page Database with locked records', async ({ page }) => {
  test.skip(!CLOCK, 'libfaketime is not installed');
  const world = await lockedWorld();
  const { server } = world;
  try {
    await asPerson(page, server, VIEWER);
    await visit(page, server, 'readonly', { 'database-locked': '/database' });
    await page.context().clearCookies();
    await asPerson(page, server, ADMIN);
    await visit(page, server, 'loaded', { 'database-locked': '/database' });
    license(world, -1, 400, 60);
    server.cli(['sync']);
    const cookie = await server.signIn(ADMIN);
    expect((await server.ask('/database/locked/check', { cookie, form: {} })).status).toBe(303);
    await visit(page, server, 'loaded', { 'database-checked': '/database' });
    expect((await server.ask('/database/locked/unlock', { cookie, form: {} })).status).toBe(303);
    await visit(page, server, 'loaded', { 'database-unlocked': '/database' });
  } finally {
    await world.stop();
  }
});
