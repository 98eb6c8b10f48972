import { signal } from '@preact/signals';

const KEY = 'lifeguard-theme';
const THEMES = ['auto', 'light', 'dark'];

/** The theme of the page: that of the device (`auto`), `light` or `dark`. */
export const theme = signal(document.documentElement.dataset.theme ?? 'auto');

/** Goes on to the next theme, and remembers it in this browser. */
export function nextTheme() {
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'auto';
  theme.value = next;
  if (next === 'auto') {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem(KEY);
  } else {
    document.documentElement.dataset.theme = next;
    localStorage.setItem(KEY, next);
  }
}
