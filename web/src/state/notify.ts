// Tells by the browser's own means that a task begins to need somebody.
import type { TaskLine } from '../api/types';
import { groupOf } from '../parts/status';
import { go, taskAddress } from '../route';
import { cell } from './cell';

export type Notifying = 'never' | 'insecure' | 'refused' | 'off' | 'on';

const KEY = 'notify';

function now(): Notifying {
  if (!window.isSecureContext) return 'insecure';
  if (!('Notification' in window)) return 'never';
  if (Notification.permission === 'denied') return 'refused';
  try {
    return Notification.permission === 'granted' && localStorage.getItem(KEY) === 'on' ? 'on' : 'off';
  } catch {
    return 'off';
  }
}

export const notifying = cell<Notifying>(now());

/** Asks the browser, because a person pressed for it. */
export async function turn(isOn: boolean) {
  if (isOn && 'Notification' in window) await Notification.requestPermission();
  try {
    localStorage.setItem(KEY, isOn ? 'on' : 'off');
  } catch {
    // A browser that keeps nothing: it holds until the page is closed.
  }
  notifying.set(now());
}

/** What began to need somebody just now, for those who hear the page. */
export const announced = cell<string>('');

type Told = { waits: string; review: string; failed: string };
let told: ReadonlyMap<string, string> | null = null;

function need(line: TaskLine, words: Told): string | null {
  if (line.status === 'failed') return words.failed;
  if (groupOf(line) !== 'needs-you') return null;
  return line.unapplied ? words.review : words.waits;
}

const shortOf = (line: TaskLine | undefined) => (line?.request ?? '').split('\n', 1)[0]?.slice(0, 200) ?? '';

/** What began to need somebody since the last time; nothing is told of what was there before. */
export function tell(lines: ReadonlyMap<string, TaskLine>, words: Told) {
  const needs = new Map<string, string>();
  for (const line of lines.values()) {
    const why = need(line, words);
    if (why) needs.set(line.id, why);
  }
  const before = told;
  told = needs;
  if (!before) return;
  const fresh = [...needs].filter(([id, why]) => before.get(id) !== why);
  if (fresh.length > 0) announced.set(fresh.map(([id, why]) => `${why}: ${shortOf(lines.get(id))}`).join('. '));
  if (notifying.get() !== 'on' || document.hasFocus()) return;
  for (const [id, why] of fresh) {
    const line = lines.get(id);
    if (!line) continue;
    const shown = new Notification(why, { body: line.request.slice(0, 200), tag: id, icon: '/icon.svg' });
    shown.onclick = () => {
      window.focus();
      go(taskAddress(id));
      shown.close();
    };
  }
}
