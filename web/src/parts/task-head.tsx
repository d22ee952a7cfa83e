// The head of a task's pages: what was asked, how it stands, and its parts.
import { useState } from 'react';
import { tasks } from '../api/tasks';
import type { TaskView } from '../api/types';
import { taskAddress, type TaskPart } from '../route';
import { useAct } from '../state/asked';
import { keep } from '../state/view';
import { Button, Link } from '../ui/button';
import { Sure } from '../ui/dialog';
import { Icon } from '../ui/icon';
import { Chip } from '../ui/told';
import { useWords } from '../words';
import { statusText, titleOf, toneOf } from './status';
import { Used } from './used';

export function TaskHead({ view, part }: { view: TaskView; part: TaskPart }) {
  const words = useWords();
  const title = titleOf(view);
  const changed = view.changes
    ? view.changes.created + view.changes.modified + view.changes.moved + view.changes.deleted
    : 0;
  const tabs: [TaskPart, string, number][] = [
    ['work', words.work, 0],
    ['changes', words.changes, changed],
    ['network', words.network, view.egress.length],
  ];
  return (
    <header className="stack">
      <div className="row task-head">
        <h1 className="grow request" dir="auto">
          {title}
        </h1>
        {view.rest === null && <Pause view={view} />}
        {view.rest === null && <Stop task={view.id} />}
      </div>
      {title !== view.request && (
        <details>
          <summary className="faint small">{words.wholeRequest}</summary>
          <p dir="auto" className="pre read">
            {view.request}
          </p>
        </details>
      )}
      <div className="row wrap small">
        <Chip tone={toneOf(view)}>{statusText(view, words)}</Chip>
        {view.shares.map((share) => (
          <span key={share.name} className="row share" title={share.host}>
            <Icon name="folder" />
            <bdi>{share.name}</bdi>
          </span>
        ))}
        <Used line={view} />
      </div>
      <nav className="tabs" aria-label={words.work}>
        {tabs.map(([name, label, count]) => (
          <Link key={name} to={taskAddress(view.id, name)} className="tab" current={name === part || (name === 'changes' && part === 'artifact')}>
            {label}
            {count > 0 && <span className="faint small num">{count.toLocaleString()}</span>}
          </Link>
        ))}
      </nav>
    </header>
  );
}

function Pause({ view }: { view: TaskView }) {
  const words = useWords();
  const { isBusy, act } = useAct();
  const isPaused = view.status === 'paused';
  const turn = isPaused ? tasks.resume : tasks.pause;
  return (
    <Button isDisabled={isBusy} onPress={() => void act(async () => keep(await turn(view.id)))}>
      {isPaused ? words.resume : words.pause}
    </Button>
  );
}

function Stop({ task }: { task: string }) {
  const words = useWords();
  const { isBusy, act } = useAct();
  const [isSure, setSure] = useState(false);
  return (
    <>
      <Button isDisabled={isBusy} onPress={() => setSure(true)}>
        {words.stop}
      </Button>
      <Sure
        isOpen={isSure}
        onClose={() => setSure(false)}
        title={words.stop}
        text={words.stopSure}
        yes={words.stopIt}
        no={words.goOn}
        onYes={() => void act(async () => keep(await tasks.stop(task)))}
      />
    </>
  );
}
