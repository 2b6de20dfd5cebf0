import type { ConfigData } from 'html-validate';

/** The recommended rules, without those that fight with how Leptos writes HTML. */
export const HTML_RULES: ConfigData = {
  root: true,
  extends: ['html-validate:recommended'],
  rules: {
    // Leptos writes `<!DOCTYPE html>`; either case is right.
    'doctype-style': 'off',
  },
};
