/** The bars, on the pages of usage and clients: with nothing, with half a million check-outs, and when something is wrong. */

import { Application, used } from './application.ts';
import { asPerson, disclosure, expect, expectPage, test } from './fixtures.ts';
import { ADMIN, Server, VIEWER } from './harness.ts';
import { keepDocuments, measure, visit } from './measure.ts';
import { World } from './world.ts';

/** Half a million check-outs. */
const DAYS = 540;
const PER_DAY = 1_000;
/** A page made from half a million check-outs is there within this time, milliseconds; the machine may be busy. */
const SOON = 3_000;

test.describe.configure({ mode: 'parallel', timeout: 180_000 });
test.beforeEach(({ page }) => keepDocuments(page));

test('usage and clients before the first application connects', async ({ page }) => {
  const world = await World.start();
  try {
    await asPerson(page, world.server, ADMIN);
    await visit(page, world.server, 'empty', { usage: '/usage', clients: '/clients' });
  } finally {
    await world.stop();
  }
  const server = await Server.claimed({ registered: false, clients: 'off' });
  try {
    await asPerson(page, server, ADMIN);
    await visit(page, server, 'unregistered', { clients: '/clients' });
    await expect(page.getByRole('region', { name: 'Connect an application' })).toContainText('The license port of this server is off');
  } finally {
    await server.stop();
  }
});

test('usage of half a million check-outs', async ({ page }) => {
  const world = await World.start({ data: used(DAYS, PER_DAY) });
  const { server } = world;
  try {
    await asPerson(page, server, ADMIN);
    const cookie = await server.signIn(ADMIN);
    const { items } = JSON.parse((await server.ask(`/api/v1/usage?range=custom&from=${new Date(Date.now() - DAYS * 86_400_000).toISOString().slice(0, 10)}&to=${new Date().toISOString().slice(0, 10)}`, { cookie })).text) as { items: { usage_count: number }[] };
    expect(items.reduce((all, { usage_count }) => all + usage_count, 0)).toBeGreaterThan(500_000);
    const year = '/usage?product=ASR_ENUS&range=365d';
    // The hours of the week are too wide for 320 px: the last test here.
    await visit(page, server, 'loaded', { 'usage-year': year }, false);
    await page.goto(`${server.url}/usage`);
    await disclosure(page, 'Show as a table').click();
    await measure(page, 'usage', 'loaded', false);
    await visit(page, server, 'loaded', { 'usage-clients': `${year}&tab=clients`, 'usage-users': `${year}&tab=users`, 'usage-refused': `${year}&tab=refused` });
    for (const path of [year, '/usage?range=365d', `${year}&tab=users`, `${year}&tab=refused`, '/usage.csv?range=365d']) {
      const begun = Date.now();
      expect((await server.ask(path, { cookie })).status, path).toBe(200);
      expect(Date.now() - begun, `${path} takes too long, ms`).toBeLessThan(SOON);
    }
    await visit(page, server, 'empty', { usage: '/usage?context=development', 'usage-users': '/usage?product=ASR_ENUS&client=ivr-leeds&tab=users' });
    await visit(page, server, 'error', { usage: '/usage?range=custom&from=2026-13-45&to=2026-01-31&zone=Mars' }, false);
  } finally {
    await world.stop();
  }
});

test('clients: connected, silent, over their limit, released; and what a viewer sees', async ({ page }) => {
  const world = await World.start();
  const { server } = world;
  const connected: Application[] = [];
  const connect = async (name: string, host = 'vm-7.example') => {
    const application = await Application.connect(server, name, { host, software: 'media 4.2' });
    connected.push(application);
    return application;
  };
  try {
    await (await connect('Speech platform', 'speech-07.example')).take('ETRAN_ENUS', 5);
    for (let number = 0; number < 8; number += 1) await (await connect(`gateway-${number}`)).keep().take('TTS3', number, number + 2);
    const greedy = (await connect('greedy')).keep();
    await greedy.take('ASR_ENUS', 1);
    await greedy.use('ASR_ENUS', 60);
    await (await connect('ended')).goodbye();
    await asPerson(page, server, ADMIN);
    const open = async (name: string) => {
      await page.goto(`${server.url}/clients?q=${name}`);
      await page.getByRole('rowheader').getByRole('link').first().click();
      await expectPage(page, new RegExp(name, 'i'));
    };
    await visit(page, server, 'empty', { clients: '/clients?q=nothing+like+this' });
    await open('gateway-6');
    const path = new URL(page.url()).pathname;
    const release = page.getByRole('button', { name: 'Release its licenses' });
    await release.click();
    await measure(page, 'client', 'loaded');
    await release.last().click();
    await expect(page.getByText('released, may request again').first()).toBeVisible();
    await measure(page, 'client-released', 'loaded');
    await open('greedy');
    await measure(page, 'client-over-limit', 'loaded');
    await expect(async () => {
      await page.goto(`${server.url}/clients?q=speech`);
      await expect(page.getByRole('row', { name: /licenses released/ })).toBeVisible({ timeout: 500 });
    }).toPass();
    await open('speech');
    await measure(page, 'client-silent', 'loaded');
    await visit(page, server, 'loaded', { clients: '/clients' });
    await visit(page, server, 'error', { client: '/clients/999' });
    await page.context().clearCookies();
    await asPerson(page, server, VIEWER);
    await page.goto(server.url + path);
    await measure(page, 'client', 'readonly');
  } finally {
    for (const application of connected) application.hush();
    await world.stop();
  }
});

test('names as long as they may be, and the hours of the week, fit every width', async ({ page }) => {
  const world = await World.start();
  const { server } = world;
  try {
    const name = 'n'.repeat(128);
    const [host, user] = ['h'.repeat(255), 'u'.repeat(128)];
    const application = await Application.connect(server, name, { host, software: 's'.repeat(128) });
    const spaced = await Application.connect(server, 'Speech platform of the customer service centre', { host: 'vm-7.example' });
    const now = Date.now();
    for (const each of [application, spaced]) {
      await each.take('TTS3', 1, 2);
      await each.record([
        { product: 'TTS3', user, host, from: now - 2_000, to: now - 1_000, outcome: 'returned' },
        { product: 'TTS3', user, host, from: now - 1_000, outcome: 'denied' },
      ]);
    }
    await asPerson(page, server, ADMIN);
    const tabs = ['clients', 'users', 'refused'].map((tab) => `/usage?product=TTS3&tab=${tab}`);
    const wide: string[] = [];
    for (const path of ['/clients', '/clients?q=speech', '/clients/1', '/usage', `/usage?client=${name}`, ...tabs]) {
      await page.goto(server.url + path);
      for (const width of [1280, 390, 320]) {
        await page.setViewportSize({ width, height: 800 });
        const needed = await page.evaluate(() => document.documentElement.scrollWidth);
        if (needed > width) wide.push(`${path} needs ${needed} of ${width} px`);
      }
    }
    expect(wide).toEqual([]);
  } finally {
    await world.stop();
  }
});
