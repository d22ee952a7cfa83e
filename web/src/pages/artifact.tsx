// One file that a task made, by itself: how it looks, and where it came from.
import { lazy, Suspense } from 'react';
import { tasks } from '../api/tasks';
import type { ChangeView, TaskView } from '../api/types';
import { Conflict, Download } from '../parts/file-view';
import { canOpen } from '../parts/look/kind';
import { taskAddress } from '../route';
import { useAct, useAsked } from '../state/asked';
import { allChanges } from '../state/changes';
import { toast } from '../state/toasts';
import { Button, Link } from '../ui/button';
import { PathName } from '../ui/path';
import { Empty, Loading, Problem, Said } from '../ui/told';
import { size, useWords } from '../words';

const Look = lazy(() => import('../parts/look/look'));
const From = lazy(() => import('../parts/look/from'));

export default function Artifact({ view, file }: { view: TaskView; file: string | null }) {
  const words = useWords();
  const { value, error } = useAsked(`${view.id} ${view.seq}`, () => allChanges(view.id));
  if (!value) return error ? <Problem error={error} /> : <Loading />;
  const change = value.changes.find((it) => it.path === file);
  if (!change) return <Empty>{words.viewer.gone}</Empty>;
  return (
    <div className="columns artifact-page">
      <section className="main" aria-labelledby="file">
        <div className="stack">
          <h2 id="file">
            <PathName path={change.path} />
          </h2>
          <p className="small faint num">
            {words.kind[change.kind]}
            {change.size_bytes !== null && ` · ${size(change.size_bytes)}`}
            {change.outcome && (
              <>
                {' · '}
                <Said text={change.outcome} />
              </>
            )}
          </p>
          <Means task={view.id} change={change} />
        </div>
        <Conflict change={change} />
        <Suspense fallback={<Loading />}>
          <Look task={view.id} change={change} sides={[change.kind === 'deleted' ? 'before' : 'after']} />
        </Suspense>
      </section>
      <section className="aside stack" aria-labelledby="from">
        <h3 id="from">{words.viewer.from.title}</h3>
        <Suspense fallback={<Loading />}>
          <From task={view.id} path={change.path} />
        </Suspense>
      </section>
    </div>
  );
}

/** What can be done with it; what can't, says why. */
function Means({ task, change }: { task: string; change: ChangeView }) {
  const words = useWords();
  const { isBusy, act } = useAct();
  const isApplied = change.became === 'applied' && change.kind !== 'deleted';
  const reason = !canOpen(change.path)
    ? words.viewer.openKind
    : isApplied
      ? null
      : words.viewer.openLater;
  const open = () =>
    act(async () => {
      await tasks.open(task, change.path);
      toast({ tone: 'good', text: words.viewer.opened });
    });
  return (
    <div className="row wrap">
      <Link to={taskAddress(task, 'changes', change.path)} kind="plain" icon="back">
        {words.changes}
      </Link>
      <Download task={task} change={change} />
      <Button isDisabled={isBusy || reason !== null} onPress={() => void open()}>
        {words.viewer.open}
      </Button>
      {reason && <span className="faint small">{reason}</span>}
    </div>
  );
}
