// How a task came to rest, and what to do with what it made.
import { useState } from 'react';
import { tasks } from '../api/tasks';
import type { ChangeCounts, StaysView, TaskView } from '../api/types';
import { taskAddress } from '../route';
import { useAct, useAsked } from '../state/asked';
import { toast } from '../state/toasts';
import { keep } from '../state/view';
import { Button, Link } from '../ui/button';
import { Sure } from '../ui/dialog';
import type { Tone } from '../ui/told';
import { useWords, type Words } from '../words';
import { Made } from './made';
import { nowText } from '../words/now';
import { useSpoken } from '../words/planned';
import { wayOf } from '../words/way';
import { Archive } from './archive';
import { Stays } from './stays';

const NONE: readonly StaysView[] = [];

export function countsText(counts: ChangeCounts, words: Words): string {
  const parts = (['created', 'modified', 'moved', 'deleted'] as const)
    .filter((kind) => counts[kind] > 0)
    .map((kind) => words.counts[kind](counts[kind]));
  return parts.join(', ');
}

function headline(view: TaskView, stays: number, words: Words): [string, Tone] {
  if (view.undoable) return [words.resultApplied, 'good'];
  if (view.now_said.code === 'undone') return stays > 0 ? [words.undoneBut(stays), 'wait'] : [words.resultUndone, 'plain'];
  switch (view.rest) {
    case 'answered':
      return [words.resultAnswered, 'good'];
    case 'done':
      return [words.resultDone, 'good'];
    case 'needs-you':
      return [words.resultNeeds, 'wait'];
    case 'stopped':
      return [words.resultStopped, 'plain'];
    case 'refused':
      return [words.resultRefused, 'plain'];
    case 'failed':
    case null:
      return [words.resultFailed, 'bad'];
  }
}

export function Result({ view }: { view: TaskView }) {
  const words = useWords();
  const isUndone = !view.undoable && view.now_said.code === 'undone';
  const { value } = useAsked(`${view.id} ${view.seq} ${isUndone}`, async () =>
    isUndone ? (await tasks.changes(view.id, 0)).stays : NONE,
  );
  const stays = value ?? NONE;
  const summary = useSpoken().summed(view.summary);
  const [title, tone] = headline(view, stays.length, words);
  const counts = view.changes ? countsText(view.changes, words) : '';
  // Where the headline says it all, the daemon's reason would only repeat it.
  const isPlain = view.rest === 'done' || view.rest === 'stopped' || view.rest === 'refused';
  const isTold = view.summary !== '' || isPlain;
  return (
    <section className="card" data-tone={tone} aria-labelledby="result">
      <h2 id="result">{title}</h2>
      {view.summary && (
        <p dir={wayOf(summary)} className="pre read">
          {summary}
        </p>
      )}
      {!isTold && (
        <p dir={wayOf(nowText(view, words))} className="read">
          {nowText(view, words)}
        </p>
      )}
      {view.changes && (
        <p className="num">
          {counts || words.noChanges}
          {counts && !view.applied && !isUndone && <span className="faint"> · {words.notYet}</span>}
        </p>
      )}
      <Stays stays={stays} />
      <Made view={view} />
      <Applied view={view} />
      <div className="row wrap">
        {counts && (
          <Link to={taskAddress(view.id, 'changes')} kind={view.applied ? 'plain' : 'key'}>
            {words.look}
          </Link>
        )}
        {view.undoable && <Undo task={view.id} />}
        <Archive line={view} />
      </div>
    </section>
  );
}

/** What an apply did beyond the plain. */
export function Applied({ view }: { view: TaskView }) {
  const words = useWords();
  const applied = view.applied;
  if (!applied || !view.undoable) return null;
  return (
    <div>
      <p className="num">{words.applied(applied.applied)}</p>
      {applied.conflicts > 0 && <p className="num">{words.conflicts(applied.conflicts)}</p>}
      {applied.skipped > 0 && <p className="faint num">{words.skipped(applied.skipped)}</p>}
    </div>
  );
}

export function Undo({ task }: { task: string }) {
  const words = useWords();
  const { isBusy, act } = useAct();
  const [isSure, setSure] = useState(false);
  const undo = () =>
    act(async () => {
      keep(await tasks.undo(task));
      const { stays } = await tasks.changes(task, 0);
      toast({ tone: 'good', text: stays.length > 0 ? words.undoneBut(stays.length) : words.undone });
    });
  return (
    <>
      <Button icon="undo" isDisabled={isBusy} onPress={() => setSure(true)}>
        {words.undo}
      </Button>
      <Sure
        isOpen={isSure}
        onClose={() => setSure(false)}
        title={words.undo}
        text={words.undoSure}
        yes={words.undoIt}
        onYes={() => void undo()}
      />
    </>
  );
}
