/** Clients: who is connected, what each holds; those that are silent, and those that take more than they were given. */

import { Application } from './application.ts';
import { asPerson, expect, expectPage, opening, test, type Page } from './fixtures.ts';
import type { Way } from './exchange.ts';
import { ONE_A_PAGE } from './hands.ts';
import { ADMIN } from './harness.ts';
import { cells, fetched } from './usage.files.ts';
import type { World } from './world.ts';

/** The row of a client in the list. */
export function client(page: Page, name: string) {
  return page.getByRole('table', { name: 'Clients and the licenses they hold' }).getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
}

export function clients({ hands }: Way, get: () => World): void {
  test('an application that connects is listed with what it holds; filter and file agree', ONE_A_PAGE, async ({ page }) => {
    const { server } = get();
    const media = (await Application.connect(server, 'Media server', { host: 'vm-7.example', software: 'media 4.2' })).keep();
    const desk = (await Application.connect(server, 'Agent desk', { host: 'desk-4.example' })).keep();
    try {
      await media.take('TTS3', 3, 5);
      await desk.use('VAD', 0, 1);
      await asPerson(page, server, ADMIN);
      await page.goto(server.url);
      await hands.press(page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Clients' }));
      await expectPage(page, 'Clients');
      const row = client(page, 'Media server');
      for (const words of ['media 4.2', 'vm-7.example', '127.0.0.1', 'TTS3 3 of 5', 'Connected']) await expect(row).toContainText(words);
      await expect(client(page, 'Agent desk')).not.toContainText('TTS3');
      await expect(page.getByRole('region', { name: 'In use by product' }).getByRole('listitem').filter({ hasText: 'TTS3' })).toContainText('3 of 100 in use');

      const search = page.getByRole('search', { name: 'Filter the clients' });
      const filter = search.getByRole('button', { name: 'Filter' });
      const list = page.getByRole('table', { name: 'Clients and the licenses they hold' });
      const names = async () => (await list.getByRole('rowheader').getByRole('link').allInnerTexts()).map((name) => name.trim());
      const csv = async () => cells(await fetched(page, hands, page.getByRole('link', { name: 'Download CSV' })));
      await hands.fill(search.getByLabel('Name, host or address', { exact: true }), 'VM-7');
      await hands.choose(search.getByLabel('Product', { exact: true }), 'TTS3');
      await hands.choose(search.getByLabel('State', { exact: true }), (await search.getByRole('option').filter({ hasText: /^Connected/ }).innerText()).trim());
      await hands.press(filter);
      await expect(page).toHaveURL(/\?q=VM-7&product=TTS3&state=connected/);
      expect(await names()).toEqual(['Media server']);
      const [heading, ...lines] = await csv();
      const line = Object.fromEntries(heading.map((name, at) => [name, lines[0][at]]));
      expect(lines).toHaveLength(1);
      expect(line).toMatchObject({ name: 'Media server', host: 'vm-7.example', state: 'connected', product: 'TTS3', held: '3', limit: '5', counted: '5', wanted: '5', over_limit: 'no' });

      await hands.fill(search.getByLabel('Name, host or address', { exact: true }), 'nothing like this');
      await hands.press(filter);
      await expect(page.getByText('No clients match')).toBeVisible();
      expect(await csv()).toHaveLength(1);
      await hands.press(page.getByRole('region', { name: 'Clients' }).getByRole('link', { name: 'Clear filters' }));
      await expect(page).toHaveURL(/\/clients$/);
      await hands.press(list.getByRole('columnheader', { name: 'Client', exact: true }).getByRole('link'));
      await expect(list.getByRole('columnheader', { name: 'Client', exact: true })).toHaveAttribute('aria-sort', 'descending');
      const down = await names();
      expect(down).toEqual([...down].sort((a, b) => b.localeCompare(a)));
      expect([...new Set((await csv()).slice(1).map((cell) => cell[2]))], 'the file has the order of the page').toEqual(down);

      await hands.press(client(page, 'Media server').getByRole('link', { name: 'Media server' }));
      await expectPage(page, 'Media server');
      await expect(opening(page, 'This client is connected and holds 3 of TTS3.')).toBeVisible();
      await expect(page.getByRole('table', { name: 'Licenses held and used in this run' }).getByRole('row', { name: /^TTS3 3 5 5 5 3 / })).toBeVisible();
      await expect(page.getByRole('region', { name: 'Details' })).toContainText(media.client);
      await hands.press(page.getByRole('region', { name: 'Products' }).getByRole('link', { name: 'Usage over time' }));
      await expect(page).toHaveURL(/\/usage\?client=Media(%20|\+)server/);

      await media.goodbye();
      await page.goto(`${server.url}/clients?q=media`);
      await expect(client(page, 'Media server')).toContainText('Disconnected');
      await expect(client(page, 'Media server')).toContainText('nothing');
    } finally {
      for (const application of [media, desk]) await application.goodbye();
    }
  });

  test('what is in use shows on the overview and the licenses, and leads to the clients that have it', async ({ page }) => {
    const { server } = get();
    const [one, two] = [(await Application.connect(server, 'count-1')).keep(), (await Application.connect(server, 'count-2')).keep()];
    try {
      await one.take('TTS3', 4);
      await two.take('TTS3', 3, 5);
      await asPerson(page, server, ADMIN);
      await page.goto(server.url);
      const line = page.getByRole('region', { name: 'In use now' }).getByRole('listitem').filter({ hasText: 'TTS3' });
      await expect(line).toContainText('7 of 100 in use');
      await expect(line).toContainText('2 clients');
      await expect(line).toContainText('2 more reserved');
      await hands.press(page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Licenses' }));
      const row = page.getByRole('table', { name: 'Loaded licenses' }).getByRole('row', { name: /^TTS3 / });
      await hands.press(row.getByRole('link', { name: '7', exact: true }));
      await expect(page).toHaveURL(/\/clients\?product=TTS3$/);
      await expect(page.getByLabel('Product', { exact: true })).toHaveValue('TTS3');
      for (const name of ['count-1', 'count-2']) await expect(client(page, name)).toContainText(/TTS3 [34] of [45]/);
      await expect(page.getByRole('table', { name: 'Clients and the licenses they hold' }).getByRole('row')).toHaveCount(3);
    } finally {
      for (const application of [one, two]) await application.goodbye();
    }
  });

  test('a client that uses more than it was given is flagged', async ({ page }) => {
    const { server } = get();
    const liar = (await Application.connect(server, 'greedy')).keep();
    try {
      await liar.take('ASR_ENUS', 1, 1);
      expect((await liar.use('ASR_ENUS', 3, 5)).why).toBe('over_limit');
      await asPerson(page, server, ADMIN);
      await page.goto(`${server.url}/clients?q=greedy`);
      await expect(client(page, 'greedy')).toContainText('Over limit');
      expect((await (await page.request.get(`${server.url}/clients.csv?q=greedy`)).text()).split('\r\n')[1]).toContain(',yes,ASR_ENUS,3,');
      await hands.press(client(page, 'greedy').getByRole('link', { name: 'greedy' }));
      await expect(opening(page, /It reports more in use than its limit\./)).toBeVisible();
      await expect(page.getByRole('table', { name: 'Licenses held and used in this run' }).getByRole('row', { name: /^ASR_ENUS 3/ })).toContainText('over limit');
    } finally {
      await liar.goodbye();
    }
  });

  test('a silent client stays counted, and the page says until when', async ({ page }) => {
    const { server } = get();
    await asPerson(page, server, ADMIN);
    await expect(async () => {
      await page.goto(`${server.url}/clients`);
      await expect(client(page, 'silent-one')).toContainText('No contact', { timeout: 500 });
    }).toPass();
    await expect(page.getByRole('main')).toContainText('1 client is out of contact. Leasehold releases a client\'s licenses about 2 minutes after its last refresh.');
    await hands.press(page.getByRole('navigation', { name: 'Clients by state' }).getByRole('link', { name: '1 No contact' }));
    await expect(page).toHaveURL(/\/clients\?state=silent$/);
    await expect(client(page, 'silent-one')).toContainText(/licenses released in/);
    await hands.press(client(page, 'silent-one').getByRole('link', { name: 'silent-one' }));
    await expect(opening(page, 'No contact with this client. At its last refresh it held 2 of ETRAN_ENUS.')).toBeVisible();
    await expect(page.getByRole('main')).toContainText(/Its licenses stay reserved, because it may still use them. Released in /);
    await expect(page.getByRole('region', { name: 'Release' })).toBeVisible();
  });
}
