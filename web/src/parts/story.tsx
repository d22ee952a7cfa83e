// The transcript: what happened, with calls in a row folded into one line.
import { useEffect, useMemo, useRef } from 'react';
import type { Item } from '../api/types';
import { useCell } from '../state/cell';
import { transcriptOf } from '../state/transcript';
import { Button } from '../ui/button';
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

/** From here on it is far to the end. */
const LONG_ROWS = 40;

function holds(row: StoryRow, key: string | null): boolean {
  if (key === null) return false;
  return row.kind === 'item' ? row.key === key : row.calls.some((call) => call.key === key);
}

const TRIES_MAX = 30;

/** How high the rows are is known once they are drawn, so the end moves while it is gone to. */
function goTo(mark: HTMLElement, tries = 0) {
  const before = document.documentElement.scrollHeight;
  mark.scrollIntoView({ block: 'end' });
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const isThere = mark.getBoundingClientRect().bottom <= window.innerHeight + 1;
      const isMoving = document.documentElement.scrollHeight !== before;
      if ((isMoving || !isThere) && tries < TRIES_MAX) goTo(mark, tries + 1);
    }),
  );
}

export function Story({ task, item }: { task: string; item: string | null }) {
  const words = useWords();
  const transcript = transcriptOf(task);
  const items = useCell(transcript.items);
  const isThere = useCell(transcript.isThere);
  const end = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => rowsOf(items), [items]);
  const wanted = useMemo(() => rows.findIndex((row) => holds(row, item)), [rows, item]);
  // What was asked for gets the focus once it is there.
  useEffect(() => {
    if (wanted >= 0) document.getElementById('wanted')?.focus({ preventScroll: true });
  }, [wanted]);
  return (
    <section className="stack" aria-labelledby="story">
      <div className="row">
        <h2 id="story" className="grow">
          {words.story}
        </h2>
        {rows.length > LONG_ROWS && (
          <Button kind="quiet" icon="down" onPress={() => end.current && goTo(end.current)}>
            {words.toEnd}
          </Button>
        )}
      </div>
      {rows.length === 0 && isThere && <p className="faint">{words.storyEmpty}</p>}
      <ManyInPage
        className="story"
        reveal={wanted}
        label={words.story}
        count={rows.length}
        estimate={40}
        keyOf={(index) => rows[index]?.key ?? String(index)}
        row={(index) => {
          const row = rows[index];
          if (!row) return null;
          const found = index === wanted ? item : null;
          const shown =
            row.kind === 'item' ? <StoryItem item={row.item} /> : <CallGroup task={task} calls={row.calls} wanted={found} />;
          return found === null ? (
            shown
          ) : (
            <div id="wanted" tabIndex={-1}>
              {shown}
            </div>
          );
        }}
      />
      <div ref={end} />
    </section>
  );
}
