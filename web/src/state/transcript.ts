// What a person reads of a task, folded from the stream: items are replaced by their key.
import type { Item } from '../api/types';
import { cell, type Cell } from './cell';

const OUTPUT_CHARS_MAX = 100_000;
const KEPT_MAX = 8;

export type Output = { call: number; text: string };

export type Transcript = {
  items: Cell<readonly Item[]>;
  /** Output of the call that runs; never stored. */
  output: Cell<Output | null>;
  progress: Cell<{ done: number; total: number } | null>;
  /** Whether the first batch came. */
  isThere: Cell<boolean>;
  after: () => number;
  take: (items: Item[], seq: number) => void;
  takeLive: (item: Item) => void;
};

const kept = new Map<string, Transcript>();

export function transcriptOf(task: string): Transcript {
  const known = kept.get(task);
  if (known) return known;
  const made = make();
  kept.set(task, made);
  const oldest = kept.keys().next().value;
  if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest);
  return made;
}

function make(): Transcript {
  const items = cell<readonly Item[]>([]);
  const output = cell<Output | null>(null);
  const progress = cell<{ done: number; total: number } | null>(null);
  const isThere = cell(false);
  const byKey = new Map<string, Item>();
  let after = 0;
  const inOrder = (a: Item, b: Item) => a.first - b.first || a.order - b.order;
  return {
    items,
    output,
    progress,
    isThere,
    after: () => after,
    take(news, seq) {
      for (const item of news) byKey.set(item.key, item);
      after = Math.max(after, seq);
      items.set([...byKey.values()].sort(inOrder));
      isThere.set(true);
      const calls = news.map((item) => item.what).filter((what) => what.kind === 'call');
      if (calls.some((call) => call.outcome !== null)) {
        output.set(null);
        progress.set(null);
      }
    },
    takeLive({ what }) {
      if (what.kind === 'progress') progress.set({ done: what.done, total: what.total });
      if (what.kind === 'output') {
        const before = output.get();
        const text = (before?.call === what.call ? before.text : '') + what.text;
        output.set({ call: what.call, text: text.slice(-OUTPUT_CHARS_MAX) });
      }
    },
  };
}
