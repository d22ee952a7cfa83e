// Bringing what is kept into the person's folder, and taking it back.
import { useState } from 'react';
import { tasks } from '../api/tasks';
import type { ChangeView, StaysView, TaskView, UserError } from '../api/types';
import { isOwnComputer } from '../route';
import { useAct } from '../state/asked';
import { isElsewhere, type Kept } from '../state/selection';
import { toast } from '../state/toasts';
import { keep } from '../state/view';
import { Button } from '../ui/button';
import { Tick } from '../ui/fields';
import { useWords } from '../words';
import { Applied, countsText, Undo } from './result';
import { Stays } from './stays';

/** As an answer of the daemon that is no error, but brought nothing about. */
const nothingApplied = (what: string): UserError => ({
  kind: 'unavailable',
  code: 'nothing-applied',
  what,
  cause: '',
  next: [],
});

type Props = {
  view: TaskView;
  /** What is not in the person's folder yet. */
  rest: readonly ChangeView[];
  stays: readonly StaysView[];
  kept: Kept;
};

const broughtIn = ({ applied }: TaskView) => (applied ? applied.applied + applied.conflicts : 0);

export function ApplyBar({ view, rest, stays, kept }: Props) {
  const words = useWords();
  const { isBusy, act } = useAct();
  const [despite, setDespite] = useState(false);
  const mustInsist = view.rest !== 'done';
  const apply = () =>
    act(async () => {
      const body = { selection: kept.selection(), despite_checks: despite };
      const after = await tasks.apply(view.id, body);
      keep(after);
      const more = broughtIn(after) - broughtIn(view);
      const beside = (after.applied?.conflicts ?? 0) - (view.applied?.conflicts ?? 0);
      if (more > 0) kept.reset();
      // What was kept beside a file of the person's own is none that was applied to it.
      const told = [more > beside && words.applied(more - beside), beside > 0 && words.conflicts(beside)];
      if (more > 0) toast({ tone: 'good', text: told.filter(Boolean).join('. ') });
      else toast({ tone: 'bad', error: nothingApplied(words.appliedNone) });
    });
  const isPart = view.undoable;
  if (isPart && rest.every((change) => change.refused !== null)) {
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
  const risky = rest.some((change) => change.tick !== null);
  return (
    <div className="card apply-bar" data-tone={isPart ? 'good' : undefined}>
      {isPart ? (
        <>
          <p className="strong">{words.resultPart}</p>
          <Applied view={view} />
          <p className="num">{words.restWaits(rest.length)}</p>
        </>
      ) : (
        <p className="num">
          <span className="strong">{view.changes && countsText(view.changes, words)}</span>
          <span className="faint"> · {stays.length > 0 ? words.notAll : words.notYet}</span>
        </p>
      )}
      <Stays stays={stays} />
      {risky && (
        <div className="small">
          <p className="strong">{isOwnComputer ? words.ticksTitle : words.ticksElsewhereTitle}</p>
          <p className="faint">{isOwnComputer ? words.ticksText : words.ticksElsewhere}</p>
        </div>
      )}
      {mustInsist && (
        <Tick isSelected={despite} onChange={setDespite}>
          {words.applyDespite(view.checks.length > 0)}
        </Tick>
      )}
      <div className="row wrap">
        <Button
          kind="key"
          isDisabled={isBusy || kept.count === 0 || (mustInsist && !despite)}
          onPress={() => void apply()}
        >
          {isPart ? words.applyRest(kept.count) : words.apply(kept.count)}
        </Button>
        <Button
          kind="quiet"
          onPress={() => kept.set(rest.filter((change) => change.tick === null), !kept.isAll)}
        >
          {kept.isAll ? words.keepNone : words.keepAll}
        </Button>
        {isPart && <Undo task={view.id} />}
        {kept.count === 0 && !rest.every(isElsewhere) && <span className="faint small">{words.applyNone}</span>}
      </div>
    </div>
  );
}
