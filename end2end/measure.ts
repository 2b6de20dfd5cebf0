/** One page measured in both themes and widths: accessibility, reflow, valid HTML; and its pictures. */

import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import axe, { type AxeResults, type RunOnly } from 'axe-core';
import { HtmlValidate } from 'html-validate';
import { expect, test, type Page } from './fixtures.ts';
import type { Server } from './harness.ts';
import { HTML_RULES, leftOut, withoutMarks } from './htmlvalidate.ts';

const PICTURES = join(dirname(fileURLToPath(import.meta.url)), 'screenshots');
const THEMES = ['light', 'dark'] as const;
const WIDTHS = [1280, 390] as const;
/** The narrowest width at which nothing may need scrolling sideways (WCAG 1.4.10). */
const NARROWEST = 320;
/** A page as it is sent, compressed, bytes. */
const WEIGHT = 25_000;
const RULES = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'];
/** What a theme can change: the rest of a page is the same in both. */
const OF_THE_THEME = ['color-contrast'];
const html = new HtmlValidate(HTML_RULES);

export type State = 'loaded' | 'empty' | 'error' | 'refused' | 'readonly' | 'unregistered' | 'never' | 'away' | 'lapsed';

/** Where the picture of this name is kept. */
export function picture(name: string): string {
  mkdirSync(PICTURES, { recursive: true });
  return join(PICTURES, `${name}.png`);
}

/** What axe finds wrong with the page as it is shown now, by all rules or these. Its source stays in the document for the next time. */
async function violations(page: Page, only?: readonly string[]): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  const run: RunOnly = only ? { type: 'rule', values: [...only] } : { type: 'tag', values: RULES };
  const found = await page.evaluate<AxeResults, RunOnly>(
    (runOnly) => (window as unknown as { axe: typeof axe }).axe.run(document, { runOnly, resultTypes: ['violations'] }),
    run,
  );
  // A run that looked at nothing would find nothing.
  expect(found.passes.length).toBeGreaterThan(only ? 0 : 10);
  return found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => `${n.target.join(' ')} ${n.any[0]?.message ?? ''}`).join(' | ')}`);
}

/** The HTML of the document shown now, as the server sent it, and how many bytes that were on the way. */
const documents = new WeakMap<Page, Promise<{ text: string; bytes: number }>>();

export function keepDocuments(page: Page): void {
  page.on('response', (response) => {
    const request = response.request();
    if (!request.isNavigationRequest() || (response.status() >= 300 && response.status() < 400)) return;
    // A document that was left before it was read is asked for by nobody.
    const read = Promise.all([response.text(), request.sizes()]).then(([text, { responseBodySize }]) => ({ text, bytes: responseBodySize }));
    documents.set(page, read.catch(() => ({ text: '', bytes: 0 })));
  });
}

/** What sticks out of the page to the right. */
function overflow(): string[] {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const wide = Array.from(document.querySelectorAll('body *')).filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1);
  return [`${root.scrollWidth} > ${root.clientWidth}`, ...wide.slice(0, 5).map((e) => `${e.tagName}.${e.className}`)];
}

/** Measures the page shown now in both themes and widths, and takes its pictures where `PICTURES` is set. `narrowest` is left out where a test of its own looks. */
export async function measure(page: Page, name: string, state: State, narrowest = true): Promise<void> {
  await test.step(`${name}, ${state}`, async () => {
    const { text, bytes } = (await documents.get(page)) ?? { text: '', bytes: 0 };
    const sent = withoutMarks(text);
    expect(sent).toContain('</html>');
    expect.soft(bytes, `bytes of ${name}, ${state}, compressed`).toBeLessThanOrEqual(WEIGHT);
    const report = await html.validateString(sent);
    const found = report.results.flatMap((result) => result.messages.filter((m) => !leftOut(m.ruleId, m.selector)).map((m) => `${m.ruleId}: ${m.message}: ${m.selector ?? ''}`));
    expect.soft([...new Set(found)], `HTML of ${name}, ${state}`).toEqual([]);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
      for (const theme of THEMES) {
        await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
        expect.soft(await violations(page, theme === 'light' ? undefined : OF_THE_THEME), `axe on ${name}, ${state}, ${theme}, ${width}`).toEqual([]);
      }
      expect.soft(await page.evaluate(overflow), `${name}, ${state} is wider than ${width} px`).toEqual([]);
      if (!process.env.PICTURES) continue;
      // As high as the page, so that bars that stick to an edge do not cover it in the middle of the picture.
      const height = await page.evaluate(() => (scrollTo(0, 0), document.documentElement.scrollHeight));
      await page.setViewportSize({ width, height });
      for (const theme of THEMES) {
        await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
        await page.screenshot({ path: picture(`${name}-${state}-${theme}-${width}`) });
      }
    }
    await page.setViewportSize({ width: NARROWEST, height: 800 });
    if (narrowest) expect.soft(await page.evaluate(overflow), `${name}, ${state} is wider than ${NARROWEST} px`).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 800 });
  });
}

/** Opens pages and measures each. */
export async function visit(page: Page, server: Server, state: State, pages: Record<string, string>, narrowest = true): Promise<void> {
  for (const [name, path] of Object.entries(pages)) {
    await page.goto(server.url + path);
    await measure(page, name, state, narrowest);
  }
}
