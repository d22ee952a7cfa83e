// The address is the place: which page is shown, and of which task.
import { useSyncExternalStore, type MouseEvent } from 'react';

export type TaskPart = 'work' | 'changes' | 'artifact' | 'network';
export const SETTINGS = ['general', 'models', 'budgets', 'network', 'folders', 'memory', 'machine', 'phone', 'doctor'] as const;
export type SettingsPart = (typeof SETTINGS)[number];
export type Place =
  | { page: 'home' }
  | { page: 'new'; folder: string | null }
  | { page: 'settings'; part: SettingsPart }
  | { page: 'task'; task: string; part: TaskPart; file: string | null; item: string | null }
  | { page: 'pair' }
  | { page: 'terminal'; task: string }
  | { page: 'nowhere' };

/** Whether this is the window of the computer itself, and no phone. */
export const isOwnComputer = location.hostname.endsWith('localhost');

const followers = new Set<() => void>();
const tell = () => followers.forEach((told) => told());
window.addEventListener('popstate', tell);

function follow(told: () => void) {
  followers.add(told);
  return () => followers.delete(told);
}

export function useAddress(): string {
  return useSyncExternalStore(follow, () => location.pathname + location.search);
}

export function go(address: string, options: { replace?: boolean } = {}) {
  if (address === location.pathname + location.search) return;
  history[options.replace ? 'replaceState' : 'pushState'](null, '', address);
  if (!options.replace) window.scrollTo(0, 0);
  tell();
}

export function parse(address: string): Place {
  const { pathname, searchParams } = new URL(address, location.origin);
  const [first, task, part, ...rest] = pathname.split('/').filter(Boolean);
  if (first === undefined) return { page: 'home' };
  if (first === 'new' && task === undefined) {
    return { page: 'new', folder: searchParams.get('folder') };
  }
  if (first === 'pair' && task === undefined) return { page: 'pair' };
  if (first === 'settings' && part === undefined) {
    const found = SETTINGS.find((it) => it === (task ?? 'general'));
    if (found) return { page: 'settings', part: found };
  }
  if (first === 'tasks' && task && /^[a-z0-9]{4,16}$/.test(task) && rest.length === 0) {
    const [file, item] = [searchParams.get('file'), searchParams.get('item')];
    if (part === undefined) return { page: 'task', task, part: 'work', file: null, item };
    if (part === 'terminal') return { page: 'terminal', task };
    if (part === 'changes' || part === 'artifact' || part === 'network') {
      return { page: 'task', task, part, file, item: null };
    }
  }
  return { page: 'nowhere' };
}

export function taskAddress(task: string, part: TaskPart = 'work', file?: string): string {
  const below = part === 'work' ? '' : `/${part}`;
  return `/tasks/${task}${below}${file ? `?file=${encodeURIComponent(file)}` : ''}`;
}

/** Where in what happened an item stands. */
export const itemAddress = (task: string, key: string) =>
  `/tasks/${task}?item=${encodeURIComponent(key)}`;

/** For a link: goes there without loading the page again, unless a new window is wished. */
export function onLink(event: MouseEvent<HTMLAnchorElement>) {
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
  const href = event.currentTarget.getAttribute('href');
  if (!isPlain || !href?.startsWith('/')) return;
  event.preventDefault();
  go(href);
}
