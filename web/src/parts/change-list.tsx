// The changed files, each with its tick.
import type { ChangeView } from '../api/types';
import { taskAddress } from '../route';
import { isThere } from '../state/changes';
import { isElsewhere, type Kept } from '../state/selection';
import { Link } from '../ui/button';
import { Tick } from '../ui/fields';
import { Icon } from '../ui/icon';
import { ManyInBox } from '../ui/many';
import { PathName } from '../ui/path';
import { size, useWords, type Words } from '../words';
import { asSaid } from '../words/said';

type Props = {
  task: string;
  changes: readonly ChangeView[];
  kept: Kept;
  open: string | null;
};

export function ChangeList({ task, changes, kept, open }: Props) {
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
        return <Row task={task} change={change} kept={kept} isOpen={change.path === open} />;
      }}
    />
  );
}

/** Where the daemon only says what became of it, the page does. */
function plainly({ became, outcome }: ChangeView, words: Words): string | null {
  if (became === 'applied' && outcome === 'applied') return words.isThere;
  if (became === 'undone' && outcome === 'undone') return words.isBack;
  return outcome === null ? null : asSaid(outcome);
}

type RowProps = Omit<Props, 'changes' | 'open'> & { change: ChangeView; isOpen: boolean };

function Row({ task, change, kept, isOpen }: RowProps) {
  const words = useWords();
  return (
    <div className="change" data-open={isOpen || undefined}>
      {/* What is in the folder already is chosen no more. */}
      {isThere(change) ? (
        <span className="there">
          <Icon name="check" />
        </span>
      ) : (
        <Tick
          label={words.keep(change.path)}
          isSelected={kept.has(change)}
          isDisabled={change.refused !== null || isElsewhere(change)}
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
          {change.from && <bdi>{words.movedFrom(change.from)}</bdi>}
        </span>
        {change.tick && <span className="small wait">! {asSaid(change.tick)}</span>}
        {change.refused && (
          <span className="small bad">
            {words.cannot}: {asSaid(change.refused)}
          </span>
        )}
        {change.outcome && (
          <span
            className={change.became === 'conflict' ? 'small wait' : 'small faint'}
            dir="auto"
          >
            {change.became === 'conflict' && '! '}
            {plainly(change, words)}
          </span>
        )}
      </Link>
    </div>
  );
}
