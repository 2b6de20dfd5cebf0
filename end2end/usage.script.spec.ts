/** The journeys of Usage and Clients with script; and what only a page that is live can get wrong. */

import { Application } from './application.ts';
import { client } from './clients.ts';
import { asPerson, expect, test } from './fixtures.ts';
import { pointer } from './hands.ts';
import { ADMIN } from './harness.ts';
import { journeys } from './usage.ts';
import { World } from './world.ts';

journeys({ script: true, hands: pointer });

test('a selected client that leaves the list is shown no longer, and another stays selected', async ({ page }) => {
  const world = await World.start();
  try {
    const [stays, leaves] = [await Application.connect(world.server, 'stays'), await Application.connect(world.server, 'leaves')];
    for (const one of [stays, leaves]) await one.keep().take('TTS3', 1, 1);
    await asPerson(page, world.server, ADMIN);
    await page.goto(`${world.server.url}/clients?state=connected`);
    for (const name of ['stays', 'leaves']) await page.getByRole('checkbox', { name: `Select ${name}` }).check();
    await leaves.goodbye();
    await expect(client(page, 'leaves')).toHaveCount(0, { timeout: 15_000 });
    await expect(page.getByRole('checkbox', { name: 'Select stays' })).toBeChecked();
    await stays.goodbye();
  } finally {
    await world.stop();
  }
});
