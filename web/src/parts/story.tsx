// The transcript: what happened, with calls in a row folded into one line.
import { useMemo } from 'react';
import type { Item } from '../api/types';
import { useCell } from '../state/cell';
import { transcriptOf } from '../state/transcript';
import { ManyInPage } from '../ui/many';
import { useWords } from '../words';
import { CallGroup, StoryItem, type CallItem } from './story-item';

export type StoryRow =
  | { kind: 'item'; key: string; item: Item }
  | { kind: 'calls'; key: string; calls: CallItem[] };

const isCall = (item: Item): item is CallItem => item.what.kind === 'call';

export function rowsOf(items: readonly Item[]): StoryRow[] {
  const rows: StoryRow[] = [];
  for (const item of items) {
    const last = rows.at(-1);
    if (isCall(item)) {
      if (last?.kind === 'calls') last.calls.push(item);
      else rows.push({ kind: 'calls', key: item.key, calls: [item] });
    } else {
      rows.push({ kind: 'item', key: item.key, item });
    }
  }
  return rows;
}

export function Story({ task }: { task: string }) {
  const words = useWords();
  const transcript = transcriptOf(task);
  const items = useCell(transcript.items);
  const isThere = useCell(transcript.isThere);
  const rows = useMemo(() => rowsOf(items), [items]);
  return (
    <section className="stack" aria-labelledby="story">
      <h2 id="story">{words.story}</h2>
      {rows.length === 0 && isThere && <p className="faint">{words.storyEmpty}</p>}
      <ManyInPage
        className="story"
        label={words.story}
        count={rows.length}
        estimate={40}
        keyOf={(index) => rows[index]?.key ?? String(index)}
        row={(index) => {
          const row = rows[index];
          if (!row) return null;
          return row.kind === 'item' ? <StoryItem item={row.item} /> : <CallGroup calls={row.calls} />;
        }}
      />
    </section>
  );
}
