// The one stream from the daemon, for all windows of a browser: browsers grant few connections to one
// address, and each window with a stream of its own would take one until nothing else gets through.
// It runs in a worker that the windows share, or within a window where there are no such workers.
import type { Item, ItemsView, LiveView, TaskLine } from '../api/types';

export type Link = 'connecting' | 'open' | 'lost' | 'locked';

/** What a window tells: whether it is seen, and which task it shows and knows up to where. */
export type ToHub = { seen: boolean; task: string | null; after: number };
export type FromHub =
  | { told: 'link'; link: Link }
  | { told: 'lines'; lines: TaskLine[] }
  | { told: 'items'; task: string; seq: number; items: Item[] }
  | { told: 'live'; task: string; item: Item };

export type Port = { state: ToHub; send: (news: FromHub) => void };

const RETRY_MS = 1000;
/** As many as the daemon follows in one stream. */
const FOLLOWED_MAX = 32;

export type Hub = {
  join: (send: Port['send']) => Port;
  update: (port: Port, state: ToHub) => void;
  leave: (port: Port) => void;
  /** The computer is on a network again: no need to wait for the next try. */
  retry: () => void;
};

export function makeHub(): Hub {
  const ports = new Set<Port>();
  let link: Link = 'connecting';
  let source: EventSource | null = null;
  /** Up to where the open stream has told of each task. */
  let told = new Map<string, number>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const isSeen = () => [...ports].some((port) => port.state.seen);
  const tell = (news: FromHub) => ports.forEach((port) => port.send(news));
  const setLink = (next: Link) => {
    link = next;
    tell({ told: 'link', link });
  };

  /** The tasks that are seen, each with the least that a window knows of it. */
  function wanted(): Map<string, number> {
    const tasks = new Map<string, number>();
    for (const { state } of ports) {
      if (!state.seen || state.task === null) continue;
      tasks.set(state.task, Math.min(state.after, tasks.get(state.task) ?? Infinity));
    }
    return new Map([...tasks].slice(0, FOLLOWED_MAX));
  }

  function close() {
    clearTimeout(timer);
    source?.close();
    source = null;
  }

  function connect() {
    close();
    if (!isSeen()) return;
    told = wanted();
    const follow = [...told].map(([task, after]) => `${task}:${after}`).join(',');
    const opened = new EventSource(`/v1/news${follow && `?follow=${follow}`}`);
    source = opened;
    opened.onopen = () => setLink('open');
    opened.addEventListener('lines', (event) => {
      tell({ told: 'lines', lines: JSON.parse(event.data) as TaskLine[] });
    });
    opened.addEventListener('items', (event) => items(JSON.parse(event.data) as ItemsView));
    opened.addEventListener('live', (event) => {
      const { task, item } = JSON.parse(event.data) as LiveView;
      for (const port of ports) if (port.state.task === task) port.send({ told: 'live', task, item });
    });
    opened.addEventListener('shut', () => lose(opened));
    opened.onerror = () => lose(opened);
  }

  function items({ task, seq, items }: ItemsView) {
    told.set(task, seq);
    for (const port of ports) {
      if (port.state.task !== task) continue;
      port.state.after = Math.max(port.state.after, seq);
      port.send({ told: 'items', task, seq, items });
    }
  }

  function lose(opened: EventSource) {
    if (opened !== source) return;
    close();
    setLink('lost');
    void knock();
  }

  /** Connects again as soon as the daemon answers. */
  async function knock() {
    clearTimeout(timer);
    if (source || !isSeen()) return;
    const status = await fetch('/v1/version', { credentials: 'same-origin' }).then(
      (answer) => answer.status,
      () => 0,
    );
    if (source) return;
    if (status === 200) return connect();
    setLink(status === 401 ? 'locked' : 'lost');
    timer = setTimeout(() => void knock(), RETRY_MS);
  }

  /** Whether the open stream tells everything that the windows want, from where they want it. */
  function suffices(): boolean {
    if (!source) return false;
    const tasks = wanted();
    if ([...told.keys()].some((task) => !tasks.has(task))) return false;
    return [...tasks].every(([task, after]) => (told.get(task) ?? Infinity) <= after);
  }

  return {
    join(send) {
      const port: Port = { state: { seen: false, task: null, after: 0 }, send };
      ports.add(port);
      return port;
    },
    update(port, state) {
      const wasSeen = port.state.seen;
      port.state = state;
      if (!isSeen()) return close();
      if (source ? !suffices() : link !== 'lost' && link !== 'locked') connect();
      else if (!source) void knock();
      else if (!wasSeen) port.send({ told: 'link', link });
    },
    leave(port) {
      ports.delete(port);
      if (!isSeen()) close();
      else if (source && !suffices()) connect();
    },
    retry: () => void knock(),
  };
}
