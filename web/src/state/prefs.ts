// What this browser remembers for itself: the look, the language, what keys do. Nothing of a task.
import { cell } from './cell';

export type Look = 'system' | 'light' | 'dark';
export type Language = 'en' | 'de';

function stored(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function store(name: string, value: string) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A browser that keeps nothing: it holds until the page is closed.
  }
}

const spoken = (): Language => {
  const wished = stored('language') ?? navigator.language;
  return wished.toLowerCase().startsWith('de') ? 'de' : 'en';
};

const LOOKS: readonly string[] = ['light', 'dark'];
const seen = stored('look') ?? '';
export const look = cell<Look>(LOOKS.includes(seen) ? (seen as Look) : 'system');
export const language = cell<Language>(spoken());
/** Whether a letter alone does something, outside of what is written. */
export const letters = cell<boolean>(stored('letters') !== 'off');

function show() {
  const root = document.documentElement;
  if (look.get() === 'system') delete root.dataset.look;
  else root.dataset.look = look.get();
  root.lang = language.get();
}

/** Whether this browser is told while no page is open. */
export const isPushed = () => stored('push') === 'on';

letters.follow(() => store('letters', letters.get() ? 'on' : 'off'));
look.follow(() => {
  store('look', look.get());
  show();
});
language.follow(() => {
  store('language', language.get());
  show();
});
show();
