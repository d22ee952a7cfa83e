// One changed file: its difference, or how it looks.
import { useState } from 'react';
import { tasks } from '../api/tasks';
import type { ChangeView } from '../api/types';
import { taskAddress } from '../route';
import { useAsked } from '../state/asked';
import { Button, Link } from '../ui/button';
import { PathName } from '../ui/path';
import { Loading, Problem } from '../ui/told';
import { useWords } from '../words';
import { Difference } from './difference';

/** Kinds that a browser shows by itself, without acting, in a frame of nobody's. */
const SEEN = /\.(html?|svg|png|jpe?g|gif|webp)$/i;
const PICTURE = /\.(png|jpe?g|gif|webp)$/i;

export function FileView({ task, change }: { task: string; change: ChangeView }) {
  const words = useWords();
  const canSee = SEEN.test(change.path);
  const [isSeen, setSeen] = useState(PICTURE.test(change.path));
  const isFolder = change.path.endsWith('/');
  return (
    <section className="stack" aria-labelledby="file">
      <div className="row file-head">
        <span className="narrow-only">
          <Link to={taskAddress(task, 'changes')} kind="quiet" icon="back" label={words.back} />
        </span>
        <h2 id="file" className="grow">
          <PathName path={change.path} />
        </h2>
        {canSee && (
          <Button onPress={() => setSeen(!isSeen)}>{isSeen ? words.asDifference : words.asPage}</Button>
        )}
      </div>
      {change.tick && <p className="wait">! {change.tick}</p>}
      {isFolder ? (
        <p className="faint">{words.kind[change.kind]}</p>
      ) : isSeen ? (
        <Seen task={task} change={change} />
      ) : (
        <Diff task={task} path={change.path} />
      )}
    </section>
  );
}

function Diff({ task, path }: { task: string; path: string }) {
  const { value, error } = useAsked(`${task} ${path}`, () => tasks.diff(task, path));
  if (!value) return error ? <Problem error={error} /> : <Loading />;
  return <Difference diff={value} />;
}

/** Both versions, each in a frame that can run nothing and knows nothing of this page. */
function Seen({ task, change }: { task: string; change: ChangeView }) {
  const words = useWords();
  const sides = (['before', 'after'] as const).filter(
    (side) =>
      (side === 'after' && change.kind !== 'deleted') ||
      (side === 'before' && (change.kind === 'modified' || change.kind === 'deleted')),
  );
  return (
    <div className="sides">
      {sides.map((side) => (
        <figure key={side} className="stack">
          {sides.length > 1 && <figcaption className="small faint">{words[side]}</figcaption>}
          <iframe
            className="artifact"
            sandbox=""
            title={`${words[side]}: ${change.path}`}
            src={tasks.fileUrl(task, change.path, side)}
          />
        </figure>
      ))}
    </div>
  );
}
