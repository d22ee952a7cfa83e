// What a task took so far: time, and money where a model works on it.
import type { SpentView, TaskLine } from '../api/types';
import { useNow } from '../state/clock';
import { duration, money, useWords, type Words } from '../words';

/** More than this is as good as no bound on money. */
export const NO_MONEY_BOUND = 1e15;

function costText(spent: SpentView, words: Words): string | null {
  if (spent.turns === 0) return null;
  if (spent.unpriced_turns >= spent.turns) return words.costUnknown;
  const sum = money(spent.cost_usd_micros);
  const isBound = spent.cost_usd_micros_max < NO_MONEY_BOUND;
  const text = isBound ? words.costOf(sum, money(spent.cost_usd_micros_max)) : sum;
  return spent.unpriced_turns > 0 ? words.costAndMore(text) : text;
}

/** One line, which goes on as the work does. */
export function Used({ line }: { line: TaskLine }) {
  const words = useWords();
  const now = useNow(line.works_since !== null);
  // Its clock and this one may differ, and waiting for a model counts for nothing.
  const ms = Math.max(line.work_ms, line.works_since === null ? 0 : now - line.works_since);
  const cost = line.spent ? costText(line.spent, words) : null;
  const time = ms > 0 ? words.worked(duration(ms)) : null;
  if (!time && !cost) return null;
  return <span className="faint num">{[time, cost].filter(Boolean).join(' · ')}</span>;
}

/** Whose answers it works by, and how many words they took. */
export function ItsModel({ line }: { line: TaskLine }) {
  const words = useWords();
  if (!line.spent) return null;
  const { turns, tokens } = line.spent;
  const read = tokens.input + tokens.cache_write;
  return (
    <section className="stack">
      <h3>{words.itsModel}</h3>
      <p className="small breaks">
        <bdi>{line.mind}</bdi>
      </p>
      <p className="small faint num">{words.answers(turns, read, tokens.cache_read, tokens.output)}</p>
    </section>
  );
}
