/** Words that would do harm if they became part of a page, and the pages they could become part of. */

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, type Page } from './fixtures.ts';

export const EVIL = `"'><script>alert(1)</script><img src=x onerror=alert(2)></textarea></title><b id=evil>`;

/** The routes as the server is built with them, so that none is forgotten here. */
export function routes(method: 'get' | 'post'): string[] {
  const read = (path: string) => readFileSync(join(dirname(fileURLToPath(import.meta.url)), '..', path), 'utf8');
  const addresses = new Map([...read('app/src/paths.rs').matchAll(/pub const (\w+): &str = "([^"]*)"/g)].map((one) => [one[1], one[2]]));
  const routes = read('server/src/http/router.rs').matchAll(new RegExp(`\\.${method}\\(\\s*(?:"(/[^"]*)"|paths::(\\w+))`, 'g'));
  const found = [...routes].map(([, literal, name]) => literal ?? addresses.get(name)!);
  expect(found.length).toBeGreaterThan(20);
  const document = read('docs/openapi.json');
  const operations = Object.entries((JSON.parse(document) as { paths: Record<string, object> }).paths);
  return [...found, ...operations.filter(([, methods]) => method in methods).map(([path]) => path)];
}

/** Nothing of what others say has become part of the page. */
export async function harmless(page: Page, where: string): Promise<void> {
  const made = await page.evaluate(() => [document.querySelectorAll('#evil, img, b script').length, document.title.endsWith('Leasehold')]);
  expect(made, where).toEqual([0, true]);
}
