// Bringing what is kept into the person's folder, and taking it back.
import { useState } from 'react';
import { tasks } from '../api/tasks';
import type { ChangeView, TaskView, UserError } from '../api/types';
import { useAct } from '../state/asked';
import type { Kept } from '../state/selection';
import { toast } from '../state/toasts';
import { keep } from '../state/view';
import { Button } from '../ui/button';
import { Tick } from '../ui/fields';
import { useWords } from '../words';
import { Applied, countsText, Undo } from './result';

/** As an answer of the daemon that is no error, but brought nothing about. */
const nothingApplied = (what: string): UserError => ({
  kind: 'unavailable',
  code: 'nothing-applied',
  what,
  cause: '',
  next: [],
});

type Props = { view: TaskView; changes: readonly ChangeView[]; kept: Kept };

export function ApplyBar({ view, changes, kept }: Props) {
  const words = useWords();
  const { isBusy, act } = useAct();
  const [despite, setDespite] = useState(false);
  const mustInsist = view.rest !== 'done';
  const apply = () =>
    act(async () => {
      const body = { selection: kept.selection(), despite_checks: despite };
      const after = await tasks.apply(view.id, body);
      keep(after);
      if (after.applied) toast({ tone: 'good', text: words.applied(after.applied.applied) });
      else toast({ tone: 'bad', error: nothingApplied(words.appliedNone) });
    });
  if (view.undoable) {
    return (
      <div className="card" data-tone="good">
        <p className="strong">{words.resultApplied}</p>
        <Applied view={view} />
        <div>
          <Undo task={view.id} />
        </div>
      </div>
    );
  }
  const risky = changes.some((change) => change.tick !== null);
  return (
    <div className="card apply-bar">
      <p className="num">
        <span className="strong">{view.changes && countsText(view.changes, words)}</span>
        <span className="faint"> · {words.notYet}</span>
      </p>
      {risky && (
        <div className="small">
          <p className="strong">{words.ticksTitle}</p>
          <p className="faint">{words.ticksText}</p>
        </div>
      )}
      {mustInsist && (
        <Tick isSelected={despite} onChange={setDespite}>
          {words.applyDespite}
        </Tick>
      )}
      <div className="row wrap">
        <Button
          kind="key"
          isDisabled={isBusy || kept.count === 0 || (mustInsist && !despite)}
          onPress={() => void apply()}
        >
          {words.apply(kept.count)}
        </Button>
        <Button
          kind="quiet"
          onPress={() => kept.set(changes.filter((change) => change.tick === null), !kept.isAll)}
        >
          {kept.isAll ? words.keepNone : words.keepAll}
        </Button>
        {kept.count === 0 && <span className="faint small">{words.applyNone}</span>}
      </div>
    </div>
  );
}
