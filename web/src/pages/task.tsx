// One task: what it needs, what it does, what it made.
import { lazy, Suspense } from 'react';
import type { TaskPart } from '../route';
import type { TaskView, UserError } from '../api/types';
import { AskAside } from '../parts/aside';
import { Boundary } from '../parts/boundary';
import { Checks } from '../parts/checks';
import { Helpers } from '../parts/helpers';
import { ItsMachine } from '../parts/its-machine';
import { LiveLine, Say } from '../parts/live';
import { PlanView } from '../parts/plan-view';
import { Question } from '../parts/question';
import { Result } from '../parts/result';
import { Story } from '../parts/story';
import { TaskHead } from '../parts/task-head';
import { ItsModel } from '../parts/used';
import { useTask } from '../state/view';
import { Link } from '../ui/button';
import { Loading, Problem } from '../ui/told';
import { useWords } from '../words';
import { Mind } from '../words/planned';
import { Network } from './network';

// What not every visit needs comes when it is needed.
const PlanEditor = lazy(() => import('../parts/plan-editor'));
const Changes = lazy(() => import('./changes'));
const Artifact = lazy(() => import('./artifact'));

type Props = { task: string; part: TaskPart; file: string | null; item: string | null };

export function TaskPage({ task, part, file, item }: Props) {
  const { view, error } = useTask(task);
  if (!view) return error ? <Lost error={error} /> : <Loading />;
  return (
    <Mind value={view.mind}>
      <TaskHead view={view} part={part} />
      <Suspense fallback={<Loading />}>
        {part === 'work' && <Work view={view} item={item} />}
        {part === 'changes' && <Changes view={view} file={file} />}
        {part === 'artifact' && <Artifact view={view} file={file} />}
        {part === 'network' && <Network view={view} />}
      </Suspense>
    </Mind>
  );
}

function Lost({ error }: { error: UserError }) {
  const words = useWords();
  return (
    <div className="stack form">
      <h1>{words.failed}</h1>
      <Problem error={error} />
      <div>
        <Link to="/" kind="key">{words.toTasks}</Link>
      </div>
    </div>
  );
}

function Work({ view, item }: { view: TaskView; item: string | null }) {
  const words = useWords();
  const waits = view.plan_waits || view.questions.length > 0;
  const isPlanBeside = view.plan !== null && !view.plan_waits;
  return (
    <div className="columns work-columns">
      <div className="main">
        {view.plan_waits && view.plan && <PlanEditor view={view} plan={view.plan} />}
        {view.questions.map((question) => (
          <Question key={question.id} task={view.id} question={question} />
        ))}
        {view.rest !== null && <Result view={view} />}
        {view.rest === null && !waits && <LiveLine view={view} />}
        {/* A playbook heeds its plan and answers, and nothing that is said to it. */}
        {view.rest === null && view.spent && <Say task={view.id} />}
        {view.spent && <AskAside task={view.id} />}
        <Helpers view={view} />
      </div>
      <div className="aside">
        {!isPlanBeside && <h2 className="unseen">{words.aboutTask}</h2>}
        {isPlanBeside && view.plan && <PlanView plan={view.plan} />}
        {isPlanBeside && <Checks checks={view.checks} />}
        {!view.plan_waits && <Boundary view={view} />}
        <ItsModel line={view} />
        <ItsMachine view={view} />
      </div>
      <div className="told">
        <Story task={view.id} item={item} />
      </div>
    </div>
  );
}
