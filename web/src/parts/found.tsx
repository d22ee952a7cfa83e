// What a search over everything ever done found.
import { useEffect, useState } from 'react';
import { errorOf } from '../api/call';
import { house } from '../api/house';
import type { SearchHit, UserError } from '../api/types';
import { taskAddress } from '../route';
import { Link } from '../ui/button';
import { Chip, Empty, Loading, Problem } from '../ui/told';
import { useWords, when } from '../words';
import { statusText, toneOf } from './status';

const PATIENCE_MS = 150;

export function Found({ text }: { text: string }) {
  const words = useWords();
  const [hits, setHits] = useState<SearchHit[] | null>(null);
  const [error, setError] = useState<UserError | null>(null);
  useEffect(() => {
    const over = new AbortController();
    const timer = setTimeout(() => {
      house.search(text, over.signal).then(
        (found) => {
          setHits(found);
          setError(null);
        },
        (thrown: unknown) => !over.signal.aborted && setError(errorOf(thrown)),
      );
    }, PATIENCE_MS);
    return () => {
      clearTimeout(timer);
      over.abort();
    };
  }, [text]);
  if (error) return <Problem error={error} />;
  if (!hits) return <Loading />;
  if (hits.length === 0) return <Empty>{words.searchNone(text)}</Empty>;
  return (
    <ul className="task-list" aria-label={words.searchTasks}>
      {hits.map(({ task, found_in, excerpt }) => (
        <li key={task.id}>
          <Link
            to={taskAddress(task.id, found_in === 'file' ? 'changes' : 'work')}
            className="task-row"
          >
            <span className="task-request" dir="auto">
              {task.request}
            </span>
            <span className="task-now small faint" dir="auto">
              {words.foundIn[found_in]}: <bdi>{excerpt}</bdi>
            </span>
            <span className="task-state">
              <Chip tone={toneOf(task)}>{statusText(task, words)}</Chip>
            </span>
            <span className="task-when small faint num">{when(task.created_at, Date.now())}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
