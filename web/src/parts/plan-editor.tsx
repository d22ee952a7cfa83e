// The plan while it waits: steps are dragged, struck, reworded and added, then approved.
import { useState } from 'react';
import { GridList, GridListItem, Button as AriaButton, useDragAndDrop } from 'react-aria-components';
import { tasks } from '../api/tasks';
import type { Plan, PlanEdit, Step, TaskView } from '../api/types';
import { useAct } from '../state/asked';
import { keep } from '../state/view';
import { Button } from '../ui/button';
import { Sure } from '../ui/dialog';
import { Text } from '../ui/fields';
import { Icon } from '../ui/icon';
import { useWords } from '../words';
import { useSpoken } from '../words/planned';
import { wayOf } from '../words/way';
import { Boundary } from './boundary';
import { Checks } from './checks';
import { Details } from './plan-view';
import { Comment, LockButton, Marks } from './step-marks';

export default function PlanEditor({ view, plan }: { view: TaskView; plan: Plan }) {
  const words = useWords();
  const { planned } = useSpoken();
  const { isBusy, act } = useAct();
  const [isSure, setSure] = useState(false);
  const [added, setAdded] = useState('');
  const edit = (...edits: PlanEdit[]) => act(async () => keep(await tasks.editPlan(view.id, edits)));
  const decide = (approved: boolean) =>
    act(async () => keep(await tasks.decidePlan(view.id, approved)));
  const add = async () => {
    if (added.trim() && (await edit({ edit: 'add', text: added.trim(), index: null }))) setAdded('');
  };
  return (
    <section className="card plan-card" data-tone="wait" aria-labelledby="plan-title">
      <div>
        <h2 id="plan-title">{words.planTitle}</h2>
        <p className="strong" dir={wayOf(planned(plan.goal))}>
          {planned(plan.goal)}
        </p>
        <p className="faint small read">{words.planText}</p>
      </div>
      <Steps plan={plan} edit={edit} isBusy={isBusy} />
      <div className="row add-step">
        <div className="grow">
          <Text
            label={words.addStep}
            isLabelUnseen
            hint={words.addStepHint}
            value={added}
            onChange={setAdded}
            onEnter={() => void add()}
          />
        </div>
        <Button icon="plus" isDisabled={!added.trim() || isBusy} onPress={() => void add()}>
          {words.add}
        </Button>
      </div>
      <Checks checks={view.checks} />
      <Boundary view={view} />
      <div className="row wrap">
        <Button kind="key" isDisabled={isBusy} onPress={() => decide(true)}>
          {words.approve}
        </Button>
        <Button isDisabled={isBusy} onPress={() => setSure(true)}>
          {words.refuse}
        </Button>
      </div>
      <Sure
        isOpen={isSure}
        onClose={() => setSure(false)}
        title={words.refuse}
        text={words.refuseSure}
        yes={words.refuseIt}
        onYes={() => decide(false)}
      />
    </section>
  );
}

type StepsProps = { plan: Plan; edit: (...edits: PlanEdit[]) => Promise<boolean>; isBusy: boolean };

function Steps({ plan, edit, isBusy }: StepsProps) {
  const words = useWords();
  const { planned } = useSpoken();
  const steps = plan.steps;
  const move = (id: number, index: number) => {
    if (index >= 0 && index < steps.length) void edit({ edit: 'move', step: id, index });
  };
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) => [...keys].map((key) => ({ 'text/plain': String(key) })),
    onReorder({ keys, target }) {
      const from = steps.findIndex((step) => keys.has(step.id));
      const onto = steps.findIndex((step) => step.id === target.key);
      const step = steps[from];
      if (!step || onto < 0) return;
      const gap = target.dropPosition === 'after' ? onto + 1 : onto;
      move(step.id, from < gap ? gap - 1 : gap);
    },
  });
  const onKeyDown = (event: React.KeyboardEvent, step: Step, index: number) => {
    if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    event.stopPropagation();
    move(step.id, event.key === 'ArrowUp' ? index - 1 : index + 1);
  };
  return (
    <GridList
      aria-label={words.plan}
      className="steps"
      keyboardNavigationBehavior="tab"
      items={steps.map((step, index) => ({ ...step, index, text: planned(step.text) }))}
      dragAndDropHooks={dragAndDropHooks}
    >
      {(step) => (
        <GridListItem id={step.id} textValue={step.text} className="step" data-state={step.state}>
          <div className="row" onKeyDownCapture={(event) => onKeyDown(event, step, step.index)}>
            <AriaButton slot="drag" className="grip" aria-label={words.drag(step.index + 1)}>
              <Icon name="grip" />
            </AriaButton>
            <span className="step-number num faint">{step.index + 1}</span>
            <OneStep step={step} number={step.index + 1} edit={edit} isBusy={isBusy} />
          </div>
        </GridListItem>
      )}
    </GridList>
  );
}

type OneProps = { step: Step; number: number } & Pick<StepsProps, 'edit' | 'isBusy'>;

function OneStep({ step, number, edit, isBusy }: OneProps) {
  const words = useWords();
  const [text, setText] = useState<string | null>(null);
  const isStruck = step.state === 'struck';
  const save = async () => {
    const next = text?.trim();
    if (!next || next === step.text || (await edit({ edit: 'reword', step: step.id, text: next }))) {
      setText(null);
    }
  };
  if (text !== null) {
    return (
      <div className="row grow wrap">
        <div className="grow">
          <Text
            label={words.reword(number)}
            isLabelUnseen
            isFocused
            value={text}
            onChange={setText}
            onEnter={() => void save()}
          />
        </div>
        <Button small kind="key" onPress={() => void save()}>
          {words.save}
        </Button>
        <Button small onPress={() => setText(null)}>
          {words.cancel}
        </Button>
      </div>
    );
  }
  return (
    <>
      <div className="grow">
        <span className="step-text" dir={wayOf(step.text)}>
          {isStruck ? <s>{step.text}</s> : step.text}
        </span>
        {isStruck && <span className="faint small"> {words.struck}</span>}
        <Marks step={step} />
        <Details step={step} />
      </div>
      <span className="step-tools">
        <Button
          small
          kind="quiet"
          icon="pen"
          aria-label={words.reword(number)}
          isDisabled={isBusy}
          onPress={() => setText(step.text)}
        />
        <Button
          small
          kind="quiet"
          icon={isStruck ? 'undo' : 'cross'}
          aria-label={isStruck ? words.restore(number) : words.strike(number)}
          isDisabled={isBusy}
          onPress={() => void edit({ edit: isStruck ? 'restore' : 'strike', step: step.id })}
        />
        <LockButton step={step} number={number} edit={edit} isBusy={isBusy} />
        <Comment step={step} number={number} edit={edit} isBusy={isBusy} />
      </span>
    </>
  );
}
