import type { ConfigData } from 'html-validate';

/** The recommended rules, without those that fight with how Leptos writes HTML or cannot see what a style sheet does. */
export const HTML_RULES: ConfigData = {
  root: true,
  extends: ['html-validate:recommended'],
  rules: {
    // Leptos writes `<!DOCTYPE html>`; either case is right.
    'doctype-style': 'off',
    // Leptos writes `download=""`; with or without a value says the same.
    'attribute-empty-style': 'off',
    // Titles hold names that people give; where there is no room, a browser cuts them.
    'long-title': 'off',
    // An input without a type is a text field, in every browser and by the standard.
    'no-implicit-input-type': 'off',
    // The list of results of a combobox (WAI-ARIA) cannot be a `select`.
    'prefer-native-element': ['error', { exclude: ['listbox'] }],
    // Boxes of a form share a name.
    'form-dup-name': ['error', { shared: ['radio', 'button', 'reset', 'submit', 'checkbox'] }],
    // Without script, a page that shows work under way asks for itself until the work ends; a person can leave it at any time.
    'meta-refresh': 'off',
    // Sidebar and bottom bar are never displayed together, nor are the menus that hold the theme; axe judges what is displayed.
    'unique-landmark': 'off',
  },
};

/** What Leptos writes and browsers read as nothing: `<!>` marks a place, `crossorigin` holds the nonce and counts as anonymous. */
export function withoutMarks(html: string): string {
  return html.replaceAll('<!>', '').replaceAll(/ crossorigin="[^"]*"/g, ' crossorigin');
}

/**
 * Whether it is about end tags and quotes that HTML lets one leave out, and that the table of the chart does leave out: it has hundreds of rows.
 * Or about hidden fields that carry several values of one name; what can be seen of a form has an id.
 */
export function leftOut(ruleId: string, selector: string | null): boolean {
  if (ruleId === 'form-dup-name') return /> form > input:nth-child\(\d+\)$/.test(selector ?? '');
  return ['no-implicit-close', 'attr-quotes'].includes(ruleId) && /^#course > details > div > table > tbody > tr\b/.test(selector ?? '');
}
