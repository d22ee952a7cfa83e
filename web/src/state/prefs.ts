// What this browser remembers for itself: the look and the language. Nothing of a task.
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

function show() {
  const root = document.documentElement;
  if (look.get() === 'system') delete root.dataset.look;
  else root.dataset.look = look.get();
  root.lang = language.get();
}

look.follow(() => {
  store('look', look.get());
  show();
});
language.follow(() => {
  store('language', language.get());
  show();
});
show();
