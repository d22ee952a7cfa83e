// What a task may do, in plain words, with a switch beside each line that can be changed.
import { useState } from 'react';
import { tasks } from '../api/tasks';
import type { BoundaryBody, Budget, TaskView } from '../api/types';
import { useAct } from '../state/asked';
import { keep } from '../state/view';
import { Button } from '../ui/button';
import { Text, Tick } from '../ui/fields';
import { Rule } from './rule';
import { NO_MONEY_BOUND } from './used';
import { duration, money, useWords, type Words } from '../words';

export function Boundary({ view }: { view: TaskView }) {
  const words = useWords();
  const { isBusy, act } = useAct();
  const boundary = view.plan_waits ? view.plan?.boundary : view.boundary;
  const isOver = view.rest !== null;
  if (!boundary) return null;
  const set = (body: Partial<BoundaryBody>) =>
    act(async () => keep(await tasks.setBoundary(view.id, body)));
  const write = (name: string, isOn: boolean) => {
    const others = boundary.writes.filter((it) => it !== name);
    void set({ writes: isOn ? [...others, name] : others });
  };
  const folders = view.shares.filter((share) => share.access === 'write');
  return (
    <section className="stack" aria-label={words.boundary}>
      <h3>{words.boundary}</h3>
      <ul className="switches">
        {folders.map(({ name }) => (
          <li key={name}>
            <Tick
              isSelected={boundary.writes.includes(name)}
              isDisabled={isBusy || isOver}
              onChange={(isOn) => write(name, isOn)}
            >
              {words.mayWrite(name)}
            </Tick>
          </li>
        ))}
        {folders.length === 0 && <li>{words.mayWriteNothing}</li>}
        {view.egress.map((rule) => (
          <li key={rule}>
            <Tick isSelected isDisabled={isBusy || isOver} onChange={() => void set({ revoke: [rule] })}>
              <Rule line={rule} />
            </Tick>
          </li>
        ))}
        {view.egress.length === 0 && <li className="plain-line">{words.mayReachNothing}</li>}
        <Spend view={view} budget={view.plan_waits ? narrower(view.budget, boundary.budget) : view.budget} set={set} />
        {view.plan?.estimate && (
          <li dir="auto" className="plain-line">
            {view.plan.estimate}
          </li>
        )}
      </ul>
      {isOver && <p className="faint small">{words.boundaryOver}</p>}
    </section>
  );
}

/** The mind may want less than was handed over, never more. */
function narrower(a: Budget, b: Budget): Budget {
  const least = (key: keyof Budget) => Math.min(a[key], b[key]);
  return {
    calls_max: least('calls_max'),
    work_ms_max: least('work_ms_max'),
    turns_max: least('turns_max'),
    tokens_max: least('tokens_max'),
    cost_usd_micros_max: least('cost_usd_micros_max'),
  };
}

function spendText(view: TaskView, budget: Budget, words: Words): string {
  const work = words.mayTake(budget.calls_max, duration(budget.work_ms_max));
  const hasMoney = view.spent != null && budget.cost_usd_micros_max < NO_MONEY_BOUND;
  return hasMoney ? `${work}; ${words.maySpend(money(budget.cost_usd_micros_max))}` : work;
}

type SpendProps = { view: TaskView; budget: Budget; set: (body: Partial<BoundaryBody>) => Promise<boolean> };

function Spend({ view, budget, set }: SpendProps) {
  const words = useWords();
  const [draft, setDraft] = useState<{ minutes: string; dollars: string } | null>(null);
  const open = () =>
    setDraft({
      minutes: String(Math.round(budget.work_ms_max / 60_000)),
      dollars: (budget.cost_usd_micros_max / 1e6).toFixed(2),
    });
  if (!draft) {
    return (
      <li className="row plain-line">
        <span className="grow">{spendText(view, budget, words)}</span>
        {view.rest === null && (
          <Button small kind="quiet" icon="pen" aria-label={words.changeLimits} onPress={open} />
        )}
      </li>
    );
  }
  const [minutes, dollars] = [Number(draft.minutes), Number(draft.dollars)];
  const fits = minutes > 0 && minutes <= 100_000 && dollars >= 0 && dollars < 1e9;
  const save = async () => {
    const hasMoney = view.spent != null;
    const next = {
      ...budget,
      work_ms_max: Math.round(minutes * 60_000),
      ...(hasMoney ? { cost_usd_micros_max: Math.round(dollars * 1e6) } : {}),
    };
    if (fits && (await set({ budget: next }))) setDraft(null);
  };
  return (
    <li className="stack">
      <div className="row wrap limits">
        <Text
          label={words.limitMinutes}
          value={draft.minutes}
          onChange={(it) => setDraft({ ...draft, minutes: it })}
          onEnter={() => void save()}
        />
        {view.spent != null && (
          <Text
            label={words.limitDollars}
            value={draft.dollars}
            onChange={(it) => setDraft({ ...draft, dollars: it })}
            onEnter={() => void save()}
          />
        )}
      </div>
      <div className="row">
        <Button kind="key" isDisabled={!fits} onPress={() => void save()}>
          {words.save}
        </Button>
        <Button onPress={() => setDraft(null)}>{words.cancel}</Button>
      </div>
    </li>
  );
}
