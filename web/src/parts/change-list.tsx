// The changed files, each with its tick.
import type { ChangeView } from '../api/types';
import { taskAddress } from '../route';
import type { Kept } from '../state/selection';
import { Link } from '../ui/button';
import { Tick } from '../ui/fields';
import { ManyInBox } from '../ui/many';
import { PathName } from '../ui/path';
import { size, useWords } from '../words';

type Props = {
  task: string;
  changes: readonly ChangeView[];
  kept: Kept;
  open: string | null;
  /** Once applied there is nothing to choose. */
  isFixed: boolean;
};

export function ChangeList({ task, changes, kept, open, isFixed }: Props) {
  const words = useWords();
  return (
    <ManyInBox
      label={words.changes}
      className="change-list"
      count={changes.length}
      estimate={52}
      keyOf={(index) => changes[index]?.path ?? String(index)}
      row={(index) => {
        const change = changes[index];
        if (!change) return null;
        return (
          <Row task={task} change={change} kept={kept} isOpen={change.path === open} isFixed={isFixed} />
        );
      }}
    />
  );
}

type RowProps = Omit<Props, 'changes' | 'open'> & { change: ChangeView; isOpen: boolean };

function Row({ task, change, kept, isOpen, isFixed }: RowProps) {
  const words = useWords();
  return (
    <div className="change" data-open={isOpen || undefined}>
      {!isFixed && (
        <Tick
          label={words.keep(change.path)}
          isSelected={kept.has(change)}
          isDisabled={change.refused !== null}
          onChange={(isKept) => kept.set([change], isKept)}
        />
      )}
      <Link
        to={taskAddress(task, 'changes', change.path)}
        className="change-link grow"
        current={isOpen}
      >
        <PathName path={change.path} />
        <span className="small faint num">
          <span className="kind" data-kind={change.kind}>
            {words.kind[change.kind]}
          </span>
          {change.size_bytes !== null && ` · ${size(change.size_bytes)}`}
          {change.from && <bdi> · {words.movedFrom(change.from)}</bdi>}
        </span>
        {change.tick && <span className="small wait">! {change.tick}</span>}
        {change.refused && (
          <span className="small bad">
            {words.cannot}: {change.refused}
          </span>
        )}
        {change.outcome && (
          <span
            className={change.became === 'conflict' ? 'small wait' : 'small faint'}
            dir="auto"
          >
            {change.became === 'conflict' && '! '}
            {change.outcome}
          </span>
        )}
      </Link>
    </div>
  );
}
