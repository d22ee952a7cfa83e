// One task in a list.
import type { TaskLine } from '../api/types';
import { taskAddress } from '../route';
import { Link } from '../ui/button';
import { Chip } from '../ui/told';
import { useWords, when } from '../words';
import { nowText } from '../words/now';
import { groupOf, statusText, titleOf, toneOf } from './status';
import { Used } from './used';

export function TaskRow({ line, now }: { line: TaskLine; now: number }) {
  const words = useWords();
  const group = groupOf(line);
  const isReview = line.status === 'done' && line.unapplied;
  const to = taskAddress(line.id, isReview ? 'changes' : 'work');
  const hasSteps = group === 'running' && line.steps > 0;
  return (
    <Link to={to} className="task-row">
      <span className="task-request">
        <bdi>{titleOf(line)}</bdi>
      </span>
      <span className="task-now small faint" dir="auto">
        {hasSteps && <span className="num">{words.steps(line.steps_done, line.steps)} · </span>}
        {nowText(line, words)}
      </span>
      <span className="task-state">
        <Chip tone={toneOf(line)}>{statusText(line, words)}</Chip>
      </span>
      <span className="task-when small faint num">
        {group === 'running' ? <Used line={line} /> : when(line.created_at, now)}
      </span>
    </Link>
  );
}
