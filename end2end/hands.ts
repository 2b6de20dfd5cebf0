/** The two ways to use a page: pointing at things, and the keyboard alone. A journey is written once for both. */

import { expect, type Locator, type Page } from './fixtures.ts';

/** A journey that is made with a pointer and script, without script, and with the keyboard alone; the others are made the first way only. */
export const ONE_A_PAGE = { tag: '@one-a-page' };

export interface Hands {
  /** Presses a button, follows a link, opens a disclosure. */
  press(target: Locator): Promise<void>;
  /** Replaces what a field holds. */
  fill(field: Locator, value: string): Promise<void>;
  /** Chooses an option by its words. */
  choose(select: Locator, words: string): Promise<void>;
  /** Turns a box to this side. */
  tick(box: Locator, on?: boolean): Promise<void>;
  /** Sets a field for a day, `2026-01-31`. */
  day(field: Locator, iso: string): Promise<void>;
  /** Gives a file. */
  give(field: Locator, path: string): Promise<void>;
}

/** With a pointer. */
export const pointer: Hands = {
  press: (target) => target.click(),
  fill: (field, value) => field.fill(value),
  choose: async (select, words) => void (await select.selectOption({ label: words })),
  tick: (box, on = true) => box.setChecked(on),
  day: (field, iso) => field.fill(iso),
  give: (field, path) => field.setInputFiles(path),
};

/** More stops than any page has. */
export const STOPS = 160;
/** Longer texts are pasted, as a person would. */
const TYPED = 120;

/** What is wrong with how the focus is shown; empty when nothing is. */
export function focusShown(element: Element): string {
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  // The button within a date field is the browser's own, and so is how it shows its focus: the field itself then has none.
  if (element.matches('input[type=date]:not(:focus-visible), input[type=datetime-local]:not(:focus-visible)')) return '';
  const name = `${element.tagName} “${(element.textContent ?? '').trim().slice(0, 40)}”`;
  if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2) return `${name} shows no focus`;
  if (box.bottom <= 0 || box.top >= innerHeight) return `${name} has the focus outside of the view`;
  const middle = document.elementFromPoint(box.left + box.width / 2, Math.min(Math.max(box.top + box.height / 2, 1), innerHeight - 1));
  if (middle && !element.contains(middle) && !middle.contains(element)) return `${name} has the focus but is covered`;
  return '';
}

/** Whether the focus is where it is wanted, and what is wrong with how it is shown. */
type Look = (wanted: Element | null) => [boolean, string];

/** Presses Tab until the target has the focus. Each stop on the way must show that it has it. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  if (await target.evaluate((element) => element === document.activeElement)) return;
  // A function that stays in the page, so that each stop takes one trip there.
  const look = await page.evaluateHandle<Look>(`(wanted) => {
    const focused = document.activeElement;
    return [focused === wanted, focused === document.body ? '' : (${focusShown.toString()})(focused)];
  }`);
  const hidden: string[] = [];
  for (let stop = 0; stop < STOPS; stop += 1) {
    await page.keyboard.press('Tab');
    // Asked for at each stop: the page is live, and may put another in its place.
    const wanted = await target.elementHandle();
    const [there, wrong] = await page.evaluate(([seen, element]) => seen(element), [look, wanted] as const);
    if (wrong) hidden.push(wrong);
    if (!there) continue;
    expect(hidden).toEqual([]);
    return;
  }
  throw new Error(`Tab never reaches ${target}`);
}

/** Tabs to a field, replaces what it holds. */
export async function type(page: Page, field: Locator, value: string): Promise<void> {
  await tabTo(page, field);
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  if (value.length > TYPED) await page.keyboard.insertText(value);
  else await page.keyboard.type(value);
  await expect(field).toHaveValue(value);
}

/** Tabs to a control and presses a key on it. */
export async function press(page: Page, target: Locator, key = 'Enter'): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press(key);
}

/** Without ever pointing: each field is found with Tab. */
export const keyboard: Hands = {
  press: (target) => press(target.page(), target),
  fill: (field, value) => type(field.page(), field, value),
  choose: async (select, words) => {
    await tabTo(select.page(), select);
    await select.page().keyboard.type(words);
    await expect(select.getByRole('option', { name: words, selected: true })).toBeAttached();
  },
  tick: async (box, on = true) => {
    if ((await box.isChecked()) !== on) await press(box.page(), box, 'Space');
    await expect(box).toBeChecked({ checked: on });
  },
  day: async (field, iso) => {
    const [year, month, day] = iso.split('-');
    await tabTo(field.page(), field);
    // The order of the parts is that of the browser's own language, which no page can ask.
    for (const parts of [day + month + year, month + day + year, year + month + day]) {
      await field.page().keyboard.type(parts);
      if ((await field.inputValue()) === iso) return;
      // Back from the last part to the first.
      for (let part = 1; part < 3; part += 1) await field.page().keyboard.press('ArrowLeft');
    }
    await expect(field).toHaveValue(iso);
  },
  give: async (field, path) => {
    const chooser = field.page().waitForEvent('filechooser');
    await press(field.page(), field);
    await (await chooser).setFiles(path);
  },
};
