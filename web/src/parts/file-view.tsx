// One changed file: what is different, how it looks, and where it came from.
import { lazy, Suspense, useState } from 'react';
import { tasks } from '../api/tasks';
import type { ChangeView } from '../api/types';
import { taskAddress } from '../route';
import { useAsked } from '../state/asked';
import { Link } from '../ui/button';
import { Icon } from '../ui/icon';
import { nameOf, PathName } from '../ui/path';
import { Loading, Problem, Said } from '../ui/told';
import { useWords } from '../words';
import { asSaid } from '../words/said';
import { Difference } from './difference';
import { shownAs } from './look/kind';

const Look = lazy(() => import('./look/look'));
const From = lazy(() => import('./look/from'));

type Way = 'difference' | 'look' | 'from';

/** A new file is looked at; a text that changed is compared. */
function firstWay(change: ChangeView): Way {
  const shown = shownAs(change.path);
  if (shown === 'picture' || shown === 'sheets') return 'look';
  if (change.kind === 'modified') return shown === 'paper' ? 'look' : 'difference';
  return shown === 'text' || shown === 'page' ? 'difference' : 'look';
}

export function FileView({ task, change }: { task: string; change: ChangeView }) {
  const words = useWords();
  const [way, setWay] = useState(() => firstWay(change));
  const isFolder = change.path.endsWith('/');
  const ways: [Way, string][] = [
    ['look', words.asPage],
    ['difference', words.asDifference],
    ['from', words.viewer.from.tab],
  ];
  return (
    <section className="stack" aria-labelledby="file">
      <div className="row file-head">
        <span className="narrow-only">
          <Link to={taskAddress(task, 'changes')} kind="quiet" icon="back" label={words.back} />
        </span>
        <h2 id="file" className="grow">
          <PathName path={change.path} />
        </h2>
      </div>
      <div className="row wrap">
        <div className="row wrap pieces grow" role="group" aria-label={words.viewer.ways}>
          {ways
            .filter(([name]) => !isFolder || name === 'from')
            .map(([name, label]) => (
              <button key={name} type="button" className="piece" aria-pressed={name === way} onClick={() => setWay(name)}>
                {label}
              </button>
            ))}
        </div>
        {!isFolder && (
          <>
            <Link to={taskAddress(task, 'artifact', change.path)} kind="quiet" icon="file">
              {words.newTab}
            </Link>
            <Download task={task} change={change} />
          </>
        )}
      </div>
      {change.tick && <p className="wait">! {asSaid(change.tick)}</p>}
      <Conflict change={change} />
      <Suspense fallback={<Loading />}>
        {way === 'from' ? (
          <From task={task} path={change.path} />
        ) : isFolder ? (
          <p className="faint">{words.kind[change.kind]}</p>
        ) : way === 'look' ? (
          <Look task={task} change={change} />
        ) : (
          <Diff task={task} path={change.path} />
        )}
      </Suspense>
    </section>
  );
}

export function Download({ task, change }: { task: string; change: ChangeView }) {
  const words = useWords();
  const side = change.kind === 'deleted' ? 'before' : 'after';
  return (
    <a
      className="button"
      data-kind="quiet"
      href={tasks.fileUrl(task, change.path, side)}
      download={nameOf(change.path)}
    >
      <Icon name="down" />
      {words.viewer.download}
    </a>
  );
}

/** Why there are two files now, or why a change did not arrive. */
export function Conflict({ change }: { change: ChangeView }) {
  const words = useWords();
  if (change.became !== 'conflict' && change.became !== 'left') return null;
  return (
    <div className="card" data-tone="wait">
      <p className="strong">
        {change.became === 'conflict' ? words.viewer.conflictTitle : words.viewer.leftTitle}
      </p>
      {change.outcome && (
        <p>
          <Said text={change.outcome} />
        </p>
      )}
      {change.became === 'conflict' && <p className="faint">{words.viewer.conflictText}</p>}
    </div>
  );
}

function Diff({ task, path }: { task: string; path: string }) {
  const { value, error } = useAsked(`${task} ${path}`, () => tasks.diff(task, path));
  if (!value) return error ? <Problem error={error} /> : <Loading />;
  return <Difference diff={value} path={path} />;
}
