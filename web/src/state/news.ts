// The one stream from the daemon. It is closed while nobody looks: browsers grant few connections.
import { get, Refusal } from '../api/call';
import { tasks } from '../api/tasks';
import type { Item, TaskLine } from '../api/types';
import { cell } from './cell';
import { transcriptOf } from './transcript';

export type Link = 'connecting' | 'open' | 'lost' | 'locked';
export const link = cell<Link>('connecting');
/** All tasks by id; `null` until they are known. */
export const lines = cell<ReadonlyMap<string, TaskLine> | null>(null);

const RETRY_MS = 1000;
let source: EventSource | null = null;
let followed: string | null = null;
let retry: ReturnType<typeof setTimeout> | undefined;

export function follow(task: string | null) {
  if (task === followed && source) return;
  followed = task;
  connect();
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

function connect() {
  clearTimeout(retry);
  source?.close();
  source = null;
  if (document.hidden) return;
  const transcript = followed ? transcriptOf(followed) : null;
  const query = followed ? `?task=${followed}&after=${transcript?.after() ?? 0}` : '';
  const opened = new EventSource(`/v1/news${query}`);
  source = opened;
  opened.onopen = () => {
    link.set('open');
    void loadLines();
  };
  opened.addEventListener('lines', (event) => upsert(JSON.parse(event.data) as TaskLine[]));
  opened.addEventListener('items', (event) => {
    transcript?.take(JSON.parse(event.data) as Item[], Number(event.lastEventId));
  });
  opened.addEventListener('live', (event) => transcript?.takeLive(JSON.parse(event.data) as Item));
  opened.addEventListener('shut', () => lose(opened));
  opened.onerror = () => lose(opened);
}

function lose(opened: EventSource) {
  if (opened !== source) return;
  opened.close();
  source = null;
  link.set('lost');
  knock();
}

/** Connects again as soon as the daemon answers. */
function knock() {
  if (source || document.hidden) return;
  get('/v1/version').then(connect, (thrown: unknown) => {
    link.set(thrown instanceof Refusal && thrown.status === 401 ? 'locked' : 'lost');
    retry = setTimeout(knock, RETRY_MS);
  });
}

document.addEventListener('visibilitychange', connect);
window.addEventListener('online', connect);
