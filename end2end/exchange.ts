/** The journeys of the exchange, each in one of the ways to use a page. */

import { test } from './fixtures.ts';
import { clusters } from './exchange.clusters.ts';
import { diagnostics } from './exchange.diagnostics.ts';
import { hand } from './exchange.hand.ts';
import { lists } from './exchange.lists.ts';
import { lapsed, network } from './exchange.network.ts';
import { viewer } from './exchange.viewer.ts';
import { wizard } from './exchange.wizard.ts';
import type { Hands } from './hands.ts';
import { vendorAddress, World } from './world.ts';

export interface Way {
  script: boolean;
  hands: Hands;
}

export function journeys(way: Way): void {
  test.use({ javaScriptEnabled: way.script });
  test.describe('a new server and a node', () => wizard(way));
  test.describe('a server and its node', () => {
    let world: World;
    test.beforeAll(async () => {
      world = await World.start({ node: vendorAddress() });
    });
    test.afterAll(() => world.stop());
    network(way, () => world);
    hand(way, () => world);
    lists(way, () => world);
    diagnostics(way, () => world);
    clusters(way, () => world);
    viewer(() => world);
    // The last: it moves the clock of both.
    lapsed(way, () => world);
  });
}
