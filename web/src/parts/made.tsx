// What a task made: the documents among its changes, each a press away.
import { tasks } from '../api/tasks';
import type { TaskView } from '../api/types';
import { taskAddress } from '../route';
import { useAsked } from '../state/asked';
import { sorted } from '../state/natural';
import { Link } from '../ui/button';
import { Icon } from '../ui/icon';
import { PathName } from '../ui/path';
import { size, useWords } from '../words';
import { shownAs } from './look/kind';

const SHOWN_MAX = 5;

export function Made({ view }: { view: TaskView }) {
  const words = useWords();
  const isThere = view.changes !== null && view.changes.created + view.changes.modified > 0;
  const { value } = useAsked(`${view.id} ${view.seq} ${isThere}`, async () =>
    isThere ? (await tasks.changes(view.id, 0)).changes : [],
  );
  const files = (value ?? []).filter(
    (it) => (it.kind === 'created' || it.kind === 'modified') && !it.path.endsWith('/'),
  );
  if (files.length === 0) return null;
  // What a person opens comes first.
  const rank = (path: string) => (shownAs(path) === 'text' ? 1 : 0);
  const named = sorted(files, (it) => it.path);
  const shown = named.sort((a, b) => rank(a.path) - rank(b.path)).slice(0, SHOWN_MAX);
  return (
    <ul className="made" aria-label={words.viewer.made}>
      {shown.map((it) => (
        <li key={it.path}>
          <Link to={taskAddress(view.id, 'artifact', it.path)} className="made-link">
            <Icon name="file" />
            <PathName path={it.path} />
            {it.size_bytes !== null && <span className="small faint num">{size(it.size_bytes)}</span>}
          </Link>
        </li>
      ))}
    </ul>
  );
}
