// What the daemon tells, as this window knows it. The stream itself is the hub's.
import { tasks } from '../api/tasks';
import type { TaskLine } from '../api/types';
import { Refusal } from '../api/call';
import { cell } from './cell';
import { makeHub, type FromHub, type Link, type ToHub } from './hub';
import type { Hello } from './hub-worker';
import { transcriptOf } from './transcript';

export type { Link };
export const link = cell<Link>('connecting');
/** All tasks by id; `null` until they are known. */
export const lines = cell<ReadonlyMap<string, TaskLine> | null>(null);

let followed: string | null = null;

export function follow(task: string | null) {
  followed = task;
  report();
}

function upsert(news: TaskLine[]) {
  const next = new Map(lines.get() ?? []);
  for (const line of news) next.set(line.id, line);
  lines.set(next);
}

async function loadLines() {
  try {
    const all = await tasks.list();
    lines.set(new Map(all.map((line) => [line.id, line])));
  } catch (thrown) {
    if (thrown instanceof Refusal && thrown.status === 401) link.set('locked');
  }
}

function take(news: FromHub) {
  switch (news.told) {
    case 'link':
      link.set(news.link);
      // What happened while nobody listened is in the list.
      if (news.link === 'open' && !document.hidden) void loadLines();
      return;
    case 'lines':
      return upsert(news.lines);
    case 'items':
      if (news.task !== followed) return;
      transcriptOf(news.task).take(news.items, news.seq);
      return;
    case 'live':
      if (news.task === followed) transcriptOf(news.task).takeLive(news.item);
  }
}

function shared(): ((state: ToHub) => void) | null {
  if (typeof SharedWorker === 'undefined') return null;
  try {
    const worker = new SharedWorker(new URL('./hub-worker.ts', import.meta.url), {
      type: 'module',
      name: 'legwork',
    });
    worker.port.onmessage = ({ data }: MessageEvent<FromHub>) => take(data);
    worker.onerror = () => {
      send = alone();
      report();
    };
    const hello: Hello = { window: `legwork-window-${crypto.randomUUID()}` };
    // Held for good, and told of only once it is: else the worker would get it first.
    void navigator.locks?.request(hello.window, () => {
      worker.port.postMessage(hello);
      return new Promise(() => undefined);
    });
    return (state) => worker.port.postMessage(state);
  } catch {
    return null;
  }
}

/** Without workers that are shared, each window has a stream of its own. */
function alone(): (state: ToHub) => void {
  const hub = makeHub();
  const port = hub.join(take);
  window.addEventListener('online', () => hub.retry());
  return (state) => hub.update(port, state);
}

let send = shared() ?? alone();

function report() {
  const after = followed === null ? 0 : transcriptOf(followed).after();
  send({ seen: !document.hidden, task: followed, after });
}

document.addEventListener('visibilitychange', report);
// A window that goes is not seen any more; one that comes back from the browser's memory is again.
window.addEventListener('pagehide', () => send({ seen: false, task: null, after: 0 }));
window.addEventListener('pageshow', report);
report();
